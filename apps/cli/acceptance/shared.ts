/**
 * What host and guest share: a C project in a folder of the host is built by the guest's make and gcc over 9P, bytes go
 * both ways over vsock, and the balloon gives 256 MiB back.
 * `npx node --conditions=@polyvisor/source apps/cli/acceptance/shared.ts`
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianImage } from './lib/debian-image.ts';
import { Guest } from './lib/guest.ts';
import { must } from './lib/host.ts';
import { CONSOLE, PROMPT, linux, writeInitrd } from './lib/linux.ts';
import { echoProgram, echoed } from './lib/network.ts';
import { needed, show, took } from './lib/show.ts';

const image = needed(debianImage());
const system = needed(linux('amd64'));
const folder = mkdtempSync(join(tmpdir(), 'polyvisor-shared-'));
const [project, sockets] = [join(folder, 'project'), join(folder, 'sockets')];
const PRIMES = 30;

/** The system on the disk, but a shell in place of its init. */
const last = `mount -t ext4 -o rw /dev/vda /root && for each in dev proc sys; do mount -o move /$each /root/$each; done
cp /bin/echo-server /root/bin/echo-server
exec switch_root /root /usr/bin/setsid sh -c 'exec sh -i </dev/ttyS0 >/dev/ttyS0 2>&1'`;

function makeProject(): void {
  mkdirSync(project);
  mkdirSync(sockets);
  const names = Array.from({ length: PRIMES }, (_, i) => `part${i}`);
  for (const [i, name] of names.entries()) writeFileSync(join(project, `${name}.c`), `int ${name}(int x) { return x * ${i} + ${i * i}; }\n`);
  const calls = names.map((name) => `${name}(2)`).join(' + ');
  writeFileSync(join(project, 'main.c'), `#include <stdio.h>\n${names.map((name) => `int ${name}(int);\n`).join('')}int main(void) { printf("%d\\n", ${calls}); return 0; }\n`);
  writeFileSync(join(project, 'Makefile'), `CFLAGS = -O1\nprogram: main.o ${names.map((name) => `${name}.o`).join(' ')}\n\t$(CC) -static -o $@ $^\n`);
}

async function build(guest: Guest): Promise<void> {
  show('== 9P');
  await guest.must('mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 project /mnt && cd /mnt');
  const time = took();
  const log = await guest.must('make 2>&1');
  show('built in the guest', `${log.split('\n').length} commands in ${time()}`);
  const expected = Array.from({ length: PRIMES }, (_, i) => 2 * i + i * i).reduce((a, b) => a + b);
  const [inside, outside] = [await guest.must('./program'), must(join(project, 'program'))];
  show('the program', `says ${inside} in the guest and ${outside} on the host, ${Number(inside) === expected && inside === outside ? 'right' : 'WRONG'}`);
  if (Number(inside) !== expected || inside !== outside) throw new Error(`${expected} expected`);
  show('make once more', await guest.must('make'));
  await guest.must('cd / && umount /mnt');
}

async function talk(guest: Guest): Promise<void> {
  show('== vsock');
  const server = createServer((socket) => socket.on('data', (data: Buffer) => socket.write(data.toString().toUpperCase())));
  await new Promise<void>((resolve) => server.listen(join(sockets, '1234.sock'), resolve));
  const said = await guest.must('echo-server dial 1234 "from the guest"');
  show('the guest dials the host\'s port 1234', said);
  server.close();
  guest.type('echo-server vsock 5000 >/tmp/log &\n');
  await guest.must('sleep 1; cat /tmp/log');
  const socket = connect(join(folder, 'guest.sock'));
  const time = took();
  const right = await echoed(socket, readFileSync(image.path).subarray(0, 2_000_000));
  show('the host dials the guest\'s port 5000', `2 MB there and back ${right ? 'right' : 'WRONG'} in ${time()}`);
  socket.destroy();
  if (said !== 'FROM THE GUEST' || !right) throw new Error('vsock');
}

async function inflate(guest: Guest): Promise<void> {
  show('== balloon');
  const free = async (): Promise<number> => Number(/MemTotal: +(\d+)/.exec(await guest.must('cat /proc/meminfo'))?.[1]) / 1024;
  const before = await free();
  guest.type('\x01cinfo balloon\n');
  show('before', (await guest.until(/the guest gave [^\r\n]*/))[0]);
  guest.type('balloon 256\n\x01c');
  await guest.sh('sleep 15');
  const after = await free();
  guest.type('\x01cinfo balloon\n');
  const [said] = await guest.until(/the guest gave [^\r\n]*/);
  guest.type('\x01c');
  show('after "balloon 256"', said);
  show('MemTotal of the guest', `${before.toFixed(0)} MiB, then ${after.toFixed(0)} MiB`);
  if (!(before - after > 250)) throw new Error('the balloon did not grow');
}

try {
  makeProject();
  const modules = ['virtio_pci', 'virtio_blk', 'crc32c_generic', 'ext4', '9p', '9pnet_virtio', 'vmw_vsock_virtio_transport', 'virtio_balloon'];
  const initrd = writeInitrd(join(folder, 'initrd'), system, { modules, last, files: { 'bin/echo-server': echoProgram() } });
  const guest = Guest.polyvisor([
    '-kernel', system.kernel, '-initrd', initrd, '-append', CONSOLE, '-m', '512', '-serial', 'mon:stdio', '-no-reboot',
    '-drive', `file=${image.path},if=virtio,format=raw,snapshot=on`, '-virtfs', `local,path=${project},mount_tag=project,security_model=none`,
    '-device', `vhost-vsock-pci,guest-cid=3,sockets=${sockets},forward=${join(folder, 'guest.sock')}:5000`, '-device', 'virtio-balloon-pci',
  ]);
  await guest.until(PROMPT, 60);
  await guest.must('export PATH=/usr/sbin:/usr/bin:/sbin:/bin; mount -t tmpfs tmp /tmp');
  await build(guest);
  await talk(guest);
  await inflate(guest);
  await guest.kill();
} finally {
  rmSync(folder, { recursive: true });
}
