import { COPIED, OFFSET_HIGH, OFFSET_LOW, entryOffset, viewOf } from './format.ts';

/** An L1 table: where the L2 tables are, and which of them belong to this table alone. */
export class L1Table {
  readonly length: number;
  /** 0: there is none. */
  readonly offsets: Float64Array;
  readonly copied: Uint8Array;
  readonly dirty = new Set<number>();

  constructor(length: number) {
    this.length = length;
    this.offsets = new Float64Array(length);
    this.copied = new Uint8Array(length);
  }

  static decode(bytes: Uint8Array): L1Table {
    const table = new L1Table(bytes.length / 8);
    const view = viewOf(bytes);
    for (let i = 0; i < table.length; i++) {
      const high = view.getUint32(8 * i);
      table.offsets[i] = entryOffset(high, view.getUint32(8 * i + 4));
      table.copied[i] = (high & COPIED) === 0 ? 0 : 1;
    }
    return table;
  }

  set(index: number, offset: number): void {
    this.offsets[index] = offset;
    this.copied[index] = 1;
    this.dirty.add(index);
  }

  /** The entries from `from` on, as they are in a file. */
  encode(from: number, to: number): Uint8Array {
    const bytes = new Uint8Array((to - from) * 8);
    const view = viewOf(bytes);
    for (let i = from; i < to; i++) {
      const offset = this.offsets[i]!;
      const flag = this.copied[i] === 1 ? COPIED : 0;
      view.setUint32(8 * (i - from), ((Math.floor(offset / 2 ** 32) & OFFSET_HIGH) | flag) >>> 0);
      view.setUint32(8 * (i - from) + 4, (offset & OFFSET_LOW) >>> 0);
    }
    return bytes;
  }
}
