/** Guest memory by linear address, for what TypeScript executes. */
import {
  Access, FillAccess, FillStatus, FRAME_SHIFT, MMU_OFFSETS, TLB_ENTRIES, TLB_ENTRY_SIZE, TLB_OFFSETS, TlbTag, WORD_OFFSETS, type IoAccess,
} from '@polyvisor/core';
import type { Engine } from '../engine/engine.ts';
import { ENGINE, NESTED_FAULT, NOT_CANONICAL } from '../state/engine-layout.ts';

/** An access by the processor for itself: to descriptor tables and task state. Supervisor at every CPL. */
export const SYSTEM_READ = Access.read | FillAccess.implicit, SYSTEM_WRITE = Access.write | FillAccess.implicit;

const FAULT = -1, DEVICE = -2;

/**
 * Loads and stores give false when an exception is due, which is then recorded in the vCPU's block. Linear addresses are
 * numbers, signed in 64-bit mode. A loaded value stands in `low` and `high`, zero-extended, as signed halves.
 */
export class LinearMemory {
  low = 0;
  high = 0;
  readonly #engine: Engine;
  readonly #io: IoAccess;

  constructor(engine: Engine, io: IoAccess) {
    this.#engine = engine;
    this.#io = io;
  }

  load(linear: number, size: 1 | 2 | 4 | 8, access: number = Access.read): boolean {
    if ((linear & 4095) + size > 4096) return this.#loadAcross(linear, size, access);
    const at = this.#translate(linear, access, size);
    if (at === FAULT) return false;
    if (at === DEVICE) {
      this.#loadDevice(size);
      return true;
    }
    this.#watch(linear, size, access);
    const { view } = this.#engine.host;
    this.high = size === 8 ? view.getInt32(at + 4, true) : 0;
    this.low = size >= 4 ? view.getInt32(at, true) : size === 2 ? view.getUint16(at, true) : view.getUint8(at);
    return true;
  }

  store(linear: number, size: 1 | 2 | 4 | 8, low: number, high = 0, access: number = Access.write): boolean {
    if ((linear & 4095) + size > 4096) return this.#storeAcross(linear, size, low, high, access);
    const at = this.#translate(linear, access, size);
    if (at === FAULT) return false;
    if (at === DEVICE) {
      this.#storeDevice(size, low, high);
      return true;
    }
    this.#watch(linear, size, access);
    this.#put(at, size, low, high);
    return true;
  }

  /** Data breakpoints cover what an instruction accesses, not what the processor looks up. */
  #watch(linear: number, size: number, access: number): void {
    const { words } = this.#engine.host;
    if (words[(this.#engine.block + ENGINE.watch) >> 2] === 0 || (access & FillAccess.implicit) !== 0) return;
    this.#engine.watch(linear | 0, Math.floor(linear / 2 ** 32) | 0, size, access);
  }
  /** All bytes of an access must be canonical, and that comes before any page. */
  #canonical(linear: number): boolean {
    const top = (Math.floor(linear / 2 ** 32) | 0) >> 15;
    return top === 0 || top === -1 || this.#fault(NOT_CANONICAL, 0) !== FAULT;
  }

  /** Whether a range of less than 4 KiB can be accessed. */
  probe(linear: number, length: number, access: number): boolean {
    if (this.#translate(linear, access) === FAULT) return false;
    return (linear & 4095) + length <= 4096 || this.#translate(linear + length - 1, access) !== FAULT;
  }

  /** Signed low half, then high half, as a number: for canonical addresses. */
  get address(): number {
    return this.high * 2 ** 32 + (this.low >>> 0);
  }

  #put(at: number, size: number, low: number, high: number): void {
    const { view, code } = this.#engine.host;
    if (code.marked(at >>> FRAME_SHIFT)) this.#engine.codeWritten(at, size);
    if (size >= 4) view.setInt32(at, low, true);
    else if (size === 2) view.setInt16(at, low, true);
    else view.setInt8(at, low);
    if (size === 8) view.setInt32(at + 4, high, true);
  }

  #loadAcross(linear: number, size: number, access: number): boolean {
    if ((access & FillAccess.implicit) === 0 && !this.#aligned(linear, size)) return this.#fault(17, 0) !== FAULT;
    if (!this.#canonical(linear + size - 1) || !this.probe(linear, size, access)) return false;
    const halves = [0, 0];
    for (let i = 0; i < size; i++) {
      this.load(linear + i, 1, access);
      halves[i >> 2]! |= this.low << (8 * (i & 3));
    }
    [this.low, this.high] = halves as [number, number];
    return true;
  }

  #storeAcross(linear: number, size: number, low: number, high: number, access: number): boolean {
    if ((access & FillAccess.implicit) === 0 && !this.#aligned(linear, size)) return this.#fault(17, 0) !== FAULT;
    if (!this.#canonical(linear + size - 1) || !this.probe(linear, size, access)) return false;
    for (let i = 0; i < size; i++) this.store(linear + i, 1, ((i < 4 ? low : high) >> (8 * (i & 3))) & 0xff, 0, access);
    return true;
  }

  #translate(linear: number, access: number, size = 1): number {
    const { view } = this.#engine.host, { block } = this.#engine;
    if ((access & FillAccess.implicit) === 0 && !this.#aligned(linear, size)) return this.#fault(17, 0);
    const low = linear | 0, high = Math.floor(linear / 2 ** 32) | 0, top = high >> 15;
    const { words } = this.#engine.host;
    const entry = (words[(block + MMU_OFFSETS.tlb) >> 2]! >>> 2) + ((low >>> FRAME_SHIFT) & (TLB_ENTRIES - 1)) * (TLB_ENTRY_SIZE / 4);
    const field = entry + ((access & Access.write) !== 0 ? TLB_OFFSETS.writeTag : TLB_OFFSETS.readTag) / 4;
    if (words[field] === ((low & -4096) | this.#tag(access)) && words[field + 1] === high) return (low + words[entry + TLB_OFFSETS.addend / 4]!) >>> 0;
    if (top !== 0 && top !== -1) return this.#fault(NOT_CANONICAL, 0);
    switch (this.#engine.fill(block, low, high, access)) {
      case FillStatus.ok: case FillStatus.code: return view.getInt32(block + MMU_OFFSETS.host, true) >>> 0;
      case FillStatus.mmio: return DEVICE;
      case FillStatus.nestedFault: return this.#fault(NESTED_FAULT, 0);
      default:
        view.setInt32(block + ENGINE.faultLinear, view.getInt32(block + MMU_OFFSETS.linear, true), true);
        view.setInt32(block + ENGINE.faultLinear + 4, view.getInt32(block + MMU_OFFSETS.linear + 4, true), true);
        return this.#fault(14, view.getInt32(block + MMU_OFFSETS.errorCode, true));
    }
  }

  /** #AC for what is checked at CPL 3; whatever crosses a page was not aligned. */
  #aligned(linear: number, size: number): boolean {
    const { words } = this.#engine.host;
    const at = this.#engine.block >> 2, checked = words[at + (ENGINE.alignment >> 2)] !== 0 && words[at + (WORD_OFFSETS.cpl >> 2)] === 3;
    return !checked || (linear & (size - 1)) === 0;
  }

  /** The tag that entries of this kind of access have. */
  #tag(access: number): number {
    const { words } = this.#engine.host, at = this.#engine.block >> 2;
    if (words[at + (ENGINE.watch >> 2)] !== 0) return TlbTag.none;
    if ((access & FillAccess.implicit) === 0) return this.#engine.currentTag();
    // Supervisor at every CPL, and SMAP whatever AC is.
    return words[at + (MMU_OFFSETS.tagSupervisor >> 2)]!;
  }

  #fault(vector: number, code: number): number {
    const { view } = this.#engine.host, { block } = this.#engine;
    view.setInt32(block + ENGINE.faultVector, vector, true);
    view.setInt32(block + ENGINE.faultCode, code, true);
    return FAULT;
  }

  get #gpa(): number {
    const { view } = this.#engine.host, at = this.#engine.block + MMU_OFFSETS.gpa;
    return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  }
  #loadDevice(size: 1 | 2 | 4 | 8): void {
    const gpa = this.#gpa;
    const mask = size === 1 ? 0xff : size === 2 ? 0xffff : -1;
    this.low = this.#io.mmioRead(gpa, size === 8 ? 4 : size) & mask;
    this.high = size === 8 ? this.#io.mmioRead(gpa + 4, 4) : 0;
  }
  #storeDevice(size: 1 | 2 | 4 | 8, low: number, high: number): void {
    const gpa = this.#gpa;
    this.#io.mmioWrite(gpa, size === 8 ? 4 : size, low);
    if (size === 8) this.#io.mmioWrite(gpa + 4, 4, high);
  }
}
