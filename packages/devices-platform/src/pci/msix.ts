import type { MessagePort, Region } from '@polyvisor/core';
import type { PciConfigSpace } from './config-space.ts';
import { Capability } from './registers.ts';

/** Message control of MSI-X (PCI 3.0, 6.8.2.3), its high byte. */
const Control = { ENABLE: 0x80, MASK_ALL: 0x40 } as const;
/** Vector control of a table entry (6.8.2.9). */
const MASKED = 1;
const WORDS = 4;
const ENTRY_BYTES = 16;

export interface MsixPlaces {
  /** 1 … 2048. */
  readonly count: number;
  readonly bar: number;
  /** Offsets of the table and of the pending bits in the BAR; multiples of 8. */
  readonly table: number;
  readonly pending: number;
}

/** MSI-X (PCI 3.0, 6.8.2): the capability, the table and the pending bits. */
export class MsixCapability {
  /** For the BAR that the table lies in. */
  readonly table: Region;
  readonly pending: Region;
  readonly #space: PciConfigSpace;
  readonly #port: MessagePort;
  readonly #count: number;
  readonly #at: number;
  /** Address low, address high, data and control for each vector. */
  readonly #entries: Int32Array;
  readonly #pending: Int32Array;

  constructor(space: PciConfigSpace, port: MessagePort, { count, bar, table, pending }: MsixPlaces) {
    this.#space = space;
    this.#port = port;
    this.#count = count;
    this.#entries = new Int32Array(WORDS * count);
    // Pending bits come in 64-bit words.
    this.#pending = new Int32Array(2 * Math.ceil(count / 64));
    const body = new DataView(new ArrayBuffer(10));
    body.setUint16(0, count - 1, true);
    body.setUint32(2, table | bar, true);
    body.setUint32(6, pending | bar, true);
    this.#at = space.addCapability(Capability.MSIX, new Uint8Array(body.buffer), [0, Control.ENABLE | Control.MASK_ALL, 0, 0, 0, 0, 0, 0, 0, 0]);
    this.reset();
    this.table = { read: (offset) => this.#readTable(offset), write: (offset, size, value) => this.#writeTable(offset, size, value) };
    this.pending = { read: (offset) => this.#pending[offset >> 2] ?? 0, write: () => undefined };
  }

  /** Bytes of the table. */
  get tableSize(): number {
    return ENTRY_BYTES * this.#count;
  }

  /** @hot */
  get enabled(): boolean {
    return (this.#control() & Control.ENABLE) !== 0;
  }

  /** @hot A masked vector is pending, and sent when it is unmasked. */
  send(vector: number): void {
    if (vector >= this.#count || !this.enabled) return;
    if (this.#isMasked(vector)) this.#pending[vector >> 5]! |= 1 << (vector & 31);
    else this.#emit(vector);
  }

  /** @hot The function calls it when the configuration space was written: vectors may have been unmasked. */
  flush(): void {
    for (let vector = 0; vector < this.#count; vector++) this.#flushVector(vector);
  }

  reset(): void {
    this.#pending.fill(0);
    this.#entries.fill(0);
    for (let vector = 0; vector < this.#count; vector++) this.#entries[WORDS * vector + 3] = MASKED;
  }

  save(): { entries: number[]; pending: number[] } {
    return { entries: [...this.#entries], pending: [...this.#pending] };
  }

  restore(saved: { readonly entries: readonly number[]; readonly pending: readonly number[] }): void {
    this.#entries.set(saved.entries.slice(0, this.#entries.length));
    this.#pending.set(saved.pending.slice(0, this.#pending.length));
  }

  /** @hot */
  #control(): number {
    return this.#space.bytes[this.#at + 3]!;
  }

  /** @hot */
  #isMasked(vector: number): boolean {
    return (this.#control() & Control.MASK_ALL) !== 0 || (this.#entries[WORDS * vector + 3]! & MASKED) !== 0;
  }

  /** @hot */
  #emit(vector: number): void {
    const at = WORDS * vector;
    const address = (this.#entries[at + 1]! >>> 0) * 0x1_0000_0000 + (this.#entries[at]! >>> 0);
    this.#port.send(address, this.#entries[at + 2]!);
  }

  /** @hot */
  #flushVector(vector: number): void {
    const bit = 1 << (vector & 31);
    if ((this.#pending[vector >> 5]! & bit) === 0 || !this.enabled || this.#isMasked(vector)) return;
    this.#pending[vector >> 5]! &= ~bit;
    this.#emit(vector);
  }

  /** @hot */
  #readTable(offset: number): number {
    return this.#entries[offset >> 2]! >> (8 * (offset & 3));
  }

  /** @hot Only 32-bit accesses at their place are allowed (6.8.2, access rules); others are ignored. */
  #writeTable(offset: number, size: 1 | 2 | 4, value: number): void {
    if (size !== 4 || (offset & 3) !== 0) return;
    const word = offset & (ENTRY_BYTES - 1);
    this.#entries[offset >> 2] = word === 12 ? value & MASKED : word === 0 ? value & ~3 : value;
    if (word === 12) this.#flushVector(Math.floor(offset / ENTRY_BYTES));
  }
}
