/**
 * Handlers: a meaning for one operand size and one shape of operands. They are enumerated from the decoder's rows, so
 * that exactly those exist which some encoding needs.
 */
import type { Decoded } from '../decode/decoded.ts';
import { sizeInBits } from '../decode/operands.ts';
import type { Repeat } from '../meaning/context.ts';
import { meanings } from '../meaning/meanings.ts';
import type { Size } from '../meaning/words.ts';
import type { Operand, Row } from '../tables/types.ts';
import { meaningOf } from './meaning-of.ts';
import { hasStateOperands, stateShapes } from './state-operands.ts';
import { isHotVector, isVectorRow, vectorShape } from './vector-shapes.ts';

/**
 * General register, memory, immediate; a vector register, an MMX register, a vector register that the immediate's place
 * names.
 */
export interface OperandShape {
  readonly kind: 'r' | 'm' | 'i' | 'v' | 'p' | 'l';
  readonly size: Size | 128 | 256;
}
/** Kinds that have one of the µop's three register fields. */
export const hasField = ({ kind }: OperandShape): boolean => kind === 'r' || kind === 'v' || kind === 'p';
/**
 * How the memory operand's address is formed: `b` base and displacement, 64 bits, no segment base; `g` anything; `o` a
 * 64-bit offset in the place of the immediate, with a segment base; `x` as `g` but for the index, which is a vector.
 */
export type AddressForm = '' | 'b' | 'g' | 'o' | 'x';

export interface HandlerSpec {
  readonly key: string;
  readonly meaning: string;
  readonly size: Size;
  readonly operands: readonly OperandShape[];
  readonly form: AddressForm;
  readonly condition: number;
  readonly lock: boolean;
  readonly repeat: Repeat;
  /** Stack addresses have 64 bits and no segment base. */
  readonly flatStack: boolean;
  /** The relative target lies in the same page. */
  readonly near: boolean;
  /** A vector instruction with a VEX prefix. */
  readonly vex: boolean;
  /** The memory operand must be aligned to its size. */
  readonly aligned: boolean;
  /** Is a function of its own rather than a case of the interpreter's switch. */
  readonly cold: boolean;
}

/** What of a decoded instruction decides its handler. */
export interface Variant {
  readonly operandSize: number;
  readonly memory: boolean;
  readonly form: AddressForm;
  readonly long: boolean;
  readonly lock: boolean;
  readonly repeat: Repeat;
  readonly near: boolean;
}

const STRING = /^(MOVS|CMPS|STOS|LODS|SCAS)[BWDQ]$/;
/** Meanings whose operands are implied or not accessed. */
const NO_OPERANDS = /^(MOVS|CMPS|STOS|LODS|SCAS|NOP|UD[012]|XLATB|SYSTEM)$/;

function shapeOf(row: Row, operand: Operand, d: Decoded, memory: boolean): OperandShape | undefined {
  if (isVectorRow(row)) return vectorShape(operand, d, memory);
  const { kind } = operand;
  const sized = (k: OperandShape['kind'], bits: number): OperandShape => ({ kind: k, size: (bits === 128 ? 64 : bits) as Size });
  switch (kind.source) {
    case 'rm': return memory ? sized('m', kind.memSize === 'none' ? d.operandSize : sizeInBits(kind.memSize, d)) : sized('r', sizeInBits(kind.regSize, d));
    case 'moffs': return sized('m', sizeInBits(kind.memSize, d));
    case 'reg': case 'vvvv': case 'opcode': case 'fixed': return sized('r', sizeInBits(kind.regSize, d));
    case 'imm': return sized('i', kind.signed ? d.operandSize : sizeInBits(kind.memSize, d));
    case 'one': return sized('i', 8);
    case 'rel': return sized('i', d.operandSize);
    default: return undefined;
  }
}

/** Sizes and forms so common that they are worth a place in the interpreter's own function. */
const isCold = (name: string, size: Size): boolean =>
  meanings[name]?.cold === true || (size === 16 && !/^(MOV|MOVZX|MOVSX|NOP|CMP|STI)$/.test(name));

/** The handler for a decoded instruction, of which only the row and the sizes matter here. */
export function specOf(row: Row, d: Decoded, v: Variant): HandlerSpec | undefined {
  const found = meaningOf(row);
  if (found === undefined) return undefined;
  const { name, condition } = found, entry = meanings[name];
  const operands = NO_OPERANDS.test(name) ? [] : hasStateOperands(row) ? stateShapes(row, d) : row.operands.flatMap((o) => shapeOf(row, o, d, v.memory) ?? []);
  // BOUND's memory operand is a pair; its meaning reads the two halves itself.
  const text = row.operands.find((o) => o.kind.source === 'string-src' || o.kind.source === 'string-dst');
  const first = operands[0];
  const natural = first !== undefined && first.kind !== 'i' ? first.size : d.operandSize;
  const vector = isVectorRow(row);
  // A vector instruction's size matters where a general register is implied, and only then.
  const vectorSize = first?.kind === 'r' ? first.size : row.sizeRule === 'y' ? d.operandSize : 64;
  const plain = text === undefined ? natural : sizeInBits(text.kind.memSize, d);
  const size = (entry?.anySize === true ? 8 : vector ? vectorSize : plain) as Size;
  const implicitLock = name === 'XCHG' && first?.kind === 'm';
  const lock = first?.kind === 'm' && (v.lock || implicitLock);
  const repeat = text !== undefined && STRING.test(row.mnemonic) ? (row.rep === 'rep' && v.repeat !== '' ? 'rep' : v.repeat) : '';
  const flatStack = v.long && entry?.stack === true;
  const near = v.near && entry?.relative === true;
  const vex = vector && row.vex;
  const cold = lock || (vector ? !isHotVector(name, operands, vex) : isCold(name, size));
  const form = !operands.some((o) => o.kind === 'm') ? '' : cold && v.form === 'b' ? 'g' : v.form;
  const aligned = vector && row.aligned && form !== '';
  const shapes = operands.map((o) => `${o.kind}${o.size}`).join();
  const key = [name, condition, size, shapes, form, lock ? 'lock' : '', repeat, flatStack ? 'flat' : '', near ? 'near' : '', vex ? 'vex' : '', aligned ? 'aligned' : ''].join(':');
  return { key, meaning: name, size, operands, form, condition, lock, repeat, flatStack, near, vex, aligned, cold };
}
