/**
 * A stand-in for an MMU: linear addresses are guest-physical addresses, and everything that is mapped may be accessed
 * by user code. For tests and benchmarks of the engine with one processor.
 */
import {
  Access, FillStatus, FRAME_SHIFT, FRAME_SIZE, MMU_OFFSETS, TLB_ENTRIES, TLB_ENTRY_SIZE, TLB_OFFSETS,
  type AddressSpace, type Host, type HostOffset,
} from '@polyvisor/core';
import type { EngineMmu } from './engine.ts';

/** Bits of a page fault's error code (Intel SDM vol. 3A, 4.7). */
const PF = { present: 1, write: 2, user: 4, fetch: 16 } as const;
const TAG = 1;

export class FlatTranslation implements EngineMmu {
  readonly #host: Host;
  readonly #space: AddressSpace;
  #tlb = 0;

  constructor(host: Host, space: AddressSpace) {
    this.#host = host;
    this.#space = space;
  }

  attach(_cpu: number, state: HostOffset): void {
    const { view, bytes } = this.#host;
    this.#tlb = this.#host.reserve(TLB_ENTRIES * TLB_ENTRY_SIZE, 64, 'flat translation');
    // Tags of all ones never compare equal.
    bytes.fill(0xff, this.#tlb, this.#tlb + TLB_ENTRIES * TLB_ENTRY_SIZE);
    view.setInt32(state + MMU_OFFSETS.tlb, this.#tlb, true);
    for (const tag of ['tagUser', 'tagSupervisor', 'tagSupervisorAc'] as const) view.setInt32(state + MMU_OFFSETS[tag], TAG, true);
  }

  imports(): { fill: (state: number, low: number, high: number, access: number) => number } {
    return { fill: (state, low, high, access) => this.#fill(state, low, high, access) };
  }

  #fill(state: number, low: number, high: number, access: number): number {
    const { view } = this.#host;
    const physical = (high >>> 0) * 0x1_0000_0000 + (low >>> 0);
    const at = high < 0 ? -1 : this.#space.translate(physical, access);
    if (at < 0) {
      const present = high >= 0 && this.#space.translate(physical, Access.read) >= 0 ? PF.present : 0;
      const kind = access === Access.write ? PF.write : access === Access.execute ? PF.fetch : 0;
      view.setInt32(state + MMU_OFFSETS.errorCode, PF.user | present | kind, true);
      view.setInt32(state + MMU_OFFSETS.linear, low, true);
      view.setInt32(state + MMU_OFFSETS.linear + 4, high, true);
      return FillStatus.pageFault;
    }
    view.setInt32(state + MMU_OFFSETS.host, at, true);
    const entry = this.#tlb + ((low >>> FRAME_SHIFT) & (TLB_ENTRIES - 1)) * TLB_ENTRY_SIZE;
    const tag = (low & -FRAME_SIZE) | TAG;
    const same = view.getInt32(entry + TLB_OFFSETS.readTag, true) === tag && view.getInt32(entry + TLB_OFFSETS.readTag + 4, true) === high;
    if (!same) for (const field of [TLB_OFFSETS.writeTag, TLB_OFFSETS.fetchTag]) view.setBigInt64(entry + field, -1n, true);
    view.setInt32(entry + TLB_OFFSETS.addend, ((at & -FRAME_SIZE) - (low & -FRAME_SIZE)) | 0, true);
    // What can be fetched or written can be read.
    this.#tag(entry + TLB_OFFSETS.readTag, tag, high);
    if (access === Access.execute) this.#tag(entry + TLB_OFFSETS.fetchTag, tag, high);
    if (access !== Access.write) return FillStatus.ok;
    if (this.#host.code.marked(at >>> FRAME_SHIFT)) return FillStatus.code;
    this.#tag(entry + TLB_OFFSETS.writeTag, tag, high);
    return FillStatus.ok;
  }

  #tag(at: number, low: number, high: number): void {
    this.#host.view.setInt32(at, low, true);
    this.#host.view.setInt32(at + 4, high, true);
  }
}
