/** What is particular to rows with vector registers: shapes of their operands and where µops name them. */
import { QUAD_OFFSETS, VECTOR_REGISTERS_AT, X87_REGISTERS_AT } from '@polyvisor/core';
import type { Decoded } from '../decode/decoded.ts';
import { HIGH_BYTE, sizeInBits } from '../decode/operands.ts';
import type { OperandKind, RegisterClass } from '../tables/operand-kinds.ts';
import type { Operand, Row } from '../tables/types.ts';
import type { OperandShape } from './specs.ts';

const FAMILIES: ReadonlySet<string> = new Set(['mmx', 'sse', 'sse2', 'sse3-4', 'crypto', 'avx-float', 'avx-integer', 'fma']);

/** Whether the row belongs to MMX, SSE, AVX or their kin. */
export const isVectorRow = (row: Row): boolean => FAMILIES.has(row.family);

const registerShape = (kind: OperandKind, d: Decoded): OperandShape => {
  const bits = sizeInBits(kind.regSize, d);
  switch (kind.registers) {
    // A scalar in a vector register: the whole register takes part.
    case 'vec': return { kind: kind.source === 'is4' ? 'l' : 'v', size: bits === 256 ? 256 : 128 };
    case 'mmx': return { kind: 'p', size: 64 };
    default: return { kind: 'r', size: bits as OperandShape['size'] };
  }
};

/** The shape of an operand of a vector row. */
export function vectorShape({ kind }: Operand, d: Decoded, memory: boolean): OperandShape | undefined {
  switch (kind.source) {
    // Of a gather the size of all indices together: it tells how many elements there are, which the meaning knows the size of.
    case 'rm': return memory
      ? { kind: 'm', size: sizeInBits(kind.vsib === 'none' ? kind.memSize : kind.vsib, d) as OperandShape['size'] }
      : registerShape(kind, d);
    case 'reg': case 'vvvv': case 'fixed': case 'is4': return registerShape(kind, d);
    case 'imm': return { kind: 'i', size: 8 };
    default: return undefined;
  }
}

/** Byte offset of a register in the vCPU's block; general registers from 16 on are AH, CH, DH, BH. */
export function registerPlace(registers: RegisterClass, n: number): number {
  switch (registers) {
    case 'vec': return VECTOR_REGISTERS_AT + n * 32;
    case 'mmx': return X87_REGISTERS_AT + n * 16;
    default: return QUAD_OFFSETS.rax + (n < HIGH_BYTE ? n * 8 : (n - HIGH_BYTE) * 8 + 1);
  }
}

/**
 * Forms worth a place in the interpreter's own function, because compilers write them for ordinary code: 128-bit moves,
 * scalar loads and stores, clearing, the commonest integer operations between registers, and scalar arithmetic, for
 * which there is no other instruction.
 */
const HOT: ReadonlySet<string> = new Set([
  'V_MOV:v128,v128', 'V_MOV:v128,m128', 'V_MOV:m128,v128', 'V_MOV:v128,m64', 'V_MOV:m64,v128', 'V_MOV:v128,m32', 'V_MOV:m32,v128',
  'V_MOV:v128,r32', 'V_MOV:v128,r64', 'V_MOV:r32,v128', 'V_MOV:r64,v128', 'V_MOVQ:v128,v128', 'V_MOVQ:v128,m64', 'V_MOVQ:m64,v128',
  'V_MOVHPD:v128,m64', 'V_MOVHPD_STORE:m64,v128', 'V_MOVSD:v128,v128',
  'V_PSHUFD:v128,v128,i8', 'V_PMOVMSKB:r32,v128',
  ...['PXOR', 'PAND', 'POR', 'PANDN', 'PADDD', 'PADDQ', 'PSUBD', 'PADDB', 'PCMPEQB', 'PCMPEQD', 'PCMPGTD', 'PMINUB',
    'PUNPCKLBW', 'PUNPCKLWD', 'PUNPCKLDQ', 'PUNPCKLQDQ'].map((name) => `V_${name}:v128,v128`),
  ...['PXOR', 'PAND', 'PADDD', 'PCMPEQB'].map((name) => `V_${name}:v128,m128`),
  ...['ADD', 'SUB', 'MUL', 'DIV', 'COMI', 'UCOMI'].flatMap((name) => [`V_${name}SD:v128,v128`, `V_${name}SD:v128,m64`]),
  ...['ADD', 'SUB', 'MUL'].flatMap((name) => [`V_${name}SS:v128,v128`, `V_${name}SS:v128,m32`]),
  ...['DIVSS', 'SQRTSS', 'SQRTSD', 'COMISS', 'UCOMISS', 'CVTSS2SD', 'CVTSD2SS'].map((name) => `V_${name}:v128,v128`),
  ...['ADD', 'SUB', 'MUL'].flatMap((name) => ['PS', 'PD'].flatMap((type) => [`V_${name}${type}:v128,v128`, `V_${name}${type}:v128,m128`])),
  'V_COMISS:v128,m32', 'V_CVTSS2SD:v128,m32', 'V_CVTSI2SD:v128,r32', 'V_CVTSI2SD:v128,r64', 'V_CVTSI2SS:v128,r32', 'V_CVTTSD2SI:r32,v128',
  'V_CVTTSD2SI:r64,v128', 'V_CVTTSS2SI:r32,v128',
]);
export const isHotVector = (meaning: string, operands: readonly OperandShape[], vex: boolean): boolean =>
  !vex && HOT.has(`${meaning}:${operands.map((o) => `${o.kind}${o.size}`).join()}`);
