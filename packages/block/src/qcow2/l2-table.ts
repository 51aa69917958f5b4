import { viewOf } from './format.ts';

/** An L2 table in memory. Who holds one over an `await` and changes it afterwards pins it. */
export class L2Table {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where it is in the file. */
  offset: number;
  /** The L1 table on disk refers to it, so that its entries may not be written before what they refer to. */
  attached: boolean;
  /** The changed bytes. */
  dirtyFrom = Infinity;
  dirtyTo = 0;
  pins = 0;
  /** Looked at since the last eviction came by. */
  used = true;

  constructor(bytes: Uint8Array, offset: number, attached: boolean) {
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.offset = offset;
    this.attached = attached;
  }

  get dirty(): boolean {
    return this.dirtyTo > 0;
  }

  markAll(): void {
    this.dirtyFrom = 0;
    this.dirtyTo = this.bytes.length;
  }

  mark(from: number, to: number): void {
    if (from < this.dirtyFrom) this.dirtyFrom = from;
    if (to > this.dirtyTo) this.dirtyTo = to;
  }
}
