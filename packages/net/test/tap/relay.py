"""
A guest that is a real kernel: in a network namespace of its own, a TAP device whose frames go over a Unix socket,
each behind its length as four big-endian bytes. Arguments: the socket to connect to, the port of the test's server.
Prints one line for each check; ends with 0 when all were right.
"""
import fcntl, os, socket, struct, subprocess, sys, threading

path, port = sys.argv[1], int(sys.argv[2])
tap = os.open('/dev/net/tun', os.O_RDWR)
fcntl.ioctl(tap, 0x400454CA, struct.pack('16sH22s', b'tap0', 0x1002, b''))
stream = socket.socket(socket.AF_UNIX)
stream.connect(path)

def outwards():
    while True:
        frame = os.read(tap, 70000)
        stream.sendall(struct.pack('>I', len(frame)) + frame)

def exactly(count):
    parts = b''
    while len(parts) < count:
        piece = stream.recv(count - len(parts))
        if not piece:
            os._exit(3)
        parts += piece
    return parts

def inwards():
    while True:
        os.write(tap, exactly(struct.unpack('>I', exactly(4))[0]))

def ip(*words):
    subprocess.run(['ip', *words], check=True)

ip('link', 'set', 'lo', 'up')
for target in (outwards, inwards):
    threading.Thread(target=target, daemon=True).start()
ip('link', 'set', 'tap0', 'up')
ip('addr', 'add', '10.0.2.15/24', 'dev', 'tap0')
ip('-6', 'addr', 'add', 'fec0::15/64', 'dev', 'tap0', 'nodad')

def pattern(size):
    return bytes((i * 7 + (i >> 10)) & 255 for i in range(size))

def exchange(host, size):
    """Sends a size and so many bytes, ends, and expects them back."""
    c = socket.create_connection((host, port), timeout=60)
    data = pattern(size)
    def send():
        c.sendall(data)
        c.shutdown(socket.SHUT_WR)
    sender = threading.Thread(target=send)
    sender.start()
    back = b''
    while True:
        piece = c.recv(1 << 16)
        if not piece:
            break
        back += piece
    sender.join()
    c.close()
    return back == data

failed = 0
def check(name, right):
    global failed
    failed += not right
    print(name, 'right' if right else 'WRONG', flush=True)

check('echo of one byte', exchange('10.0.2.2', 1))
check('echo of 4 MB', exchange('10.0.2.2', 4_000_000))
results = []
threads = [threading.Thread(target=lambda n=n: results.append(exchange('10.0.2.2', 1000 * n))) for n in range(20)]
for t in threads: t.start()
for t in threads: t.join()
check('twenty at once', all(results) and len(results) == 20)
try:
    socket.create_connection(('10.0.2.2', 1), timeout=20)
    check('refusal', False)
except ConnectionRefusedError:
    check('refusal', True)
try:
    check('echo over IPv6', exchange('fec0::2', 100_000))
except OSError as error:
    check('echo over IPv6: %s' % error, False)
reached = subprocess.run(['ping', '-c', '1', '-W', '5', '10.0.2.2'], capture_output=True) if subprocess.run(['which', 'ping'], capture_output=True).returncode == 0 else None
if reached is not None:
    check('ping', reached.returncode == 0)
sys.stdout.flush()
os._exit(1 if failed else 0)
