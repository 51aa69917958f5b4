/**
 * A stand-in for an MMU: linear addresses are guest-physical addresses, and everything that is mapped may be accessed
 * by user code. For tests and benchmarks of the engine.
 */
import { Access, FRAME_SHIFT, FRAME_SIZE, TLB_ENTRIES, TLB_ENTRY_SIZE, TLB_OFFSETS, type AddressSpace, type Host } from '@polyvisor/core';
import { Vector } from '../meaning/context.ts';
import { ENGINE, TLB_AT } from '../state/engine-layout.ts';
import type { DecodeCache } from './decode-cache.ts';

/** Bits of a page fault's error code (Intel SDM vol. 3A, 4.7). */
const PF = { present: 1, write: 2, user: 4, fetch: 16 } as const;

export class FlatTranslation {
  readonly #host: Host;
  readonly #space: AddressSpace;
  #code: DecodeCache | undefined;

  constructor(host: Host, space: AddressSpace) {
    this.#host = host;
    this.#space = space;
  }

  /** Who must hear of writes to code. */
  attach(code: DecodeCache): void {
    this.#code = code;
  }

  imports(): { fill: (state: number, low: number, high: number, access: number) => number } {
    return { fill: (state, low, high, access) => this.#fill(state, low, high, access) };
  }

  #fill(state: number, low: number, high: number, access: number): number {
    const { view } = this.#host;
    const top = high >> 15;
    if (top !== 0 && top !== -1) return this.#fault(state, low, high, Vector.protection, 0);
    const physical = (high >>> 0) * 0x1_0000_0000 + (low >>> 0);
    const at = high < 0 ? -1 : this.#space.translate(physical, access);
    if (at < 0) {
      const present = high >= 0 && this.#space.translate(physical, Access.read) >= 0 ? PF.present : 0;
      const kind = access === Access.write ? PF.write : access === Access.execute ? PF.fetch : 0;
      return this.#fault(state, low, high, Vector.pageFault, PF.user | present | kind);
    }
    const entry = state + TLB_AT + ((low >>> FRAME_SHIFT) & (TLB_ENTRIES - 1)) * TLB_ENTRY_SIZE;
    const tag = (low & -FRAME_SIZE) | view.getInt32(state + ENGINE.tlbTag, true);
    const addend = ((at & -FRAME_SIZE) - (low & -FRAME_SIZE)) | 0;
    const same = view.getInt32(entry + TLB_OFFSETS.readTag, true) === tag && view.getInt32(entry + TLB_OFFSETS.readTag + 4, true) === high;
    if (!same) for (const field of [TLB_OFFSETS.writeTag, TLB_OFFSETS.fetchTag]) view.setBigInt64(entry + field, -1n, true);
    view.setInt32(entry + TLB_OFFSETS.addend, addend, true);
    // What can be fetched or written can be read.
    this.#tag(entry + TLB_OFFSETS.readTag, tag, high);
    if (access === Access.execute) this.#tag(entry + TLB_OFFSETS.fetchTag, tag, high);
    if (access === Access.write) {
      this.#code?.invalidate(at >>> FRAME_SHIFT);
      this.#tag(entry + TLB_OFFSETS.writeTag, tag, high);
    }
    return 0;
  }

  #tag(at: number, low: number, high: number): void {
    this.#host.view.setInt32(at, low, true);
    this.#host.view.setInt32(at + 4, high, true);
  }

  #fault(state: number, low: number, high: number, vector: number, code: number): number {
    const { view } = this.#host;
    view.setInt32(state + ENGINE.faultVector, vector, true);
    view.setInt32(state + ENGINE.faultCode, code, true);
    view.setInt32(state + ENGINE.faultLinear, low, true);
    view.setInt32(state + ENGINE.faultLinear + 4, high, true);
    return vector;
  }
}
