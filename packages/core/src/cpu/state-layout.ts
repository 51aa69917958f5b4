/**
 * Layout of a vCPU's architectural state in the Host's memory, the one table from which engines, MMUs, backends and
 * tests take their offsets. Fields are little-endian and naturally aligned. Sources: Intel SDM vol. 1 §3.4, §8.1,
 * §10.2; vol. 3A §2.4–2.8; vol. 3C §25.4.1 (segment access rights).
 */

/** `[offset, size]` in bytes. */
export type Field = readonly [offset: number, size: 1 | 2 | 4 | 8 | 16 | 32];

const gpr = [
  'rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15',
] as const;
export type GeneralRegister = (typeof gpr)[number];
export const GENERAL_REGISTERS: readonly GeneralRegister[] = gpr;

/** Segment registers by their encoding (0–5), then LDTR and TR. */
const segments = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'] as const;
export type SegmentName = (typeof segments)[number];
export const SEGMENTS: readonly SegmentName[] = segments;

const quads = [
  'rip', 'rflags', 'cr0', 'cr2', 'cr3', 'cr4', 'cr8', 'xcr0',
  'dr0', 'dr1', 'dr2', 'dr3', 'dr6', 'dr7',
  'efer', 'star', 'lstar', 'cstar', 'sfmask', 'kernelGsBase', 'sysenterCs', 'sysenterEsp', 'sysenterEip',
  'pat', 'apicBase', 'tscOffset', 'tscAux', 'mtrrDefType', 'gdtrBase', 'idtrBase',
  // The page-directory-pointer registers of PAE paging, which MOV to CR3 loads (Intel SDM vol. 3A §4.4.1).
  'pdpte0', 'pdpte1', 'pdpte2', 'pdpte3',
] as const;
const words = ['gdtrLimit', 'idtrLimit', 'cpl', 'interruptShadow', 'activity', 'mxcsr', 'pkru', 'pkrs'] as const;

export type QuadRegister = GeneralRegister | (typeof quads)[number];
export type WordRegister = (typeof words)[number];

/** Values of `activity` (as the VMX guest activity state, Intel SDM vol. 3C §25.4.2, plus `smm` kept elsewhere). */
export const Activity = { active: 0, halted: 1, shutdown: 2, waitForSipi: 3 } as const;
/** Bits of `interruptShadow` (Intel SDM vol. 3C §25.4.2, interruptibility state). */
export const InterruptShadow = { sti: 1, movSs: 2, smi: 4, nmi: 8 } as const;

/** A segment register: selector (2 bytes), padding, access rights (4), limit in bytes (4), padding, base (8). */
export const SEGMENT_SIZE = 24;
export const SEGMENT_OFFSETS = { selector: 0, rights: 4, limit: 8, base: 16 } as const;

const QUADS_AT = 0;
const WORDS_AT = QUADS_AT + 8 * (gpr.length + quads.length);
const SEGMENTS_AT = align(WORDS_AT + 4 * words.length, 8);
const X87_AT = align(SEGMENTS_AT + SEGMENT_SIZE * segments.length, 16);
/** x87 registers in physical order, 16 bytes apart: 64-bit significand, then sign and exponent. */
export const X87_REGISTERS_AT = X87_AT;
export const X87_CONTROL_AT = X87_AT + 8 * 16;
/** FCW, FSW, abridged tag (bit set: not empty), FOP as 16-bit words, then FIP and FDP as 64-bit. */
export const X87_CONTROL = {
  fcw: [X87_CONTROL_AT, 2], fsw: [X87_CONTROL_AT + 2, 2], ftw: [X87_CONTROL_AT + 4, 2], fop: [X87_CONTROL_AT + 6, 2],
  fip: [X87_CONTROL_AT + 8, 8], fdp: [X87_CONTROL_AT + 16, 8],
} as const satisfies Record<string, Field>;
/** YMM registers, 32 bytes apart; the low half is the XMM register. */
export const VECTOR_REGISTERS_AT = align(X87_CONTROL_AT + 24, 32);
/** Bytes of architectural state. Engines keep their own fields behind it. */
export const VCPU_STATE_SIZE = VECTOR_REGISTERS_AT + 16 * 32;
/** Alignment of a state block in bytes. */
export const VCPU_STATE_ALIGN = 64;

function align(n: number, to: number): number {
  return Math.ceil(n / to) * to;
}

function place<const N extends string>(names: readonly N[], at: number, size: 4 | 8): Record<N, number> {
  return Object.fromEntries(names.map((name, i) => [name, at + i * size])) as Record<N, number>;
}

/** Byte offset of each 64-bit register. */
export const QUAD_OFFSETS: Readonly<Record<QuadRegister, number>> = Object.freeze(place([...gpr, ...quads], QUADS_AT, 8));
/** Byte offset of each 32-bit field. */
export const WORD_OFFSETS: Readonly<Record<WordRegister, number>> = Object.freeze(place(words, WORDS_AT, 4));
/** Byte offset of each segment register's block. */
export const SEGMENT_AT: Readonly<Record<SegmentName, number>> = Object.freeze(
  Object.fromEntries(segments.map((name, i) => [name, SEGMENTS_AT + i * SEGMENT_SIZE])) as Record<SegmentName, number>,
);
export const QUAD_REGISTERS: readonly QuadRegister[] = Object.freeze([...gpr, ...quads]);
export const WORD_REGISTERS: readonly WordRegister[] = words;
