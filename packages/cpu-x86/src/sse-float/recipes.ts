/** The operations on numbers of one shape. */
import { i32, i32x4, i64, i64x2, i8x16, v128, type Value } from '@polyvisor/wasm';
import type { Soft2 } from './format.ts';
import {
  exactProduct, exactSqrt, exactSum, nativeCompare, nativeCompareAny, nativeExtreme, nativeOrder, nativeProduct, nativeSqrt, nativeSum, nativeToIntegral, type NativeWay,
} from './native.ts';
import type { Recipe } from './operation.ts';
import { FLOAT_OPS, type FloatShape, SHAPES } from './shapes.ts';
import type { Soft } from './soft.ts';

type V128 = Value<'v128'>;

/** Bits of the parameter `signs` of the fused operations: what is negated. */
export const Negate = { product: 1, addendOfEvenLanes: 2, addendOfOddLanes: 4 } as const;

/** Makes the recipes of a shape by their names. */
export function recipesOf(soft: Soft, shape: FloatShape): Record<string, Recipe> {
  const o = FLOAT_OPS[shape];
  const of = SHAPES[shape];
  const base = { from: of, to: of, format: o.format };
  const vector = of.types[0] === 'v128';
  const binary = (name: string, f: Soft2, native?: NativeWay): Recipe => ({
    ...base, name: `${shape}.${name}`, arity: 2,
    soft: (s, [a, b], mode) => s.call(f, a as Value<'i64'>, b as Value<'i64'>, mode),
    ...(native === undefined ? {} : { native }),
  });
  const unary = (name: string, f: Soft['sqrt'], native?: NativeWay): Recipe => ({
    ...base, name: `${shape}.${name}`, arity: 1,
    soft: (s, [a], mode) => s.call(f, a as Value<'i64'>, mode),
    ...(native === undefined ? {} : { native }),
  });
  const recipes: Record<string, Recipe> = {
    add: { ...binary('add', soft.add, nativeSum(o, 'add')), wider: exactSum(o, 'add') },
    sub: { ...binary('sub', soft.sub, nativeSum(o, 'sub')), wider: exactSum(o, 'sub') },
    // Vectors often have zeros in some lane.
    mul: { ...binary('mul', soft.mul, nativeProduct(o, 'mul', vector)), wider: exactProduct(o, 'mul') },
    div: { ...binary('div', soft.div, nativeProduct(o, 'div', vector)), wider: exactProduct(o, 'div') },
    sqrt: { ...unary('sqrt', soft.sqrt, nativeSqrt(o)), wider: exactSqrt(o) },
    min: binary('min', soft.min, nativeExtreme(o, 'lt')),
    max: binary('max', soft.max, nativeExtreme(o, 'gt')),
    compare: {
      ...base, name: `${shape}.compare`, arity: 2, extras: 1, native: nativeCompareAny(o),
      soft: (s, [a, b], mode, [predicate]) => s.call(soft.compare, a as Value<'i64'>, b as Value<'i64'>, mode, predicate as Value<'i32'>),
    },
    round: {
      ...base, name: `${shape}.round`, arity: 1, extras: 1,
      soft: (s, [a], mode, [imm]) => s.call(soft.toIntegral, a as Value<'i64'>, mode, imm as Value<'i32'>),
    },
    fused: {
      ...base, name: `${shape}.fused`, arity: 3, extras: 1,
      soft: (s, [x, y, z], mode, [signs], lane) => {
        const bits = signs as Value<'i32'>;
        const addend = i32.shr_u(bits, lane % 2);
        const own = i32.or(i32.and(bits, 1), i32.and(addend, 2));
        return s.call(soft.fused, x as Value<'i64'>, y as Value<'i64'>, z as Value<'i64'>, mode, own);
      },
    },
  };
  if (shape === 'f32' || shape === 'f64') {
    for (const [name, quiet] of [['order', 0], ['orderQuiet', 1]] as const) {
      recipes[name] = {
        ...base, to: SHAPES.i32, name: `${shape}.${name}`, arity: 2, native: nativeOrder(o),
        soft: (s, [a, b], mode) => {
          const [flags, raised] = s.call(soft.order, a as Value<'i64'>, b as Value<'i64'>, mode, quiet);
          return [i64.extend_i32_u(flags), raised];
        },
      };
    }
  } else Object.assign(recipes, vectorRecipes(soft, shape));
  if (o.format === 0) {
    recipes['reciprocal'] = unary('reciprocal', soft.reciprocal);
    recipes['reciprocalRoot'] = unary('reciprocalRoot', soft.reciprocalRoot);
  }
  return recipes;
}

export const compareBy = (recipe: Recipe, shape: FloatShape, predicate: number): Recipe =>
  ({ ...recipe, extras: 0, native: nativeCompare(FLOAT_OPS[shape], predicate) });
export const roundBy = (recipe: Recipe, shape: FloatShape, imm: number): Recipe =>
  ({ ...recipe, extras: 0, native: nativeToIntegral(FLOAT_OPS[shape], imm) });

/** Even and odd numbers of two vectors, one after the other. */
const deinterleave = (a: V128, b: V128, bytes: 4 | 8, odd: 0 | 1): V128 => {
  const lanes = Array.from({ length: 16 }, (_, i) => 2 * bytes * Math.floor(i / bytes) + odd * bytes + (i % bytes));
  return i8x16.shuffle(a, b, lanes);
};

function vectorRecipes(soft: Soft, shape: 'f32x4' | 'f64x2' | 'f32x8' | 'f64x4'): Record<string, Recipe> {
  const o = FLOAT_OPS[shape];
  const of = SHAPES[shape];
  const base = { from: of, to: of, format: o.format };
  const single = o.format === 0;
  const inVector = single ? 4 : 2;
  const bytes = single ? 4 : 8;

  // Neighbours of both operands: [a0 + a1, a2 + a3, b0 + b1, b2 + b3] in each 128 bits.
  const horizontal = (name: string, op: 'add' | 'sub'): Recipe => ({
    ...base, name: `${shape}.${name}`, arity: 2,
    operands: (lane) => {
      const start = lane - (lane % inVector);
      const twice = 2 * (lane % inVector);
      const operand = twice < inVector ? 0 : 1;
      return [0, 1].map((k) => [operand, start + (twice % inVector) + k] as const);
    },
    soft: (s, [a, b], mode) => s.call(soft[op], a as Value<'i64'>, b as Value<'i64'>, mode),
    native: (q, operands) => {
      const part = (odd: 0 | 1): Value[] => (operands[0] ?? []).map((a, k) => q.s.let(deinterleave(a as V128, operands[1]?.[k] as V128, bytes, odd)));
      return nativeSum(o, op)(q, [part(0), part(1)], []);
    },
  });

  // Even lanes subtract, odd ones add.
  const signs = single ? i32x4.const(-0x80000000, 0, -0x80000000, 0) : i64x2.const(-(2n ** 63n), 0);
  const addSub: Recipe = {
    ...base, name: `${shape}.addSub`, arity: 2,
    soft: (s, [a, b], mode, _, lane) => s.call(lane % 2 === 0 ? soft.sub : soft.add, a as Value<'i64'>, b as Value<'i64'>, mode),
    native: (q, [a, b]) => nativeSum(o, 'add')(q, [a ?? [], (b ?? []).map((part) => q.s.let(v128.xor(part as V128, signs)))], []),
  };
  return { horizontalAdd: horizontal('horizontalAdd', 'add'), horizontalSub: horizontal('horizontalSub', 'sub'), addSub };
}
