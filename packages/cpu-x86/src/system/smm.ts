/**
 * System-management mode (Intel SDM vol. 3C, chapter 32): entry by SMI, the state save area, RSM. The layout is the one of
 * processors with 64-bit extensions as AMD defines it (APM vol. 2, 10.2.3, table 10-1), which QEMU and Bochs use too.
 */
import { InterruptShadow, type SegmentName } from '@polyvisor/core';
import { CR0, CR4, EFER, RFLAGS } from '../state/bits.ts';
import { Exception, Step, type Processor } from './processor.ts';
import { intercept } from './exits.ts';
import type { Instruction } from './instructions/instruction.ts';
import { retire } from './instructions/instruction.ts';

/** Offsets from SMBASE + 8000H. */
const SAVE = {
  segments: 0x7e00, rip: 0x7f78, rflags: 0x7f70, dr6: 0x7f68, dr7: 0x7f60, cr0: 0x7f58, cr3: 0x7f50, cr4: 0x7f48, efer: 0x7ed0,
  revision: 0x7efc, smbase: 0x7f00, ioRestart: 0x7ec8, autoHalt: 0x7ec9, registers: 0x7f80,
} as const;
/** Order of the segments in the area; descriptor tables stand between them. */
const SEGMENTS: readonly (SegmentName | 'gdtr' | 'idtr')[] = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'gdtr', 'ldtr', 'idtr', 'tr'];
/** RAX to RDI and R8 to R15 stand from the end backwards: RAX at 7FF8H, R15 at 7F80H. */
const ORDER = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const;
/** SMBASE can be moved; bit 17 of the revision says so. */
/** Bits 0 … 22 of CR4 and PKS. */
const CR4_LEGAL = 0x7f_ffff | CR4.PKS;
const REVISION = 0x2_0064, DEFAULT_BASE = 0x3_0000;
export const SMBASE_MSR = 0x9e;

const baseOf = (p: Processor): number => Number(p.msrs.others.get(SMBASE_MSR) ?? BigInt(DEFAULT_BASE));

function store(p: Processor, offset: number, value: bigint, size: 1 | 2 | 4 | 8 = 8): void {
  const at = baseOf(p) + 0x8000 + offset;
  for (let i = 0; i < size; i += 4) {
    const piece = Math.min(4, size - i) as 1 | 2 | 4;
    p.physical.store(at + i, piece, Number(BigInt.asIntN(32, value >> BigInt(8 * i))));
  }
}
function load(p: Processor, offset: number, size: 1 | 2 | 4 | 8 = 8): bigint {
  const at = baseOf(p) + 0x8000 + offset;
  const low = BigInt(p.physical.load(at, size === 8 ? 4 : size) >>> 0);
  const masked = size === 1 ? low & 0xffn : size === 2 ? low & 0xffffn : low;
  return size === 8 ? masked | (BigInt(p.physical.load(at + 4, 4) >>> 0) << 32n) : masked;
}

/** Enters system-management mode. */
export function enterSmm(p: Processor, halted: boolean): void {
  const { state } = p;
  SEGMENTS.forEach((name, i) => {
    const at = SAVE.segments + 16 * i;
    if (name === 'gdtr' || name === 'idtr') {
      store(p, at + 4, BigInt(state.word(name === 'gdtr' ? 'gdtrLimit' : 'idtrLimit')), 4);
      store(p, at + 8, state.get(name === 'gdtr' ? 'gdtrBase' : 'idtrBase'));
      return;
    }
    const segment = p.segment(name);
    store(p, at, BigInt(segment.selector), 2);
    // Bits 8–11 of the attributes are AVL, L, D/B and G; bit 15 marks an unusable segment here.
    store(p, at + 2, BigInt((segment.rights & 0xff) | ((segment.rights & 0xf000) >> 4) | ((segment.rights & 0x1_0000) >> 1)), 2);
    store(p, at + 4, BigInt(segment.limit), 4);
    store(p, at + 8, segment.base);
  });
  for (const name of ['rip', 'rflags', 'dr6', 'dr7', 'cr0', 'cr3', 'cr4', 'efer'] as const) store(p, SAVE[name], state.get(name));
  ORDER.forEach((name, i) => store(p, 0x7ff8 - 8 * i, state.get(name)));
  store(p, SAVE.revision, BigInt(REVISION), 4);
  store(p, SAVE.smbase, BigInt(baseOf(p)), 4);
  store(p, SAVE.autoHalt, halted ? 1n : 0n, 1);
  store(p, SAVE.ioRestart, 0n, 1);

  state.setWord('interruptShadow', InterruptShadow.smi | InterruptShadow.nmi);
  state.setHalves('cr0', state.low('cr0') & ~(CR0.PE | CR0.EM | CR0.TS | CR0.PG), 0);
  state.setHalves('cr4', 0, 0);
  state.setHalves('efer', 0, 0);
  state.setHalves('dr7', 0x400, 0);
  p.flags = RFLAGS.one;
  p.cpl = 0;
  p.rip = 0x8000;
  for (const name of ['es', 'ss', 'ds', 'fs', 'gs'] as const) state.setSegment(name, { selector: 0, rights: 0x8093, limit: 0xffff_ffff, base: 0n });
  const base = baseOf(p);
  state.setSegment('cs', { selector: (base >>> 4) & 0xffff, rights: 0x8093, limit: 0xffff_ffff, base: BigInt(base) });
  p.translation.forgetAll();
}

/** RSM: back to where the SMI came; #UD outside system-management mode. */
export const resumeFromSmm: Instruction = (p, d) => {
  const { state } = p;
  if ((state.word('interruptShadow') & InterruptShadow.smi) === 0) return retire(p.fault(Exception.invalidOpcode));
  if (p.control.intercepts('rsm')) return intercept(p, d.length, { what: 'rsm' });
  const values = Object.fromEntries((['rip', 'rflags', 'dr6', 'dr7', 'cr0', 'cr3', 'cr4', 'efer'] as const).map((name) => [name, load(p, SAVE[name])]));
  const cr0 = Number(BigInt.asIntN(32, values['cr0'] ?? 0n)), cr4 = Number(BigInt.asIntN(32, values['cr4'] ?? 0n));
  // Illegal combinations shut the processor down (vol. 3C, 32.5).
  const illegal = ((cr0 & CR0.PG) !== 0 && (cr0 & CR0.PE) === 0) || (cr4 & ~CR4_LEGAL) !== 0;
  if (illegal) return p.shutDown();
  for (const [name, value] of Object.entries(values)) state.set(name as 'rip', value);
  ORDER.forEach((name, i) => state.set(name, load(p, 0x7ff8 - 8 * i)));
  SEGMENTS.forEach((name, i) => {
    const at = SAVE.segments + 16 * i;
    const base = load(p, at + 8), limit = Number(load(p, at + 4, 4));
    if (name === 'gdtr' || name === 'idtr') {
      state.set(name === 'gdtr' ? 'gdtrBase' : 'idtrBase', base);
      state.setWord(name === 'gdtr' ? 'gdtrLimit' : 'idtrLimit', limit);
      return;
    }
    const attributes = Number(load(p, at + 2, 2));
    const rights = (attributes & 0xff) | ((attributes & 0xf00) << 4) | ((attributes & 0x8000) << 1);
    state.setSegment(name, { selector: Number(load(p, at, 2)), rights, limit, base });
  });
  const efer = Number(BigInt.asIntN(32, values['efer'] ?? 0n));
  if ((cr0 & CR0.PE) === 0) p.cpl = 0;
  else p.cpl = (p.flags & RFLAGS.VM) !== 0 ? 3 : (p.segment('ss').rights >> 5) & 3;
  if ((efer & EFER.LMA) === 0 && (cr4 & CR4.PAE) !== 0 && (cr0 & CR0.PG) !== 0) p.msrs.loadCr3(state.low('cr3'));
  p.msrs.others.set(SMBASE_MSR, load(p, SAVE.smbase, 4));
  state.setWord('interruptShadow', 0);
  if (load(p, SAVE.autoHalt, 1) !== 0n) state.setWord('activity', 1);
  p.translation.forgetAll();
  return Step.jump;
};

export const inSmm = (p: Processor): boolean => (p.shadow & InterruptShadow.smi) !== 0;
