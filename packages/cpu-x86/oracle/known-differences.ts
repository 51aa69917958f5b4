/**
 * Where iced-x86 and the tables differ although both are right: names and habits of notation. Each entry says why.
 * Differences of substance do not belong here.
 */

/** iced's mnemonic to ours. */
export const SAME_MNEMONIC: ReadonlyMap<string, string> = new Map([
  // The hint space: iced has a name of its own for hints without a meaning, the SDM calls them NOP.
  ['RESERVEDNOP', 'NOP'],
  // With REX.W the length registers are RAX and RDX; the SDM has one mnemonic for both.
  ['PCMPESTRI64', 'PCMPESTRI'], ['PCMPESTRM64', 'PCMPESTRM'], ['VPCMPESTRI64', 'VPCMPESTRI'], ['VPCMPESTRM64', 'VPCMPESTRM'],
]);

/** Rows whose register operand iced shows with the operand size although only 16 bits are used; the SDM says r/m16. */
export const REGISTER_SIZE_DIFFERENCES: ReadonlyMap<string, readonly number[]> = new Map([
  ['LLDT_Ew', [32, 64]], ['LTR_Ew', [32, 64]], ['VERR_Ew', [32, 64]], ['VERW_Ew', [32, 64]], ['LMSW_Ew', [32, 64]],
  ['ARPL_Ew_Gw', [32]],
]);

/** A difference in what the tables say of a form, with the reason why ours stands. */
export interface StaticDifference {
  readonly aspect: string;
  readonly rows: RegExp;
  readonly reason: string;
}

/** Differences of `static-facts.ts`. An entry that explains nothing any more fails the test. */
export const STATIC_DIFFERENCES: readonly StaticDifference[] = [
  { aspect: 'access 0', rows: /^CMOV/, reason: 'the 32-bit form clears the upper half of the register in either case; we state the access of the operand, not of the 64-bit register' },
  { aspect: 'access 0', rows: /^VP?MASKMOV(PS|PD|D|Q)_Mx/, reason: 'SDM "VMASKMOV": elements with a clear mask bit are not written' },
  { aspect: 'access 2', rows: /^VP?MASKMOV(PS|PD|D|Q)_Vx/, reason: 'SDM "VMASKMOV": elements with a clear mask bit are not read' },
  { aspect: 'access 0', rows: /^VP?GATHER/, reason: 'SDM "VGATHERDPS": elements with a clear mask bit keep their value' },
  { aspect: 'access 1', rows: /^VP?GATHER/, reason: 'SDM "VGATHERDPS": elements with a clear mask bit are not read' },
  { aspect: 'access 1', rows: /^FCMOV/, reason: 'SDM "FCMOVcc": an empty source is a stack underflow whatever the condition' },
  { aspect: 'access 1', rows: /^P(EXT|DEP)_/, reason: 'SDM "PDEP": the first source is an ordinary operand; which of its bits count is not an access' },
  ...['cleared', 'written'].map((aspect) => ({ aspect, rows: /^CLI$/, reason: 'SDM "CLI": with VME or PVI, VIF is cleared in the place of IF' })),
  ...['set', 'written'].map((aspect) => ({ aspect, rows: /^STI$/, reason: 'SDM "STI": with VME or PVI, VIF is set in the place of IF' })),
  ...['cleared', 'written'].map((aspect) => ({ aspect, rows: /^SAR_E[bv]_1$/, reason: 'SDM "SAL/SAR/SHL/SHR": a shift by one clears OF' })),
  ...['written', 'modified'].map((aspect) => ({ aspect, rows: /^INT/, reason: 'SDM "INT n": IF, TF, NT, AC, RF and VM may be cleared on the way through the gate' })),
  { aspect: 'cpl0', rows: /^VMCALL$/, reason: 'SDM "VMCALL": in VMX non-root operation it exits at every CPL' },
  { aspect: 'cpl0', rows: /^(MONITOR|MWAIT)$/, reason: 'SDM "MONITOR": #UD when CPL is not 0; what AMD lets a model-specific register relax is not covered' },
  { aspect: 'maybe cpl0', rows: /^(MONITOR|MWAIT)$/, reason: 'see above' },
  { aspect: 'maybe cpl0', rows: /^CPUID$/, reason: 'CPUID faulting is a platform feature (MSR), not a bit of CR4' },
  { aspect: 'v86 mode', rows: /^VMCALL$/, reason: 'SDM "VMCALL", Operation: the test for non-root operation comes before that of the mode' },
  { aspect: 'v86 mode', rows: /^(MONITOR|MWAIT)$/, reason: 'virtual-8086 mode runs at CPL 3' },
  { aspect: 'real mode', rows: /^SYSRET$/, reason: 'SDM "SYSRET": #UD in real-address mode' },
  { aspect: 'features', rows: /^PREFETCH_Mb_2$/, reason: 'without PREFETCHWT1 the encoding is an alias of PREFETCH' },
  { aspect: 'features', rows: /^SKINIT$/, reason: 'APM Vol. 3 "SKINIT": CPUID bit SKINIT' },
  { aspect: 'features', rows: /^PADDQ_Pq_Qq$/, reason: 'APM Vol. 5 "PADDQ" and the sibling PSUBQ: SSE2 brought the 64-bit additions to MMX registers' },
];
