/**
 * FMA (Intel SDM vol. 2C, "VFMADD132PD/VFMADD213PD/VFMADD231PD" and after). The digits of a mnemonic say which operands are
 * multiplied, by their numbers from one, and which is added; this order also selects among NaNs.
 */
import { i32 } from '@polyvisor/wasm';
import { Negate } from '../../../sse-float/recipes.ts';
import type { Meaning } from '../../context.ts';
import { vectorMeanings } from '../shapes.ts';
import { BITS, type Single } from './arithmetic.ts';
import { computeLanes, computeNumber, type PackedShape } from './operations.ts';

/** Multiplied, multiplied, added: numbers of operands. */
const ORDERS = { 132: [0, 2, 1], 213: [1, 0, 2], 231: [1, 2, 0] } as const;
type Order = (typeof ORDERS)[keyof typeof ORDERS];

const NEGATED_ADDEND = Negate.addendOfEvenLanes + Negate.addendOfOddLanes;
const SCALAR = { FMADD: 0, FMSUB: NEGATED_ADDEND, FNMADD: Negate.product, FNMSUB: Negate.product + NEGATED_ADDEND } as const;
const PACKED = { ...SCALAR, FMADDSUB: Negate.addendOfEvenLanes, FMSUBADD: Negate.addendOfOddLanes } as const;

const packed = (shape: PackedShape, order: Order, signs: number): Meaning => (c) => {
  const memory = c.vectors.get(2), operands = [c.vectors.get(0), c.vectors.get(1), memory];
  c.vectors.set(0, computeLanes(c, shape, 'fused', order.map((n) => operands[n] ?? memory), i32.const(signs)));
};
const scalar = (single: Single, order: Order, signs: number): Meaning => (c) => {
  const memory = c.vectors.low(2, BITS[single]), operands = [c.vectors.low(0, BITS[single]), c.vectors.low(1, BITS[single]), memory];
  const sum = computeNumber(c, single, 'fused', [...order.map((n) => operands[n] ?? memory), i32.const(signs)]);
  // The destination is a source here: what is above the number comes from it.
  c.vectors.setLow(sum, BITS[single], 0);
};

const list: Record<string, Meaning> = {};
for (const [digits, order] of Object.entries(ORDERS)) {
  for (const [name, signs] of Object.entries(PACKED)) {
    list[`${name}${digits}PS`] = packed('f32x4', order, signs);
    list[`${name}${digits}PD`] = packed('f64x2', order, signs);
  }
  for (const [name, signs] of Object.entries(SCALAR)) {
    list[`${name}${digits}SS`] = scalar('f32', order, signs);
    list[`${name}${digits}SD`] = scalar('f64', order, signs);
  }
}
export const fused = vectorMeanings(list);
