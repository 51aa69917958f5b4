import { Errno } from '../errno.ts';
import { OpenFlag } from '../files/open-file.ts';
import { PAGE, Prot, pageUp } from '../memory/layout.ts';
import { call, type Call, type Caller } from './call.ts';

/** Flags of mmap (include/uapi/asm-generic/mman.h). */
const Map = { shared: 1, type: 0xf, fixed: 0x10, anonymous: 0x20, growsDown: 0x100, fixedNoReplace: 0x100000 } as const;
const ALL_PROT = Prot.read | Prot.write | Prot.execute;

function map(caller: Caller, wish: number, length: number, prot: number, flags: number, fd: number, offset: number): number {
  const { memory } = caller.process;
  const type = flags & Map.type;
  if (length <= 0 || offset % PAGE !== 0 || type === 0 || type > 3 || (flags & Map.growsDown) !== 0) return -Errno.EINVAL;
  if (length > memory.layout.end) return -Errno.ENOMEM;
  const source = (flags & Map.anonymous) !== 0 ? undefined : fileBacking(caller, fd, prot, type);
  if (typeof source === 'number') return source;
  const backing = source && { from: source.from, at: offset };
  const mapping = { prot: prot & ALL_PROT, backing, name: source?.name ?? '' };
  if ((flags & Map.fixedNoReplace) !== 0) {
    if (wish % PAGE === 0 && memory.areas.within(wish, wish + pageUp(length)).length > 0) return -Errno.EEXIST;
    return memory.mapAt(wish, length, mapping);
  }
  return (flags & Map.fixed) !== 0 ? memory.mapAt(wish, length, mapping) : memory.map(wish, length, mapping);
}

/** What a mapping of a descriptor is made from. The host's files are read-only, so only private mappings can be written. */
function fileBacking({ process }: Caller, fd: number, prot: number, type: number) {
  const file = process.descriptors.get(fd);
  if (file === undefined) return -Errno.EBADF;
  const access = file.flags & OpenFlag.accessMode;
  if (access === OpenFlag.writeOnly) return -Errno.EACCES;
  if (type !== 2 && (prot & Prot.write) !== 0 && access !== OpenFlag.readWrite) return -Errno.EACCES;
  const from = file.backing();
  return from === undefined ? -Errno.ENODEV : { from, name: file.path };
}

/** The first mmap of i386: its arguments lie in memory. */
function oldMap(caller: Caller, block: number): number {
  const { user } = caller;
  const [wish, length, prot, flags, fd, offset] = [0, 4, 8, 12, 16, 20].map((at) => user.u32(block + at)) as [number, number, number, number, number, number];
  return user.failed ? -Errno.EFAULT : map(caller, wish, length, prot, flags, fd | 0, offset);
}

/** Advice of madvise that changes what a program sees; the rest are hints. */
const Advice = { dontNeed: 4, hints: [0, 1, 2, 3, 8, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21] } as const;

function advise({ process }: Caller, address: number, length: number, advice: number): number {
  const end = address + pageUp(length);
  if (address % PAGE !== 0 || end < address) return -Errno.EINVAL;
  if (advice !== Advice.dontNeed && !(Advice.hints as readonly number[]).includes(advice)) return -Errno.EINVAL;
  if (!process.memory.areas.covers(address, end)) return -Errno.ENOMEM;
  if (advice === Advice.dontNeed) process.memory.discard(address, end);
  return 0;
}

const Remap = { mayMove: 1, fixed: 2 } as const;

function remap(caller: Caller, from: number, oldLength: number, newLength: number, flags: number, wish: number): number {
  const { memory } = caller.process;
  const { areas, layout } = memory;
  const [old, now] = [pageUp(oldLength), pageUp(newLength)];
  const fixed = (flags & Remap.fixed) !== 0;
  if (from % PAGE !== 0 || now === 0 || old === 0 || (flags & ~3) !== 0) return -Errno.EINVAL;
  if (fixed && ((flags & Remap.mayMove) === 0 || wish % PAGE !== 0)) return -Errno.EINVAL;
  const area = areas.find(from);
  if (area === undefined || from + old > area.end) return -Errno.EFAULT;
  if (fixed) {
    if (wish < from + old && from < wish + now) return -Errno.EINVAL;
    if (wish + now > layout.end) return -Errno.ENOMEM;
    memory.unmap(wish, now);
  }
  if (now < old) memory.unmap(from + now, old - now);
  const kept = Math.min(old, now);
  if (!fixed) {
    if (now <= old) return from;
    if (from + old === area.end && from + now <= layout.end && areas.within(from + old, from + now).length === 0) return extend(from + old, now - old);
    if ((flags & Remap.mayMove) === 0) return -Errno.ENOMEM;
  }
  const gap = fixed ? wish : areas.findGap(now, PAGE, layout.mapTop);
  if (gap < 0) return -Errno.ENOMEM;
  const moved = memory.move(areas.find(from) ?? area, from, kept, gap);
  if (moved < 0 || now === kept) return moved;
  const rest = extendFrom(gap + kept, now - kept, kept);
  return rest < 0 ? rest : gap;

  function extend(at: number, length: number): number {
    const result = extendFrom(at, length, old);
    return result < 0 ? result : from;
  }
  /** Continues the mapping, `done` bytes behind its `from`. */
  function extendFrom(at: number, length: number, done: number): number {
    const { backing, prot, name } = area!;
    const more = backing && { from: backing.from, at: backing.at + from - area!.start + done };
    return memory.mapAt(at, length, { prot, name, backing: more });
  }
}

const done = (): number => 0;

export const memoryCalls: readonly Call[] = [
  call('mmap', 9, -1, 'ptr size hex hex fd long', map),
  call('mmap', -1, 90, 'ptr', oldMap),
  call('mmap2', -1, 192, 'ptr size hex hex fd uint', (c, wish, length, prot, flags, fd, pages) => map(c, wish, length, prot, flags, fd, pages * PAGE)),
  call('munmap', 11, 91, 'ptr size', ({ process }, address, length) => process.memory.unmap(address, length)),
  call('mprotect', 10, 125, 'ptr size hex', ({ process }, address, length, prot) =>
    (prot & ~ALL_PROT) !== 0 ? -Errno.EINVAL : process.memory.protect(address, length, prot)),
  call('mremap', 25, 163, 'ptr size size hex ptr', remap),
  call('madvise', 28, 219, 'ptr size int', advise),
  call('brk', 12, 45, 'ptr', ({ process }, wish) => process.memory.setBreak(wish)),
  // Memory is never written back nor taken away, so these hold already.
  call('msync', 26, 144, 'ptr size hex', done),
  call('mlock', 149, 150, 'ptr size', done),
  call('munlock', 150, 151, 'ptr size', done),
];
