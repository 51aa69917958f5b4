import type { Region } from '@polyvisor/core';

type Read = Region['read'];
type Write = Region['write'];

/**
 * A placed region. All slots have one shape and carry the handlers as fields, so the dispatch's property loads stay
 * monomorphic however many classes of device there are; only the call itself has many targets.
 */
export class Slot {
  base: number;
  readonly size: number;
  /** Widest access that is passed on in one piece. */
  readonly width: number;
  readonly owner: string;
  readonly region: Region;
  readonly readFn: Read;
  readonly writeFn: Write;

  constructor(base: number, size: number, width: number, owner: string, region: Region) {
    this.base = base;
    this.size = size;
    this.width = width;
    this.owner = owner;
    this.region = region;
    // Unbound on purpose: the buses call them with the region as `this`, which costs nothing, unlike `bind`.
    ({ read: this.readFn, write: this.writeFn } = region);
  }
}

/** @hot Cuts a value to the access's size: 1 and 2 bytes are zero-extended, 4 bytes are signed. */
export function cut(value: number, size: number): number {
  return size === 4 ? value | 0 : size === 2 ? value & 0xffff : value & 0xff;
}

/** @hot The largest piece of an access that `slot` takes at `offset`: 4, 2 or 1 bytes. */
export function pieceSize(slot: Slot, offset: number, left: number): 1 | 2 | 4 {
  const room = Math.min(left, slot.width, slot.size - offset);
  return room >= 4 ? 4 : room >= 2 ? 2 : 1;
}
