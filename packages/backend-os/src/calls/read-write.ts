import { BLOCKED, Errno } from '../errno.ts';
import { OpenFlag, type OpenFile } from '../files/open-file.ts';
import { Signal } from '../process/signals.ts';
import { call, type Call, type Caller } from './call.ts';

/** Most bytes that one call moves; it then gives a short count, as it may. */
const MOST = 16 * 2 ** 20;
/** Bytes moved at a time. */
const CHUNK = 65536;
/** As UIO_MAXIOV. */
const MOST_PIECES = 1024;

type Read = (into: Uint8Array) => number;

/** Reads into a program's memory until nothing more comes at once. */
function readInto({ user }: Caller, address: number, count: number, read: Read): number {
  if (count > 0 && !user.writable(address)) return -Errno.EFAULT;
  let done = 0;
  const wanted = Math.min(count, MOST);
  do {
    const chunk = new Uint8Array(Math.min(CHUNK, wanted - done));
    const got = read(chunk);
    if (got < 0) return done > 0 ? done : got;
    const copied = user.copyOut(address + done, chunk.subarray(0, got));
    done += copied;
    if (copied < got) return done > 0 ? done : -Errno.EFAULT;
    if (got < chunk.length) break;
  } while (done < wanted);
  return done;
}

function writeFrom({ user, process }: Caller, address: number, count: number, file: OpenFile): number {
  let done = 0;
  const wanted = Math.min(count, MOST);
  do {
    const chunk = new Uint8Array(Math.min(CHUNK, wanted - done));
    const copied = user.copyIn(address + done, chunk);
    if (copied === 0 && chunk.length > 0) return done > 0 ? done : -Errno.EFAULT;
    const taken = file.write(chunk.subarray(0, copied));
    if (taken === -Errno.EPIPE) process.raise(Signal.PIPE, 'nobody reads its output');
    if (taken < 0) return done > 0 ? done : taken;
    done += taken;
    if (taken < chunk.length) break;
  } while (done < wanted);
  return done;
}

const canRead = (file: OpenFile): boolean => (file.flags & OpenFlag.accessMode) !== OpenFlag.writeOnly;
const canWrite = (file: OpenFile): boolean => (file.flags & OpenFlag.accessMode) !== 0;

function read(caller: Caller, fd: number, address: number, count: number): number {
  const file = caller.process.descriptors.get(fd);
  if (file === undefined || !canRead(file)) return -Errno.EBADF;
  return readInto(caller, address, count, (into) => file.read(into));
}

function write(caller: Caller, fd: number, address: number, count: number): number {
  const file = caller.process.descriptors.get(fd);
  if (file === undefined || !canWrite(file)) return -Errno.EBADF;
  return writeFrom(caller, address, count, file);
}

function readAt(caller: Caller, fd: number, address: number, count: number, offset: number): number {
  const file = caller.process.descriptors.get(fd);
  if (file === undefined || !canRead(file)) return -Errno.EBADF;
  if (offset < 0) return -Errno.EINVAL;
  let at = offset;
  return readInto(caller, address, count, (into) => {
    const got = file.readAt(at, into);
    at += Math.max(0, got);
    return got;
  });
}

/** readv and writev: the single call for each piece, until one is short. */
function vectored(single: typeof read) {
  return (caller: Caller, fd: number, pieces: number, count: number): number => {
    if (count < 0 || count > MOST_PIECES) return -Errno.EINVAL;
    const { user, wide } = caller;
    const word = (at: number): number => (wide ? user.u64(at) : user.u32(at));
    const step = wide ? 8 : 4;
    let done = 0;
    for (let i = 0; i < count; i++) {
      const address = word(pieces + 2 * i * step);
      const length = word(pieces + (2 * i + 1) * step);
      if (user.failed) return -Errno.EFAULT;
      const got = single(caller, fd, address, length);
      if (got < 0) return done > 0 ? done : got;
      done += got;
      if (got < length) break;
    }
    return done;
  };
}

function seek({ process }: Caller, fd: number, offset: number, whence: number): number {
  const file = process.descriptors.get(fd);
  return file === undefined ? -Errno.EBADF : file.seek(offset, whence);
}

/** lseek of 32-bit programs: offset in two halves, result in memory. */
function llseek(caller: Caller, fd: number, high: number, low: number, result: number, whence: number): number {
  const position = seek(caller, fd, high * 2 ** 32 + low, whence);
  if (position < 0) return position;
  caller.user.storeI64(result, position);
  return 0;
}

/** Copies between descriptors inside the kernel. */
function sendFile(caller: Caller, out: number, from: number, offset: number, count: number): number {
  const { user, process } = caller;
  const [source, sink] = [process.descriptors.get(from), process.descriptors.get(out)];
  if (source === undefined || sink === undefined || !canRead(source) || !canWrite(sink)) return -Errno.EBADF;
  const chunk = new Uint8Array(Math.min(count, CHUNK));
  const start = offset === 0 ? 0 : user.i64(offset);
  if (user.failed) return -Errno.EFAULT;
  const got = offset === 0 ? source.read(chunk) : source.readAt(start, chunk);
  if (got === BLOCKED || got <= 0) return got;
  const taken = sink.write(chunk.subarray(0, got));
  if (taken === -Errno.EPIPE) process.raise(Signal.PIPE, 'nobody reads its output');
  if (taken > 0 && offset !== 0) user.storeI64(offset, start + taken);
  return taken;
}

export const readWriteCalls: readonly Call[] = [
  call('read', 0, 3, 'fd ptr size', read),
  call('write', 1, 4, 'fd ptr size', write),
  call('pread64', 17, -1, 'fd ptr size long', readAt),
  call('pread64', -1, 180, 'fd ptr size uint int', (c, fd, at, count, low, high) => readAt(c, fd, at, count, high * 2 ** 32 + low)),
  call('readv', 19, 145, 'fd ptr int', vectored(read)),
  call('writev', 20, 146, 'fd ptr int', vectored(write)),
  call('lseek', 8, 19, 'fd long int', seek),
  call('_llseek', -1, 140, 'fd int uint ptr int', llseek),
  call('sendfile', 40, -1, 'fd fd ptr size', sendFile),
  call('sendfile64', -1, 239, 'fd fd ptr size', sendFile),
];
