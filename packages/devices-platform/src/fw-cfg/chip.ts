import { DmaStatus, type Dma as Memory, type Region } from '@polyvisor/core';
import type { Item } from './items.ts';
import { DMA_CONTROL_SIZE, DMA_SIGNATURE, Dma } from './registers.ts';

export interface FwCfgState {
  readonly selector: number;
  readonly at: number;
  readonly dmaHigh: number;
}

/** Zeros that a read may go beyond an item's end; one that goes further is an error, because a guest chooses it. */
const SLACK = 4096;
const SELECTOR_MASK = 0xbfff;

/** The items, of which one is selected and read byte by byte or by DMA. */
export class FwCfgChip implements Region {
  /** The DMA address, in two big-endian halves. */
  readonly dma: Region = {
    read: (offset, size) => this.#readSignature(offset, size),
    write: (offset, size, value) => this.#writeDma(offset, size, value),
  };
  readonly #items: ReadonlyMap<number, Item>;
  readonly #power: { readonly base: number | undefined };
  readonly #memory: Memory;
  readonly #control = new Uint8Array(DMA_CONTROL_SIZE);
  readonly #view = new DataView(this.#control.buffer);
  readonly #zeros = new Uint8Array(SLACK);
  /** An item that is not there. */
  readonly #empty = new Uint8Array(0);
  #selector = 0;
  /** The selected item. */
  #item: Uint8Array;
  #at = 0;
  #dmaHigh = 0;

  /** `power` is where the chip set has power management now. */
  constructor(items: ReadonlyMap<number, Item>, power: { readonly base: number | undefined }, memory: Memory, saved: FwCfgState | undefined) {
    this.#items = items;
    this.#power = power;
    this.#memory = memory;
    if (saved) ({ selector: this.#selector, at: this.#at, dmaHigh: this.#dmaHigh } = saved);
    this.#item = this.#content();
  }

  /** @hot A byte at offset 1 is the data register; beyond the item's end there are zeros. */
  read(offset: number, size: 1 | 2 | 4): number {
    if (offset !== 1 || size !== 1) return 0;
    const byte = this.#item[this.#at];
    if (byte === undefined) return 0;
    this.#at += 1;
    return byte;
  }

  /** Two bytes at offset 0 are the selector. Data is not written any more since QEMU 2.4. */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (offset === 0 && size === 2) this.#select(value & SELECTOR_MASK);
  }

  reset(): void {
    this.#select(0);
    this.#dmaHigh = 0;
  }

  save(): FwCfgState {
    return { selector: this.#selector, at: this.#at, dmaHigh: this.#dmaHigh };
  }

  /** What the selected file says of the machine as it is now. */
  #content(): Uint8Array {
    const item = this.#items.get(this.#selector);
    const { base } = this.#power;
    return (base === undefined ? undefined : item?.placed?.(base)) ?? item?.bytes ?? this.#empty;
  }

  /** Not hot: it happens once for each file. */
  #select(key: number): void {
    this.#selector = key;
    this.#at = 0;
    this.#item = this.#content();
  }

  /** @hot */
  #readSignature(offset: number, size: 1 | 2 | 4): number {
    let value = 0;
    for (let i = 0; i < size; i++) {
      const at = offset + i;
      value |= ((DMA_SIGNATURE[at < 4 ? 0 : 1] >>> (8 * (3 - (at & 3)))) & 0xff) << (8 * i);
    }
    return value;
  }

  /** @hot */
  #writeDma(offset: number, size: 1 | 2 | 4, value: number): void {
    if (size !== 4) return;
    const word = bigEndian(value);
    if (offset === 0) this.#dmaHigh = word;
    else if (offset === 4) {
      const high = this.#dmaHigh;
      this.#dmaHigh = 0;
      this.#transfer(high, word);
    }
  }

  /**
   * Does what the control structure says, and clears its first word, or leaves the error in it. Not hot: it happens once
   * for each file, and addresses beyond 32 bits are boxed.
   */
  #transfer(high: number, low: number): void {
    const address = (high >>> 0) * 0x1_0000_0000 + (low >>> 0);
    if (this.#memory.read(address, this.#control, 0, DMA_CONTROL_SIZE) !== DmaStatus.ok) return;
    const good = this.#perform(this.#view.getInt32(0));
    this.#memory.store(address, 4, good ? 0 : bigEndian(Dma.ERROR));
  }

  /** What the control structure says; false is an error. */
  #perform(control: number): boolean {
    if ((control & Dma.SELECT) !== 0) this.#select((control >>> 16) & SELECTOR_MASK);
    if ((control & (Dma.READ | Dma.SKIP)) === 0) return (control & Dma.WRITE) === 0;
    const length = this.#view.getUint32(4);
    const target = this.#view.getUint32(8) * 0x1_0000_0000 + this.#view.getUint32(12);
    if ((control & Dma.READ) !== 0) return this.#copy(target, length);
    this.#at = Math.min(this.#item.length, this.#at + length);
    return true;
  }

  #copy(target: number, length: number): boolean {
    const item = this.#item;
    const have = Math.min(length, item.length - this.#at);
    if (length - have > SLACK) return false;
    if (have > 0 && this.#memory.write(target, item, this.#at, have) !== DmaStatus.ok) return false;
    this.#at += have;
    return length === have || this.#memory.write(target + have, this.#zeros, 0, length - have) === DmaStatus.ok;
  }
}

/** @hot */
function bigEndian(value: number): number {
  return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}
