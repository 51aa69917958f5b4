import type { MachineEvents, Region } from '@polyvisor/core';
import type { SlotTable } from './movable.ts';
import { Slot, cut, pieceSize } from './slot.ts';

const PORTS = 65536;
/** Width of what is not claimed: every access to it takes the slow path, which looks where the next region begins. */
export const NOWHERE = 0;

/** The 64 KiB I/O port space. Each port has the number of its slot in one table, so a dispatch is two loads. */
export class PortBus implements SlotTable {
  readonly #slots: Slot[];
  readonly #slotOf = new Uint16Array(PORTS);

  constructor(events: MachineEvents) {
    this.#slots = [new Slot(0, PORTS, NOWHERE, 'nothing', unclaimed(events, 'port'))];
  }

  /** The caller has checked that the range is free. */
  place(slot: Slot): void {
    this.change(slot.base, slot.base + slot.size, 0, this.add(slot));
  }

  add(slot: Slot): number {
    return this.#slots.push(slot) - 1;
  }

  change(start: number, end: number, from: number, to: number): void {
    for (let port = start; port < end; port++) if (this.#slotOf[port] === from) this.#slotOf[port] = to;
  }

  /** @hot */
  read(port: number, size: 1 | 2 | 4): number {
    const slot = this.#slots[this.#slotOf[port & 0xffff]!]!;
    const offset = (port & 0xffff) - slot.base;
    if (size > slot.width || offset + size > slot.size) return this.#readPieces(port, size);
    return cut(slot.readFn.call(slot.region, offset, size), size);
  }

  /** @hot */
  write(port: number, size: 1 | 2 | 4, value: number): void {
    const slot = this.#slots[this.#slotOf[port & 0xffff]!]!;
    const offset = (port & 0xffff) - slot.base;
    if (size > slot.width || offset + size > slot.size) this.#writePieces(port, size, value);
    else slot.writeFn.call(slot.region, offset, size, cut(value, size));
  }

  /** @hot An access that is too wide for a region, or runs into the next one; addresses wrap at 64 KiB. */
  #readPieces(port: number, size: 1 | 2 | 4): number {
    const nothing = this.#slots[0]!;
    if (this.#isUnclaimed(port, size)) return cut(nothing.readFn.call(nothing.region, port & 0xffff, size), size);
    let value = 0;
    let done = 0;
    while (done < size) {
      const at = (port + done) & 0xffff;
      const slot = this.#slots[this.#slotOf[at]!]!;
      const piece = pieceSize(slot, at - slot.base, size - done);
      value |= cut(slot.readFn.call(slot.region, at - slot.base, piece), piece) << (8 * done);
      done += piece;
    }
    return cut(value, size);
  }

  /** @hot */
  #writePieces(port: number, size: 1 | 2 | 4, value: number): void {
    const nothing = this.#slots[0]!;
    if (this.#isUnclaimed(port, size)) {
      nothing.writeFn.call(nothing.region, port & 0xffff, size, cut(value, size));
      return;
    }
    let done = 0;
    while (done < size) {
      const at = (port + done) & 0xffff;
      const slot = this.#slots[this.#slotOf[at]!]!;
      const piece = pieceSize(slot, at - slot.base, size - done);
      slot.writeFn.call(slot.region, at - slot.base, piece, cut(value >> (8 * done), piece));
      done += piece;
    }
  }

  /** @hot */
  #isUnclaimed(port: number, size: number): boolean {
    for (let i = 0; i < size; i++) if (this.#slotOf[(port + i) & 0xffff] !== 0) return false;
    return true;
  }
}

/** What answers where nothing is: all ones, and an event for those who watch. */
export function unclaimed(events: MachineEvents, space: 'port' | 'memory'): Region {
  const point = events.unclaimed;
  return {
    read(address, size) {
      if (point.active) point.emit({ space, address, size, write: false, value: -1 });
      return -1;
    },
    write(address, size, value) {
      if (point.active) point.emit({ space, address, size, write: true, value });
    },
  };
}
