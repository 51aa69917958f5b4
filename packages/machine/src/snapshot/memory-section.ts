import { FRAME_SIZE, type AddressSpace, type Host, type RamRange, type Section } from '@polyvisor/core';
import { z } from 'zod';

/** Frames of a piece: large enough that headers do not count, small enough that a zero piece is common. */
const PIECE = 16;

const schema = z.strictObject({
  ranges: z.array(z.strictObject({ gfn: z.int().nonnegative(), count: z.int().positive(), rights: z.int().min(0).max(7) })),
  /** Contents of up to 16 frames from `gfn` on; what is not listed is zero. */
  pieces: z.array(z.strictObject({ gfn: z.int().nonnegative(), bytes: z.instanceof(Uint8Array) })),
});
export type MemoryState = z.output<typeof schema>;

export const MEMORY_SECTION = 'memory';
const VERSION = 1;

/** All RAM with its rights, but for `others`, in ascending order: memory of devices. Pieces of zeros take no room. */
export function saveMemory(host: Host, space: AddressSpace, others: readonly Frames[]): Section {
  const ranges = space.ranges().flatMap((range) => without(range, others));
  const pieces: MemoryState['pieces'] = [];
  for (const { gfn, count } of ranges) {
    for (let at = 0; at < count; at += PIECE) {
      const bytes = copyOut(host, space, gfn + at, Math.min(PIECE, count - at));
      if (bytes) pieces.push({ gfn: gfn + at, bytes });
    }
  }
  const state: MemoryState = { ranges: ranges.map((r) => ({ ...r })), pieces };
  return { id: MEMORY_SECTION, kind: 'machine/memory', version: VERSION, state };
}

/** Fills an empty address space; a message when the section does not fit. */
export function loadMemory(host: Host, space: AddressSpace, section: Section | undefined): string | undefined {
  if (!section) return 'is missing';
  if (section.version !== VERSION) return `has version ${section.version}; this build reads ${VERSION}`;
  const parsed = schema.safeParse(section.state);
  if (!parsed.success) return `does not fit its schema: ${parsed.error.message}`;
  for (const { gfn, count, rights } of parsed.data.ranges) space.populate(gfn, count, rights);
  for (const { gfn, bytes } of parsed.data.pieces) {
    if (bytes.length % FRAME_SIZE !== 0) return 'has a piece that is not a whole number of frames';
    for (let i = 0; i * FRAME_SIZE < bytes.length; i++) {
      const page = space.lookup(gfn + i);
      if (page.kind !== 'ram') return `has contents for frame ${gfn + i}, which is not in its ranges`;
      host.bytes.set(bytes.subarray(i * FRAME_SIZE, (i + 1) * FRAME_SIZE), host.frames.offset(page.mfn));
    }
  }
  return undefined;
}

interface Frames {
  readonly gfn: number;
  readonly count: number;
}

function without(range: RamRange, holes: readonly Frames[]): RamRange[] {
  let at = range.gfn;
  const end = range.gfn + range.count;
  const parts: RamRange[] = [];
  for (const { gfn, count } of holes) {
    if (gfn + count <= at || gfn >= end) continue;
    if (gfn > at) parts.push({ ...range, gfn: at, count: gfn - at });
    at = gfn + count;
  }
  if (at < end) parts.push({ ...range, gfn: at, count: end - at });
  return parts;
}

function copyOut(host: Host, space: AddressSpace, gfn: number, count: number): Uint8Array<ArrayBuffer> | undefined {
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  for (let i = 0; i < count; i++) {
    const at = host.frames.offset(space.lookup(gfn + i).mfn);
    if (isZero(host.words, at / 4)) continue;
    bytes ??= new Uint8Array(count * FRAME_SIZE);
    bytes.set(host.bytes.subarray(at, at + FRAME_SIZE), i * FRAME_SIZE);
  }
  return bytes;
}

function isZero(words: Int32Array, at: number): boolean {
  for (let i = at; i < at + FRAME_SIZE / 4; i++) if (words[i] !== 0) return false;
  return true;
}
