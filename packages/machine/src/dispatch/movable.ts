import type { RegionPlacement } from '@polyvisor/core';
import type { Slot } from './slot.ts';

/** Where a device wants something of its own to be. Devices have it before what it places exists. */
export class Wanted implements RegionPlacement {
  base: number | undefined = undefined;
  onMove: (() => void) | undefined = undefined;
  readonly #end: number;

  /** `limit` is where the space ends, in bytes. */
  constructor(size: number, limit: number, align: number) {
    this.#end = limit - size;
    this.#align = align;
  }
  readonly #align: number;

  move(base: number | undefined): void {
    const fits = base !== undefined && Number.isInteger(base) && base >= 0 && base <= this.#end && base % this.#align === 0;
    const to = fits ? base : undefined;
    if (to === this.base) return;
    this.base = to;
    this.onMove?.();
  }
}

/** A bus as a table of slot numbers; 0 is nothing. */
export interface SlotTable {
  /** Makes the slot known, without a place. */
  add(slot: Slot): number;
  /** Where `from` stands in the range, `to` will. */
  change(start: number, end: number, from: number, to: number): void;
}

interface Movable {
  readonly slot: Slot;
  readonly number: number;
  readonly wanted: Wanted;
  placed: boolean;
}

/** The movable regions of a bus: in the gaps that fixed regions leave, those that were added earlier in front. */
export class MovableRegions {
  readonly #bus: SlotTable;
  readonly #all: Movable[] = [];

  constructor(bus: SlotTable) {
    this.#bus = bus;
  }

  /** The slot's base is its region's place from now on. */
  add(slot: Slot, wanted: Wanted): void {
    const movable: Movable = { slot, number: this.#bus.add(slot), wanted, placed: false };
    this.#all.push(movable);
    wanted.onMove = () => {
      this.#move(movable);
    };
    this.#move(movable);
  }

  #move(moved: Movable): void {
    const { slot, wanted } = moved;
    // Those that it hid come back, and those behind it at its new place give way.
    const others = new Set(this.#overlapping(moved));
    if (moved.placed) this.#remove(moved);
    moved.placed = wanted.base !== undefined;
    slot.base = wanted.base ?? 0;
    for (const other of this.#overlapping(moved)) others.add(other);
    for (const other of others) this.#remove(other);
    for (const entry of this.#all) {
      if (entry.placed && (entry === moved || others.has(entry))) this.#bus.change(entry.slot.base, entry.slot.base + entry.slot.size, 0, entry.number);
    }
  }

  #remove({ slot, number }: Movable): void {
    this.#bus.change(slot.base, slot.base + slot.size, number, 0);
  }

  #overlapping(moved: Movable): Movable[] {
    const { base, size } = moved.slot;
    if (!moved.placed) return [];
    return this.#all.filter((o) => o !== moved && o.placed && o.slot.base < base + size && base < o.slot.base + o.slot.size);
  }
}
