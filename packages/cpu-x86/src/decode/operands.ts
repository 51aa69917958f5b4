/**
 * What the operands of a decoded instruction are. The static part (kind, access) lies in the row; this file adds what the
 * bytes decide: which register, how large, memory or not. It serves listings, tests and the compilation of µops, none of
 * which is on the hot path.
 */
import { PREFIX, MODE, SEGMENT } from './codes.ts';
import type { Decoded } from './decoded.ts';
import type { OperandKind, SizeCode } from '../tables/operand-kinds.ts';
import { rows } from '../tables/rows.ts';
import type { Operand } from '../tables/types.ts';

/** What an operand turned out to be. */
export const OPERAND = { REGISTER: 1, MEMORY: 2, IMMEDIATE: 3, RELATIVE: 4, FAR: 5 } as const;

/** First of the four numbers that stand for AH, CH, DH and BH among 8-bit registers. */
export const HIGH_BYTE = 16;

/** An operand with everything decided. */
export interface ResolvedOperand {
  readonly operand: Operand;
  /** One of {@link OPERAND}. */
  readonly form: number;
  /**
   * Size in bits. Of the vector register, of the memory accessed, of the immediate after extension; 0 when the encoding does
   * not say. A scalar in a vector register counts as 128.
   */
  readonly size: number;
  /** Register number, or -1. 8-bit registers 16 to 19 are AH, CH, DH, BH. */
  readonly register: number;
}

/** Size in bits that a size code stands for in this instruction; 0 for `none`. */
export function sizeInBits(code: SizeCode, d: Decoded): number {
  switch (code) {
    case 'b': return 8;
    case 'w': return 16;
    case 'd': return 32;
    case 'q': return 64;
    case 't': return 80;
    case 'dq': return 128;
    case 'qq': return 256;
    case 'v': return d.operandSize;
    case 'z': return Math.min(d.operandSize, 32);
    case 'y': return d.operandSize === 64 ? 64 : 32;
    case 'x': return d.vectorLength;
    case 'hx': return d.vectorLength / 2;
    case 'qx': return d.vectorLength / 4;
    case 'ex': return d.vectorLength / 8;
    case 'p': return d.operandSize + 16;
    case 's': return (d.mode & MODE.BITS64) !== 0 ? 80 : 48;
    case 'a': return d.operandSize * 2;
    case 'env': return d.operandSize === 16 ? 14 * 8 : 28 * 8;
    case 'st': return d.operandSize === 16 ? 94 * 8 : 108 * 8;
    case 'fx': return 512 * 8;
    case 'none': return 0;
  }
}

function registerNumber(kind: OperandKind, d: Decoded): number {
  switch (kind.source) {
    case 'reg': return d.reg;
    case 'rm': return d.rm;
    case 'vvvv': return d.vvvv;
    case 'opcode': return d.opcodeReg;
    // Outside 64-bit mode bit 7 of the immediate is ignored (SDM Vol. 2A, 2.3.8).
    case 'is4': return (d.mode & MODE.BITS64) !== 0 ? d.imm >> 4 : (d.imm >> 4) & 7;
    default: return kind.fixed;
  }
}

function resolveRegister(operand: Operand, d: Decoded): ResolvedOperand {
  const { kind } = operand;
  let register = registerNumber(kind, d), size = sizeInBits(kind.regSize, d);
  if (kind.registers === 'mmx' || kind.registers === 'st' || kind.registers === 'seg') register &= 7;
  if (kind.registers === 'vec') size = Math.max(size, 128);
  const byteRegister = kind.registers === 'gpr' && size === 8 && kind.source !== 'fixed';
  // Without REX the encodings 4 to 7 are AH to BH (SDM Vol. 1, 3.4.1.1).
  if (byteRegister && register >= 4 && (d.prefixes & PREFIX.REX) === 0) register += HIGH_BYTE - 4;
  return { operand, form: OPERAND.REGISTER, size, register };
}

/** Resolves one operand of an instruction whose verdict is `OK`. */
export function resolveOperand(operand: Operand, d: Decoded): ResolvedOperand {
  const { kind } = operand;
  const plain = (form: number, size: number): ResolvedOperand => ({ operand, form, size, register: -1 });
  switch (kind.source) {
    case 'rm':
      return d.hasMemory !== 0 ? plain(OPERAND.MEMORY, sizeInBits(kind.memSize, d)) : resolveRegister(operand, d);
    case 'reg': case 'vvvv': case 'opcode': case 'is4': case 'fixed':
      return resolveRegister(operand, d);
    case 'moffs': case 'string-src': case 'string-dst': case 'xlat': case 'maskmov':
      return plain(OPERAND.MEMORY, sizeInBits(kind.memSize, d));
    case 'rel': return plain(OPERAND.RELATIVE, d.operandSize);
    case 'far': return plain(OPERAND.FAR, d.operandSize);
    case 'imm': return plain(OPERAND.IMMEDIATE, kind.signed ? d.operandSize : sizeInBits(kind.memSize, d));
    case 'imm2': case 'one': return plain(OPERAND.IMMEDIATE, 8);
  }
}

/** Resolves all explicit operands of an instruction whose verdict is `OK`. */
export function resolveOperands(d: Decoded): ResolvedOperand[] {
  return (rows[d.row]?.operands ?? []).map((operand) => resolveOperand(operand, d));
}

/** Segment that a memory operand uses: ES for string destinations, else the one the decoder worked out. */
export function operandSegment(operand: Operand, d: Decoded): number {
  return operand.kind.source === 'string-dst' ? SEGMENT.ES : d.segment;
}

/**
 * Target of a relative branch at linear or effective address `address`, as the instruction pointer will hold it: truncated
 * to the operand size (SDM Vol. 2A, "JMP", near relative). Addresses of 64-bit code are sign-extended numbers, so the
 * upper half of the address space is negative; outside the canonical range the result is the exact sum.
 */
export function branchTarget(d: Decoded, address: number): number {
  const sum = address + d.length + d.imm;
  if (d.operandSize === 16) return sum & 0xffff;
  return d.operandSize === 32 ? sum >>> 0 : sum;
}

/** Effective address of a RIP-relative memory operand (`base` is `BASE.RIP`) of an instruction at `address`. */
export function ripRelativeAddress(d: Decoded, address: number): number {
  const sum = address + d.length + d.disp;
  return d.addressSize === 32 ? sum >>> 0 : sum;
}
