/** Model-specific registers (Intel SDM vol. 4; vol. 3A, 11.11, 11.12). */
import type { QuadRegister } from '@polyvisor/core';
import { SEGMENT_AT, SEGMENT_OFFSETS } from '@polyvisor/core';
import type { ControlRegisters } from './control-registers.ts';
import { type Processor } from './processor.ts';
import { TimeStamp } from './time-stamp.ts';

export const Msr = {
  tsc: 0x10, platformId: 0x17, apicBase: 0x1b, featureControl: 0x3a, tscAdjust: 0x3b, microcode: 0x8b, mtrrCap: 0xfe, archCapabilities: 0x10a, sysenterCs: 0x174,
  sysenterEsp: 0x175, sysenterEip: 0x176, mcgCap: 0x179, mcgStatus: 0x17a, miscEnable: 0x1a0, mtrrPhysBase0: 0x200, pat: 0x277, mtrrDefType: 0x2ff,
  tscDeadline: 0x6e0, pkrs: 0x6e1, x2apic: 0x800, efer: 0xc000_0080, star: 0xc000_0081, lstar: 0xc000_0082, cstar: 0xc000_0083, sfmask: 0xc000_0084,
  fsBase: 0xc000_0100, gsBase: 0xc000_0101, kernelGsBase: 0xc000_0102, tscAux: 0xc000_0103,
} as const;

/** Ranges of the fixed MTRRs and the eight variable ones. */
const FIXED = [0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f];
const VARIABLE = 8;
const isMtrr = (index: number): boolean => FIXED.includes(index) || (index >= Msr.mtrrPhysBase0 && index < Msr.mtrrPhysBase0 + 2 * VARIABLE);
/** RDCL_NO, SKIP_L1DFL_VMENTRY, SSB_NO, MDS_NO, IF_PSCHANGE_MC_NO, TAA_NO, SBDR_SSDP_NO, FBSDP_NO, PSDP_NO, BHI_NO, PBRSB_NO, GDS_NO, RFDS_NO. */
const NOT_VULNERABLE = 0x0d10_e179;
/** Memory types that exist: UC, WC, WT, WP, WB; UC− in the PAT only. */
const isType = (type: number, pat: boolean): boolean => type === 0 || type === 1 || (type >= 4 && type <= 6) || (pat && type === 7);

/** Registers that are plain 64-bit fields; those with `canonical` take canonical addresses only. */
const PLAIN: ReadonlyMap<number, { readonly register: QuadRegister; readonly canonical?: true }> = new Map([
  [Msr.sysenterCs, { register: 'sysenterCs' }], [Msr.sysenterEsp, { register: 'sysenterEsp', canonical: true }],
  [Msr.sysenterEip, { register: 'sysenterEip', canonical: true }], [Msr.star, { register: 'star' }],
  [Msr.lstar, { register: 'lstar', canonical: true }], [Msr.cstar, { register: 'cstar', canonical: true }],
  [Msr.kernelGsBase, { register: 'kernelGsBase', canonical: true }],
]);
const isCanonical = (high: number): boolean => high >> 15 === 0 || high >> 15 === -1;

export class MsrBank {
  /** Values of the last read. */
  low = 0;
  high = 0;
  /** Registers without a place in the architectural state. */
  readonly others = new Map<number, bigint>();
  readonly time: TimeStamp;
  readonly #p: Processor;
  readonly #control: ControlRegisters;

  constructor(p: Processor, control: ControlRegisters) {
    this.#p = p;
    this.#control = control;
    this.time = new TimeStamp(p);
  }

  reset(): void {
    this.others.clear();
  }
  loadCr3(low: number): boolean {
    return this.#control.loadCr3(low);
  }

  /** False with #GP(0) recorded when there is no such register. */
  read(index: number): boolean {
    const { state } = this.#p, at = index >>> 0;
    const plain = PLAIN.get(at);
    if (plain !== undefined) return this.#give(state.low(plain.register), state.high(plain.register));
    switch (at) {
      case Msr.tsc: return this.#giveBig(this.time.now());
      case Msr.apicBase: return this.#give(state.low('apicBase'), state.high('apicBase'));
      case Msr.mtrrCap: return this.#give(0x500 | VARIABLE, 0);
      // Not vulnerable: nothing here runs ahead of the architecture (vol. 4, IA32_ARCH_CAPABILITIES).
      case Msr.archCapabilities: return this.#p.model.features.has('ARCH_CAPABILITIES') ? this.#give(NOT_VULNERABLE, 0) : this.#p.protection(0);
      case Msr.microcode: return this.#give(0, 1);
      case Msr.platformId: return this.#give(0, 0);
      // Performance monitoring and events off, fast strings on.
      case Msr.miscEnable: return this.#giveBig(this.others.get(at) ?? 1n);
      case Msr.mcgCap: case Msr.mcgStatus: case Msr.featureControl: return this.#give(at === Msr.featureControl ? 1 : 0, 0);
      case Msr.efer: return this.#give(state.low('efer'), state.high('efer'));
      case Msr.sfmask: return this.#give(state.low('sfmask'), 0);
      case Msr.pat: return this.#give(state.low('pat'), state.high('pat'));
      case Msr.mtrrDefType: return this.#give(state.low('mtrrDefType'), state.high('mtrrDefType'));
      case Msr.fsBase: return this.#giveBig(this.#p.segment('fs').base);
      case Msr.gsBase: return this.#giveBig(this.#p.segment('gs').base);
      case Msr.tscAux: return this.#p.model.features.has('RDTSCP') ? this.#give(state.low('tscAux'), 0) : this.#p.protection(0);
      case Msr.pkrs: return this.#p.model.features.has('PKS') ? this.#give(state.word('pkrs'), 0) : this.#p.protection(0);
      case Msr.tscAdjust: return this.#giveBig(state.get('tscOffset'));
      default: return isMtrr(at) ? this.#giveBig(this.others.get(at) ?? 0n) : this.#readDevice(at);
    }
  }

  write(index: number, low: number, high: number): boolean {
    const p = this.#p, { state } = p, at = index >>> 0;
    const plain = PLAIN.get(at);
    if (plain !== undefined) {
      if (plain.canonical === true && !isCanonical(high)) return p.protection(0);
      state.setHalves(plain.register, low, high);
      return true;
    }
    switch (at) {
      case Msr.tsc: this.time.set(low, high); return true;
      case Msr.tscAdjust:
        state.setHalves('tscOffset', low, high);
        this.time.tell();
        return true;
      case Msr.efer: return this.#control.setEfer(low, high);
      case Msr.pkrs: return this.#control.setPkrs(low, high);
      case Msr.sfmask: state.setHalves('sfmask', low, 0); return high === 0 || p.protection(0);
      case Msr.pat: return this.#setPat(low, high);
      case Msr.mtrrDefType: return this.#setDefaultType(low, high);
      case Msr.fsBase: return this.#setBase('fs', low, high);
      case Msr.gsBase: return this.#setBase('gs', low, high);
      case Msr.tscAux:
        if (high !== 0 || !p.model.features.has('RDTSCP')) return p.protection(0);
        state.setHalves('tscAux', low, 0);
        return true;
      case Msr.miscEnable: this.others.set(at, big(low, high)); return true;
      // Loading microcode does nothing; writing the signature prepares for reading it.
      case 0x79: case Msr.microcode: case Msr.mcgStatus: return true;
      case Msr.apicBase: return this.#setApicBase(low, high);
      default:
        if (!isMtrr(at)) return this.#writeDevice(at, low, high);
        this.others.set(at, big(low, high));
        return true;
    }
  }

  #give(low: number, high: number): true {
    this.low = low;
    this.high = high;
    return true;
  }
  #giveBig(value: bigint): true {
    return this.#give(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  }
  #setPat(low: number, high: number): boolean {
    for (let i = 0; i < 8; i++) if (!isType(((i < 4 ? low : high) >>> (8 * (i & 3))) & 0xff, true)) return this.#p.protection(0);
    this.#p.state.setHalves('pat', low, high);
    return true;
  }
  #setDefaultType(low: number, high: number): boolean {
    if (high !== 0 || (low & ~0xcff) !== 0 || !isType(low & 0xff, false)) return this.#p.protection(0);
    this.#p.state.setHalves('mtrrDefType', low, 0);
    return true;
  }
  #setBase(segment: 'fs' | 'gs', low: number, high: number): boolean {
    if (!isCanonical(high)) return this.#p.protection(0);
    const { view } = this.#p.state, at = SEGMENT_AT[segment] + SEGMENT_OFFSETS.base;
    view.setInt32(at, low, true);
    view.setInt32(at + 4, high, true);
    return true;
  }
  /** Bit 8 (bootstrap processor) is read-only; x2APIC mode needs the APIC enabled (vol. 3A, 11.12.1). */
  #setApicBase(low: number, high: number): boolean {
    const p = this.#p, x2apic = p.model.features.has('X2APIC') ? 0x400 : 0;
    const known = 0x800 | x2apic | (-4096 & 0xffff_f000) | 0x100;
    if ((low & ~known) !== 0 || high >>> (p.model.physicalBits - 32) !== 0 || (low & 0xc00) === 0x400) return p.protection(0);
    const old = p.state.low('apicBase');
    if ((old & 0xc00) === 0xc00 && (low & 0xc00) === 0x800) return p.protection(0);
    p.state.setHalves('apicBase', (low & ~0x100) | (old & 0x100), high);
    p.apics?.setBase(p.index, (low & ~0x100) | (old & 0x100), high);
    return true;
  }
  #readDevice(at: number): boolean {
    const { apics, index } = this.#p;
    return apics?.readMsr(index, at) === true ? this.#give(apics.low, apics.high) : this.#p.protection(0);
  }
  #writeDevice(at: number, low: number, high: number): boolean {
    return this.#p.apics?.writeMsr(this.#p.index, at, low, high) === true || this.#p.protection(0);
  }
}

const big = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
