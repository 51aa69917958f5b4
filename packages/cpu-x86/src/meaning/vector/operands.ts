/**
 * Vector operands as meanings see them: 128-bit lanes. An XMM register is one lane, a YMM register two (Intel SDM vol. 1,
 * 14.1.1), an MMX register and every smaller operand the low part of one whose upper part is zero.
 */
import type { Value } from '@polyvisor/wasm';
import type { Word } from '../words.ts';

export type Vector128 = Value<'v128'>;

export interface VectorOperands {
  /** The encoding is VEX: the destination's upper half is cleared, and the first source is an operand of its own. */
  readonly vex: boolean;
  /** An operand is an MMX register. */
  readonly mmx: boolean;
  /** Size of operand `n` in bits: 8 to 256; of a vector register 64 (MMX), 128 or 256. */
  bits(n: number): number;
  /** Operand `n` as one or two lanes. A general register or a memory operand is zero-extended. */
  get(n: number): Vector128[];
  /**
   * Writes operand `n`. Of a smaller operand the low bits; of a vector register the lanes given, where a missing upper lane
   * is cleared under VEX and left alone otherwise.
   */
  set(n: number, lanes: readonly Vector128[]): void;
  /** The low 32 or 64 bits of operand `n`; of a memory operand or a general register it is all there is. */
  low(n: number, bits: 32 | 64): Word;
  /**
   * Writes the low bits of vector register operand 0. The rest of the lane stays, or is that of operand `rest` under VEX,
   * which clears the upper lane (SDM vol. 1, 14.1.3).
   */
  setLow(value: Word, bits: 32 | 64, rest?: number): void;
  /** Writes these lanes of vector register operand `n` and leaves everything else, also under VEX. */
  merge(n: number, lanes: readonly Vector128[]): void;
  /** A lane (0 or 1) of the vector register with this number. */
  setRegister(number: number, lane: 0 | 1, value: Vector128): void;
  /** A lane of the index register of a gather, and the shift that its elements get. */
  index(lane: 0 | 1): Vector128;
  scale(): Value<'i32'>;
  /** Whether the processor is in 64-bit mode, which has sixteen vector registers. */
  isLong(): Value<'i32'>;
  /** Not zero when an x87 exception is pending, which comes before an MMX instruction does anything (SDM vol. 1, 9.6.4). */
  pending(): Value<'i32'>;
  /** What every MMX instruction but EMMS does to the x87 state (SDM vol. 1, 9.5.1). */
  enterMmx(): void;
  /** EMMS: all x87 registers are empty. */
  leaveMmx(): void;
}
