/** How instructions combine their operands lane by lane, for MMX, SSE, VEX.128 and VEX.256 alike. */
import { i8x16, i32, unlikely, type Value } from '@polyvisor/wasm';
import { type EmitContext, type Meaning, type Meanings, Vector } from '../context.ts';
import { as32 } from '../words.ts';
import type { Vector128 } from './operands.ts';

export type UnaryLane = (a: Vector128, c: EmitContext) => Vector128;
export type BinaryLane = (a: Vector128, b: Vector128, c: EmitContext) => Vector128;

/** `count` numbers from `first` on. */
export const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);
/** The bytes of an element, for a byte shuffle; elements of the second vector follow those of the first. */
export const elements = (bytes: number, which: readonly number[]): number[] => which.flatMap((n) => range(n * bytes, bytes));
/** A shuffle of whole elements. */
export const shuffle = (a: Vector128, b: Vector128, bytes: number, which: readonly number[]): Vector128 =>
  i8x16.shuffle(a, b, elements(bytes, which));

/** Operand number of the first source: under VEX one of its own, otherwise the destination. */
export const firstSource = (c: EmitContext): 0 | 1 => (c.vectors.vex ? 1 : 0);
/** The two sources of `op dst, src` and `op dst, src1, src2`. */
export function sources(c: EmitContext): { a: Vector128[]; b: Vector128[] } {
  const k = firstSource(c), b = c.vectors.get(k + 1);
  return { a: c.vectors.get(k), b };
}
/** The immediate byte, which is the last operand. */
export const immediate = (c: EmitContext): Value<'i32'> => c.s.let(as32(c.get(c.operands - 1)));

export const unary = (f: UnaryLane): Meaning => (c) => c.vectors.set(0, c.vectors.get(1).map((a) => c.s.let(f(a, c))));
export const binary = (f: BinaryLane): Meaning => (c) => {
  const { a, b } = sources(c);
  c.vectors.set(0, a.map((lane, i) => c.s.let(f(lane, b[i] ?? lane, c))));
};
/** As `binary`, for what reads both sources as one row of elements: MMX registers are joined to a lane first. */
export const joined = (f: BinaryLane): Meaning => binary((a, b, c) => {
  if (!c.vectors.mmx) return f(a, b, c);
  const both = c.s.let(shuffle(a, b, 8, [0, 2]));
  return f(both, both, c);
});

/** Every test of a byte that an immediate selects: the bit, 0 or 1. */
export const immediateBit = (imm: Value<'i32'>, bit: number): Value<'i32'> => i32.and(i32.shr_u(imm, bit), 1);

/** Adds what MMX instructions do besides, under the prefix that keeps vector meanings apart from others. */
export const vectorMeanings = (list: Readonly<Record<string, Meaning>>, flags: 'flags' | 'flagless' = 'flagless'): Meanings =>
  Object.fromEntries(Object.entries(list).map(([name, build]) => [`V_${name}`, {
    ...(flags === 'flagless' ? { flagless: true } : {}),
    build: (c: EmitContext): void => {
      if (c.vectors.mmx || name === 'EMMS') c.s.if(unlikely(c.vectors.pending()), () => c.raise(Vector.floatingPoint));
      build(c);
      if (c.vectors.mmx) c.vectors.enterMmx();
    },
  }]));
