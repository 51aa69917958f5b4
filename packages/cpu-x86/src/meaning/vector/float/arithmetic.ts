/**
 * Arithmetic and comparison (Intel SDM vol. 2, under their names). In packed forms all lanes are one operation: an exception
 * that is not masked in any of them leaves the destination as it is (vol. 1, 11.5.1).
 */
import { i32, type Value } from '@polyvisor/wasm';
import type { EmitContext, Meaning } from '../../context.ts';
import { firstSource, immediate, sources, vectorMeanings } from '../shapes.ts';
import { computeLanes, computeNumber, type PackedShape } from './operations.ts';

export type Single = 'f32' | 'f64';
export const BITS = { f32: 32, f64: 64 } as const;

/** What follows the operands: the immediate byte, or some of it. */
type Extra = (c: EmitContext) => Value<'i32'>[];
const none: Extra = () => [];
const whole: Extra = (c) => [immediate(c)];
/** Legacy forms have eight predicates, VEX forms thirty-two. */
const predicate: Extra = (c) => [c.s.let(i32.and(immediate(c), c.vectors.vex ? 31 : 7))];

const packedBinary = (shape: PackedShape, name: string, extra: Extra): Meaning => (c) => {
  const { a, b } = sources(c);
  c.vectors.set(0, computeLanes(c, shape, name, [a, b], ...extra(c)));
};
const packedUnary = (shape: PackedShape, name: string, extra: Extra): Meaning => (c) =>
  c.vectors.set(0, computeLanes(c, shape, name, [c.vectors.get(1)], ...extra(c)));

const scalarBinary = (single: Single, name: string, extra: Extra): Meaning => (c) => {
  const k = firstSource(c), b = c.vectors.low(k + 1, BITS[single]), a = c.vectors.low(k, BITS[single]);
  c.vectors.setLow(computeNumber(c, single, name, [a, b, ...extra(c)]), BITS[single]);
};
const scalarUnary = (single: Single, name: string, extra: Extra): Meaning => (c) => {
  const x = c.vectors.low(firstSource(c) + 1, BITS[single]);
  c.vectors.setLow(computeNumber(c, single, name, [x, ...extra(c)]), BITS[single]);
};

/** The forms PS, PD, SS and SD of an instruction. */
const four = (
  mnemonic: string, name: string, packed: typeof packedUnary, scalar: typeof scalarUnary, extra = none,
): Record<string, Meaning> => ({
  [`${mnemonic}PS`]: packed('f32x4', name, extra), [`${mnemonic}PD`]: packed('f64x2', name, extra),
  [`${mnemonic}SS`]: scalar('f32', name, extra), [`${mnemonic}SD`]: scalar('f64', name, extra),
});
const binary = (mnemonic: string, name: string, extra?: Extra): Record<string, Meaning> => four(mnemonic, name, packedBinary, scalarBinary, extra);
const unary = (mnemonic: string, name: string, extra?: Extra): Record<string, Meaning> => four(mnemonic, name, packedUnary, scalarUnary, extra);
const packed = (mnemonic: string, name: string, extra = none): Record<string, Meaning> =>
  ({ [`${mnemonic}PS`]: packedBinary('f32x4', name, extra), [`${mnemonic}PD`]: packedBinary('f64x2', name, extra) });

const compare = (single: Single, name: 'order' | 'orderQuiet'): Meaning => (c) => {
  const b = c.vectors.low(1, BITS[single]), a = c.vectors.low(0, BITS[single]);
  c.flags.order(computeNumber<'i32'>(c, single, name, [a, b]));
};

export const floatArithmetic = {
  ...vectorMeanings({
    ...binary('ADD', 'add'), ...binary('SUB', 'sub'), ...binary('MUL', 'mul'), ...binary('DIV', 'div'),
    ...binary('MIN', 'min'), ...binary('MAX', 'max'), ...unary('SQRT', 'sqrt'),
    ...binary('CMP', 'compare', predicate), ...unary('ROUND', 'round', whole),
    ...packed('ADDSUB', 'addSub'), ...packed('HADD', 'horizontalAdd'), ...packed('HSUB', 'horizontalSub'), ...packed('DP', 'dot', whole),
    RCPPS: packedUnary('f32x4', 'reciprocal', none), RCPSS: scalarUnary('f32', 'reciprocal', none),
    RSQRTPS: packedUnary('f32x4', 'reciprocalRoot', none), RSQRTSS: scalarUnary('f32', 'reciprocalRoot', none),
  }),
  ...vectorMeanings({
    COMISS: compare('f32', 'order'), COMISD: compare('f64', 'order'),
    UCOMISS: compare('f32', 'orderQuiet'), UCOMISD: compare('f64', 'orderQuiet'),
  }, 'flags'),
};
