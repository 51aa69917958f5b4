/** Control registers and EFER: which values are legal, and what follows from a change (Intel SDM vol. 3A, 2.5, 4.1, 4.10). */
import { FillStatus } from '@polyvisor/core';
import { CR0, CR4, EFER, SEGMENT_RIGHTS as RIGHTS } from '../state/bits.ts';
import { supportedXcr0 } from '../cpuid/cpuid.ts';
import type { Processor } from './processor.ts';
import type { Translation } from './translation.ts';

const CR0_KNOWN = CR0.PE | CR0.MP | CR0.EM | CR0.TS | CR0.ET | CR0.NE | CR0.WP | CR0.AM | CR0.NW | CR0.CD | CR0.PG;
/** Feature that each bit of CR4 needs. */
const CR4_FEATURES: readonly (readonly [number, string])[] = [
  [CR4.VME | CR4.PVI, 'VME'], [CR4.TSD, 'TSC'], [CR4.DE, 'DE'], [CR4.PSE, 'PSE'], [CR4.PAE, 'PAE'], [CR4.MCE, 'MCE'], [CR4.PGE, 'PGE'],
  [CR4.OSFXSR | CR4.OSXMMEXCPT, 'FXSR'], [CR4.UMIP, 'UMIP'], [CR4.FSGSBASE, 'FSGSBASE'], [CR4.PCIDE, 'PCID'],
  [CR4.OSXSAVE, 'XSAVE'], [CR4.SMEP, 'SMEP'], [CR4.SMAP, 'SMAP'], [CR4.PKE, 'PKU'], [CR4.PKS, 'PKS'], [CR4.PCE, 'MSR'],
];

/** Each setter gives false with #GP(0) recorded, or true when the register has its value. */
export class ControlRegisters {
  readonly #p: Processor;
  readonly #translation: Translation;
  readonly #cr4Known: number;
  readonly #xcr0Known: number;

  constructor(p: Processor, translation: Translation) {
    this.#p = p;
    this.#translation = translation;
    this.#cr4Known = CR4_FEATURES.reduce((mask, [bits, feature]) => (p.model.features.has(feature) ? mask | bits : mask), 0);
    this.#xcr0Known = supportedXcr0(p.model);
  }

  setCr0(low: number, high = 0): boolean {
    const p = this.#p, { state } = p, old = state.low('cr0');
    const value = (low & CR0_KNOWN) | CR0.ET;
    const paging = (value & CR0.PG) !== 0, was = (old & CR0.PG) !== 0;
    const lme = (state.low('efer') & EFER.LME) !== 0, pae = (state.low('cr4') & CR4.PAE) !== 0;
    const bad = high !== 0
      || (paging && (value & CR0.PE) === 0)
      || ((value & CR0.NW) !== 0 && (value & CR0.CD) === 0)
      || (paging && !was && lme && (!pae || (p.segment('cs').rights & RIGHTS.long) !== 0))
      || (!paging && was && ((state.low('cr4') & CR4.PCIDE) !== 0 || p.code64));
    if (bad) return p.protection(0);
    if (paging && !was && pae && !lme && !this.#loadPdptes(state.low('cr3'))) return false;
    state.setHalves('cr0', value, 0);
    if (paging !== was) {
      const efer = state.low('efer');
      state.setHalves('efer', paging && lme ? efer | EFER.LMA : efer & ~EFER.LMA, 0);
    }
    if ((value & CR0.PE) === 0) p.cpl = 0;
    if (((value ^ old) & (CR0.PG | CR0.WP | CR0.PE)) !== 0) this.#translation.forgetAll();
    return true;
  }

  /** MOV to CR3. Bit 63 with PCIDs: what is known of the context stays. */
  setCr3(low: number, high: number): boolean {
    const p = this.#p, { state } = p;
    const pcids = (state.low('cr4') & CR4.PCIDE) !== 0;
    let top = high;
    if (p.longMode) {
      if (pcids) top &= 0x7fff_ffff;
      if (top >>> (p.model.physicalBits - 32) !== 0) return p.protection(0);
    } else if ((state.low('cr4') & CR4.PAE) !== 0 && (state.low('cr0') & CR0.PG) !== 0 && !this.#loadPdptes(low)) return false;
    state.setHalves('cr3', low, p.longMode ? top : 0);
    this.#translation.use(pcids ? low & 0xfff : 0, pcids && high < 0);
    return true;
  }
  /** A task switch loads CR3 in its own way: no bit is reserved in legacy modes. */
  loadCr3(low: number): boolean {
    return this.setCr3(low, 0);
  }

  setCr4(low: number, high = 0): boolean {
    const p = this.#p, { state } = p, old = state.low('cr4'), change = low ^ old;
    const bad = high !== 0 || (low & ~this.#cr4Known) !== 0
      || (p.longMode && (low & CR4.PAE) === 0)
      || ((change & low & CR4.PCIDE) !== 0 && (!p.longMode || (state.low('cr3') & 0xfff) !== 0));
    if (bad) return p.protection(0);
    const paging = (state.low('cr0') & CR0.PG) !== 0 && (low & CR4.PAE) !== 0 && !p.longMode;
    const loads = CR4.PAE | CR4.PGE | CR4.PSE | CR4.SMEP;
    if (paging && (change & loads) !== 0 && !this.#loadPdptes(state.low('cr3'))) return false;
    state.setHalves('cr4', low, 0);
    const affecting = loads | CR4.SMAP | CR4.PKE | CR4.PKS | CR4.PCIDE | CR4.LA57;
    if ((change & affecting) !== 0) this.#translation.forgetAll();
    return true;
  }

  setEfer(low: number, high: number): boolean {
    const p = this.#p, { state } = p, old = state.low('efer');
    const { features } = p.model;
    const known = (features.has('SYSCALL') ? EFER.SCE : 0) | (features.has('X64') ? EFER.LME | EFER.LMA : 0) | (features.has('NX') ? EFER.NXE : 0);
    const paging = (state.low('cr0') & CR0.PG) !== 0;
    if (high !== 0 || (low & ~known) !== 0 || (((low ^ old) & EFER.LME) !== 0 && paging)) return p.protection(0);
    state.setHalves('efer', (low & ~EFER.LMA) | (old & EFER.LMA), 0);
    if (((low ^ old) & EFER.NXE) !== 0) this.#translation.forgetAll();
    return true;
  }

  /** IA32_PKRS. What the TLB holds was allowed by the old value. */
  setPkrs(low: number, high: number): boolean {
    const p = this.#p;
    if (high !== 0 || !p.model.features.has('PKS')) return p.protection(0);
    if (p.state.word('pkrs') !== low) this.#translation.forgetAll();
    p.state.setWord('pkrs', low);
    return true;
  }

  setXcr0(low: number, high: number): boolean {
    const bad = high !== 0 || (low & ~this.#xcr0Known) !== 0 || (low & 1) === 0 || (low & 6) === 4;
    if (bad) return this.#p.protection(0);
    this.#p.state.setHalves('xcr0', low, 0);
    return true;
  }

  /** In PAE paging the four page-directory pointers are registers. */
  #loadPdptes(cr3: number): boolean {
    const p = this.#p, { engine } = p;
    const load = engine.mmu['loadPdptes'] as ((state: number, low: number, high: number) => number) | undefined;
    const status = load?.(engine.block, cr3, 0) ?? FillStatus.ok;
    return status === FillStatus.ok || p.protection(0);
  }
}
