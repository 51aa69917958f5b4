import type { MessageReader, MessageWriter } from './codec.ts';
import { Fids, closeQuietly, openOf, pathOf, takeFile, type Fid } from './fids.ts';
import { FolderError, type FolderChange, type FolderFile, type FolderPath, type FolderStat, type HostFolder, type Later } from './host-folder.ts';
import {
  AT_REMOVEDIR, Attr, DirType, GETATTR_BASIC, Lock, MAX_MSIZE, MAX_NAME, MAX_WALK, MIN_MSIZE, Mode, Open, QidType, STATFS_TYPE, T, VERSION,
} from './protocol.ts';
import type { P9State } from './state.ts';
import { wait, type Task } from './task.ts';

/** A 9P2000.L session over a folder. It resolves names alone: what a symbolic link means is the guest's business. */
export class P9Server {
  msize: number;
  readonly #folder: HostFolder;
  readonly #readOnly: boolean;
  readonly #fids: Fids;

  constructor(folder: HostFolder, readOnly: boolean, saved: P9State | undefined) {
    this.#folder = folder;
    this.#readOnly = readOnly;
    this.msize = saved?.msize ?? 0;
    this.#fids = new Fids(saved);
  }

  /** Does a request and writes its reply; fails with an error that has a `code`. */
  *handle(type: number, request: MessageReader, reply: MessageWriter): Task<void> {
    if (type !== T.VERSION && this.msize === 0) throw new FolderError('EPROTO');
    const act = this.#actions[type];
    if (!act) throw new FolderError('EOPNOTSUPP');
    if (this.#readOnly && CHANGES.has(type)) throw new FolderError('EROFS');
    yield* act(request, reply);
  }

  reset(): void {
    this.#fids.clear();
    this.msize = 0;
  }

  save(): P9State {
    return { msize: this.msize, fids: this.#fids.save() };
  }

  readonly #actions: Readonly<Record<number, (request: MessageReader, reply: MessageWriter) => Task<void>>> = {
    [T.VERSION]: (q, r) => this.#version(q, r),
    [T.ATTACH]: (q, r) => this.#attach(q, r),
    [T.WALK]: (q, r) => this.#walk(q, r),
    [T.LOPEN]: (q, r) => this.#open(q, r),
    [T.LCREATE]: (q, r) => this.#create(q, r),
    [T.READ]: (q, r) => this.#read(q, r),
    [T.WRITE]: (q, r) => this.#write(q, r),
    [T.READDIR]: (q, r) => this.#readdir(q, r),
    [T.GETATTR]: (q, r) => this.#getattr(q, r),
    [T.SETATTR]: (q) => this.#setattr(q),
    [T.STATFS]: (q, r) => this.#statfs(q, r),
    [T.SYMLINK]: (q, r) => this.#symlink(q, r),
    [T.READLINK]: (q, r) => this.#readlink(q, r),
    [T.RENAME]: (q) => this.#rename(q),
    [T.RENAMEAT]: (q) => this.#renameAt(q),
    [T.UNLINKAT]: (q) => this.#unlinkAt(q),
    [T.REMOVE]: (q) => this.#remove(q),
    [T.MKDIR]: (q, r) => this.#mkdir(q, r),
    [T.LINK]: (q) => this.#link(q),
    [T.FSYNC]: (q) => this.#fsync(q),
    [T.CLUNK]: (q) => this.#clunk(q),
    [T.LOCK]: (q, r) => this.#lock(q, r),
    [T.GETLOCK]: (q, r) => this.#getLock(q, r),
    [T.MKNOD]: () => refuse('EPERM'),
    [T.AUTH]: () => refuse('EOPNOTSUPP'),
    [T.XATTRWALK]: () => refuse('EOPNOTSUPP'),
    [T.XATTRCREATE]: () => refuse('EOPNOTSUPP'),
  };

  /** Begins a session; what was before is forgotten. */
  *#version(request: MessageReader, reply: MessageWriter): Task<void> {
    const msize = request.u32();
    const known = request.string() === VERSION && msize >= MIN_MSIZE;
    this.reset();
    if (known) this.msize = Math.min(msize, MAX_MSIZE);
    reply.u32(Math.min(msize, MAX_MSIZE)).string(known ? VERSION : 'unknown');
    yield* wait(undefined);
  }

  *#attach(request: MessageReader, reply: MessageWriter): Task<void> {
    const fid = request.u32();
    const stat = yield* wait(this.#folder.stat([]));
    this.#fids.add(fid, []);
    writeQid(reply, stat);
  }

  *#walk(request: MessageReader, reply: MessageWriter): Task<void> {
    const from = request.u32();
    const to = request.u32();
    const count = request.u16();
    if (count > MAX_WALK) throw new FolderError('EINVAL');
    const names = Array.from({ length: count }, () => request.string());
    const start = this.#fids.get(from);
    const stats: FolderStat[] = [];
    let path = pathOf(start);
    for (const name of names) {
      try {
        path = step(path, name);
        stats.push(yield* wait(this.#folder.stat(path)));
      } catch (error) {
        // A walk that gets some way is an answer, but no new fid.
        if (stats.length === 0) throw error;
        break;
      }
    }
    if (stats.length === names.length) {
      if (to === from) start.path = path;
      else this.#fids.add(to, path);
    }
    reply.u16(stats.length);
    for (const stat of stats) writeQid(reply, stat);
  }

  *#open(request: MessageReader, reply: MessageWriter): Task<void> {
    const fid = this.#fids.get(request.u32());
    const flags = request.u32();
    const stat = yield* wait(this.#folder.stat(pathOf(fid)));
    const type = stat.mode & Mode.TYPE;
    const changes = (flags & Open.ACCESS) !== 0 || (flags & Open.TRUNCATE) !== 0;
    if (fid.open !== undefined) throw new FolderError('EINVAL');
    if (changes && this.#readOnly) throw new FolderError('EROFS');
    if (type === Mode.DIRECTORY) {
      if (changes) throw new FolderError('EISDIR');
    } else if (type === Mode.SYMLINK) throw new FolderError('ELOOP');
    else if (type !== Mode.FILE) throw new FolderError('EPERM');
    else if ((flags & Open.DIRECTORY) !== 0) throw new FolderError('ENOTDIR');
    else fid.file = yield* wait(this.#folder.open(fid.path, wishOf(flags, undefined)));
    fid.open = flags & ~Open.TRUNCATE;
    writeQid(reply, stat);
    reply.u32(0);
  }

  *#create(request: MessageReader, reply: MessageWriter): Task<void> {
    const fid = this.#fids.get(request.u32());
    const path = child(pathOf(fid), request.string());
    const flags = request.u32();
    const mode = request.u32();
    if (fid.open !== undefined) throw new FolderError('EINVAL');
    const file = yield* wait(this.#folder.open(path, wishOf(flags, mode)));
    fid.path = path;
    fid.open = flags & ~(Open.TRUNCATE | Open.EXCLUSIVE);
    fid.file = file;
    writeQid(reply, yield* wait(this.#folder.stat(path)));
    reply.u32(0);
  }

  *#read(request: MessageReader, reply: MessageWriter): Task<void> {
    const fid = this.#fids.get(request.u32());
    const at = request.u64();
    const into = reply.data(request.u32());
    const file = yield* this.#file(fid);
    reply.setCount(Math.min(into.length, yield* wait(file.read(at, into))));
  }

  *#write(request: MessageReader, reply: MessageWriter): Task<void> {
    const fid = this.#fids.get(request.u32());
    const at = request.u64();
    const data = request.data(request.u32());
    const file = yield* this.#file(fid);
    reply.u32(yield* wait(file.write(at, data)));
  }

  *#readdir(request: MessageReader, reply: MessageWriter): Task<void> {
    const fid = this.#fids.get(request.u32());
    const offset = request.u64();
    const part = reply.data(request.u32());
    if (fid.open === undefined) throw new FolderError('EBADF');
    if (offset === 0 || fid.names === undefined) fid.names = ['.', '..', ...(yield* wait(this.#folder.list(pathOf(fid))))];
    const out = new DataView(part.buffer, part.byteOffset, part.length);
    let length = 0;
    for (let i = offset; i < fid.names.length; i++) {
      const name = new TextEncoder().encode(fid.names[i]);
      if (length + 24 + name.length > part.length) break;
      const stat = yield* this.#statOrNothing(step(fid.path, fid.names[i]!));
      // Gone meanwhile.
      if (!stat) continue;
      length = writeEntry(out, part, length, stat, i + 1, name);
    }
    reply.setCount(length);
  }

  *#getattr(request: MessageReader, reply: MessageWriter): Task<void> {
    const fid = this.#fids.get(request.u32());
    const file = openOf(fid);
    const stat = yield* wait(file ? file.stat() : this.#folder.stat(pathOf(fid)));
    reply.u64(GETATTR_BASIC);
    writeQid(reply, stat);
    reply.u32(stat.mode).u32(stat.uid).u32(stat.gid).u64(stat.nlink).u64(0).u64(stat.size).u64(4096).u64(Math.ceil(stat.size / 512));
    for (const time of [stat.atime, stat.mtime, stat.ctime, 0]) writeTime(reply, time);
    reply.u64(0).u64(0);
  }

  *#setattr(request: MessageReader): Task<void> {
    const fid = this.#fids.get(request.u32());
    const valid = request.u32();
    const [mode, uid, gid] = [request.u32(), request.u32(), request.u32()];
    const size = request.u64();
    const atime = readTime(request);
    const mtime = readTime(request);
    // What is open for reading alone can be cut by its name.
    const file = openOf(fid, (valid & Attr.SIZE) === 0 ? undefined : isWritten);
    const apply = (change: FolderChange): Later<void> => (file ? file.change(change) : this.#folder.change(pathOf(fid), change));
    const own = yield* this.#chown(apply, { ...((valid & Attr.UID) !== 0 && { uid }), ...((valid & Attr.GID) !== 0 && { gid }) });
    const change: FolderChange = {
      ...((valid & Attr.MODE) !== 0 && { mode }),
      ...((valid & Attr.SIZE) !== 0 && { size }),
      ...((valid & Attr.ATIME) !== 0 && { atime: (valid & Attr.ATIME_SET) !== 0 ? atime : 'now' as const }),
      ...((valid & Attr.MTIME) !== 0 && { mtime: (valid & Attr.MTIME_SET) !== 0 ? mtime : 'now' as const }),
    };
    if (own || Object.keys(change).length > 0) yield* wait(apply(change));
  }

  /** The security model is QEMU's `none`: that a host does not let its user give files away is no error. */
  *#chown(apply: (change: FolderChange) => Later<void>, change: FolderChange): Task<boolean> {
    if (Object.keys(change).length === 0) return false;
    try {
      yield* wait(apply(change));
    } catch (error) {
      if (codeOf(error) !== 'EPERM') throw error;
    }
    return false;
  }

  *#statfs(request: MessageReader, reply: MessageWriter): Task<void> {
    this.#fids.get(request.u32());
    const s = yield* wait(this.#folder.space());
    reply.u32(STATFS_TYPE).u32(s.blockSize).u64(s.blocks).u64(s.free).u64(s.available).u64(s.files).u64(s.filesFree).u64(0).u32(MAX_NAME);
  }

  *#symlink(request: MessageReader, reply: MessageWriter): Task<void> {
    const path = child(this.#fids.pathOf(request.u32()), request.string());
    const target = request.string();
    if (target.length === 0 || target.includes('\0')) throw new FolderError('EINVAL');
    yield* wait(this.#folder.symlink(path, target));
    writeQid(reply, yield* wait(this.#folder.stat(path)));
  }
  *#readlink(request: MessageReader, reply: MessageWriter): Task<void> {
    reply.string(yield* wait(this.#folder.readlink(this.#fids.pathOf(request.u32()))));
  }

  *#rename(request: MessageReader): Task<void> {
    const fid = this.#fids.get(request.u32());
    const folder = this.#fids.get(request.u32());
    yield* this.#move(pathOf(fid), child(pathOf(folder), request.string()));
  }
  *#renameAt(request: MessageReader): Task<void> {
    const from = child(this.#fids.pathOf(request.u32()), request.string());
    const to = child(this.#fids.pathOf(request.u32()), request.string());
    yield* this.#move(from, to);
  }
  *#move(from: FolderPath, to: FolderPath): Task<void> {
    if (from.length === 0) throw new FolderError('EBUSY');
    // Two names of one file: rename(2) leaves both.
    const [one, other] = this.#fids.has(to) ? [yield* this.#statOrNothing(from), yield* this.#statOrNothing(to)] : [];
    yield* wait(this.#folder.rename(from, to));
    if (one && one.ino === other?.ino) return;
    this.#fids.removed(to);
    this.#fids.renamed(from, to);
  }

  *#unlinkAt(request: MessageReader): Task<void> {
    const path = child(this.#fids.pathOf(request.u32()), request.string());
    const flags = request.u32();
    yield* wait((flags & AT_REMOVEDIR) !== 0 ? this.#folder.rmdir(path) : this.#folder.unlink(path));
    this.#fids.removed(path);
  }
  /** The fid is gone whether or not the file could be removed. */
  *#remove(request: MessageReader): Task<void> {
    const fid = this.#fids.remove(request.u32());
    const file = takeFile(fid);
    if (file) closeQuietly(file);
    const path = pathOf(fid);
    if (path.length === 0) throw new FolderError('EBUSY');
    const stat = yield* wait(this.#folder.stat(path));
    yield* wait((stat.mode & Mode.TYPE) === Mode.DIRECTORY ? this.#folder.rmdir(path) : this.#folder.unlink(path));
    this.#fids.removed(path);
  }

  *#mkdir(request: MessageReader, reply: MessageWriter): Task<void> {
    const path = child(this.#fids.pathOf(request.u32()), request.string());
    yield* wait(this.#folder.mkdir(path, request.u32() & 0o7777));
    writeQid(reply, yield* wait(this.#folder.stat(path)));
  }
  *#link(request: MessageReader): Task<void> {
    const folder = this.#fids.get(request.u32());
    const existing = this.#fids.get(request.u32());
    yield* wait(this.#folder.link(child(pathOf(folder), request.string()), pathOf(existing)));
  }

  *#fsync(request: MessageReader): Task<void> {
    const fid = this.#fids.get(request.u32());
    const dataOnly = request.u32() !== 0;
    if (fid.file) yield* wait(fid.file.sync(dataOnly));
  }
  *#clunk(request: MessageReader): Task<void> {
    const file = takeFile(this.#fids.remove(request.u32()));
    if (file) yield* wait(file.close());
  }

  /** Nobody but this guest takes locks, and its kernel keeps its own programs apart. */
  *#lock(request: MessageReader, reply: MessageWriter): Task<void> {
    this.#fids.get(request.u32());
    reply.u8(Lock.SUCCESS);
    yield* wait(undefined);
  }
  *#getLock(request: MessageReader, reply: MessageWriter): Task<void> {
    this.#fids.get(request.u32());
    request.u8();
    reply.u8(Lock.UNLOCKED).u64(request.u64()).u64(request.u64()).u32(request.u32()).string(request.string());
    yield* wait(undefined);
  }

  /** After a restore files are opened again. */
  *#file(fid: Fid): Task<FolderFile> {
    if (fid.file) return fid.file;
    if (fid.open === undefined) throw new FolderError('EBADF');
    const stat = yield* wait(this.#folder.stat(pathOf(fid)));
    if ((stat.mode & Mode.TYPE) !== Mode.FILE) throw new FolderError('EISDIR');
    fid.file = yield* wait(this.#folder.open(fid.path, wishOf(fid.open, undefined)));
    return fid.file;
  }

  *#statOrNothing(path: FolderPath): Task<FolderStat | undefined> {
    try {
      return yield* wait(this.#folder.stat(path));
    } catch {
      return undefined;
    }
  }
}

/** What a share that is read-only refuses; opening looks at its flags. */
const CHANGES: ReadonlySet<number> = new Set([
  T.LCREATE, T.WRITE, T.SETATTR, T.SYMLINK, T.RENAME, T.RENAMEAT, T.UNLINKAT, T.REMOVE, T.MKDIR, T.LINK, T.MKNOD, T.XATTRCREATE,
]);

export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function* refuse(code: string): Task<void> {
  yield* wait(undefined);
  throw new FolderError(code);
}

function isWritten({ open = 0 }: Fid): boolean {
  const access = open & Open.ACCESS;
  return access === Open.WRITE_ONLY || access === Open.READ_WRITE;
}

/** One step of a walk: `..` stays inside. */
function step(path: FolderPath, name: string): FolderPath {
  if (name === '.') return path;
  return name === '..' ? path.slice(0, -1) : child(path, name);
}

function child(path: FolderPath, name: string): FolderPath {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) throw new FolderError('EINVAL');
  if (new TextEncoder().encode(name).length > MAX_NAME) throw new FolderError('ENAMETOOLONG');
  return [...path, name];
}

function wishOf(flags: number, createMode: number | undefined) {
  const access = flags & Open.ACCESS;
  return {
    read: access !== Open.WRITE_ONLY,
    write: access === Open.WRITE_ONLY || access === Open.READ_WRITE,
    append: (flags & Open.APPEND) !== 0,
    truncate: (flags & Open.TRUNCATE) !== 0,
    create: createMode === undefined ? undefined : { mode: createMode & 0o7777, exclusive: (flags & Open.EXCLUSIVE) !== 0 },
  };
}

function qidType(mode: number): number {
  const type = mode & Mode.TYPE;
  return type === Mode.DIRECTORY ? QidType.DIRECTORY : type === Mode.SYMLINK ? QidType.SYMLINK : QidType.FILE;
}
function writeQid(reply: MessageWriter, stat: FolderStat): void {
  reply.u8(qidType(stat.mode)).u32(0).u64(stat.ino);
}
function writeTime(reply: MessageWriter, ms: number): void {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  reply.u64(seconds).u64(Math.max(0, Math.floor((ms - seconds * 1000) * 1e6)));
}
function readTime(request: MessageReader): number {
  const seconds = request.u64();
  return seconds * 1000 + request.u64() / 1e6;
}

/** qid (13), offset (8), type (1), name. */
function writeEntry(out: DataView, part: Uint8Array, at: number, stat: FolderStat, next: number, name: Uint8Array): number {
  const type = stat.mode & Mode.TYPE;
  out.setUint8(at, qidType(stat.mode));
  out.setUint32(at + 1, 0, true);
  out.setUint32(at + 5, stat.ino % 2 ** 32, true);
  out.setUint32(at + 9, Math.floor(stat.ino / 2 ** 32), true);
  out.setUint32(at + 13, next, true);
  out.setUint32(at + 17, 0, true);
  out.setUint8(at + 21, type === Mode.DIRECTORY ? DirType.DIRECTORY : type === Mode.SYMLINK ? DirType.SYMLINK : type === Mode.FILE ? DirType.FILE : DirType.UNKNOWN);
  out.setUint16(at + 22, name.length, true);
  part.set(name, at + 24);
  return at + 24 + name.length;
}
