/** How the numbers of an operand lie in WebAssembly values. */
import {
  f32, f32x4, f64, f64x2, i16x8, i32, i32x4, i64, i64x2, v128, type TypeList, type Value,
} from '@polyvisor/wasm';
import { DOUBLE } from './format.ts';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;
type V128 = Value<'v128'>;

/** One number of an operand. */
export interface Lane {
  /** Which of the operand's values holds it. */
  readonly part: number;
  get(part: Value): I64;
  set(part: Value, bits: I64): Value;
}

/** An operand: one value, or two halves of a 256-bit register, the low one first. */
export interface Shape {
  readonly types: TypeList;
  readonly lanes: readonly Lane[];
}

const scalar32 = (extend: (x: I32) => I64): Shape => ({
  types: ['i32'], lanes: [{ part: 0, get: (x) => extend(x as I32), set: (_, bits) => i32.wrap_i64(bits) }],
});
const scalar64: Shape = { types: ['i64'], lanes: [{ part: 0, get: (x) => x as I64, set: (_, bits) => bits }] };

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
const lanes32 = (part: number, extend: (x: I32) => I64): Lane[] => times(4, (lane) => ({
  part,
  get: (x) => extend(i32x4.extract_lane(x as V128, lane)),
  set: (x, bits) => i32x4.replace_lane(x as V128, i32.wrap_i64(bits), lane),
}));
const lanes64 = (part: number): Lane[] => times(2, (lane) => ({
  part, get: (x) => i64x2.extract_lane(x as V128, lane), set: (x, bits) => i64x2.replace_lane(x as V128, bits, lane),
}));
const lanes16: Lane[] = times(8, (lane) => ({
  part: 0,
  get: (x) => i64.extend_i32_u(i16x8.extract_lane_u(x as V128, lane)),
  set: (x, bits) => i16x8.replace_lane(x as V128, i32.wrap_i64(bits), lane),
}));

const { extend_i32_u: unsigned, extend_i32_s: integer } = i64;
const one = ['v128'] as const;
const two = ['v128', 'v128'] as const;

/** The shapes, by the numbers in them. Halves fill a vector from its low end. */
export const SHAPES = {
  f32: scalar32(unsigned), f64: scalar64, i32: scalar32(integer), i64: scalar64,
  f32x4: { types: one, lanes: lanes32(0, unsigned) }, f64x2: { types: one, lanes: lanes64(0) },
  i32x4: { types: one, lanes: lanes32(0, integer) }, f16x8: { types: one, lanes: lanes16 },
  f32x8: { types: two, lanes: [...lanes32(0, unsigned), ...lanes32(1, unsigned)] },
  f64x4: { types: two, lanes: [...lanes64(0), ...lanes64(1)] },
  i32x8: { types: two, lanes: [...lanes32(0, integer), ...lanes32(1, integer)] },
} as const satisfies Record<string, Shape>;

/** Shapes whose numbers are f32 or f64. */
export const FLOAT_SHAPES = ['f32', 'f64', 'f32x4', 'f64x2', 'f32x8', 'f64x4'] as const;
export type FloatShape = (typeof FLOAT_SHAPES)[number];

/** A value, of a type that the table of operations below implies. */
type Num = Value;
type Two = (a: Num, b: Num) => Num;
type One = (a: Num) => Num;

/** WebAssembly's operations on one number or on the lanes of a vector; comparisons give masks. */
export interface FloatOps {
  readonly add: Two; readonly sub: Two; readonly mul: Two; readonly div: Two;
  readonly sqrt: One; readonly abs: One; readonly neg: One;
  readonly nearest: One; readonly floor: One; readonly ceil: One; readonly trunc: One;
  readonly lt: Two; readonly gt: Two; readonly ge: Two; readonly le: Two; readonly eq: Two; readonly ne: Two;
  /** From a part of an operand, and back. */
  readonly from: One; readonly to: One;
  constant(n: number): Num;
  /** Of masks. */
  readonly and: Two; readonly or: Two;
  all(mask: Num): I32;
  /** One where the mask is set, else the other; both are parts of an operand. */
  pick(a: Num, b: Num, mask: Num): Num;
  /** A mask of all lanes from 0 or 1. */
  maskOf(bit: I32): Num;
  /** All ones where the mask is set, as a part of an operand. */
  readonly spread: One;
  /** The smallest normal number. */
  readonly smallest: number;
  /** Splits a number into two halves of its bits. */
  readonly splitter: number;
  /** The parts of products above this do not underflow. */
  readonly safeProduct: number;
  /** What a mode has beside MXCSR. */
  readonly format: number;
}

type Numeric = Omit<FloatOps, 'from' | 'to' | 'constant' | 'and' | 'or' | 'all' | 'maskOf' | 'pick' | 'spread' | keyof Bounds>;
// The operations differ in the type of their values only, which `FloatOps` leaves open.
const numeric = (ops: unknown): Numeric => ops as Numeric;
const identity: One = (x) => x;

const ofScalar = (ops: unknown, rest: Pick<FloatOps, 'from' | 'to' | 'constant' | 'pick' | 'spread' | keyof Bounds>): FloatOps => ({
  ...numeric(ops), ...rest,
  maskOf: identity,
  and: (a, b) => i32.and(a as I32, b as I32), or: (a, b) => i32.or(a as I32, b as I32), all: (mask) => mask as I32,
});
const ofVector = (ops: unknown, rest: Pick<FloatOps, 'all' | 'constant' | keyof Bounds>): FloatOps => ({
  ...numeric(ops), ...rest,
  from: identity, to: identity, spread: identity, maskOf: (bit) => i32x4.splat(i32.sub(0, bit)),
  and: (a, b) => v128.and(a as V128, b as V128), or: (a, b) => v128.or(a as V128, b as V128),
  pick: (a, b, mask) => v128.bitselect(a as V128, b as V128, mask as V128),
});

type Bounds = Pick<FloatOps, 'smallest' | 'splitter' | 'safeProduct' | 'format'>;
const ofSingles: Bounds = { smallest: 2 ** -126, splitter: 2 ** 12 + 1, safeProduct: 2 ** -76, format: 0 };
const ofDoubles: Bounds = { smallest: 2 ** -1022, splitter: 2 ** 27 + 1, safeProduct: 2 ** -914, format: DOUBLE };

const single = ofScalar(f32, {
  from: (x) => f32.reinterpret_i32(x as I32), to: (x) => i32.reinterpret_f32(x as Value<'f32'>), constant: (n) => f32.const(n),
  pick: (a, b, mask) => i32.xor(b as I32, i32.and(i32.xor(a as I32, b as I32), i32.sub(0, mask as I32))),
  spread: (mask) => i32.sub(0, mask as I32), ...ofSingles,
});
const double = ofScalar(f64, {
  from: (x) => f64.reinterpret_i64(x as I64), to: (x) => i64.reinterpret_f64(x as Value<'f64'>), constant: (n) => f64.const(n),
  pick: (a, b, mask) => i64.xor(b as I64, i64.and(i64.xor(a as I64, b as I64), i64.sub(0, i64.extend_i32_u(mask as I32)))),
  spread: (mask) => i64.sub(0, i64.extend_i32_u(mask as I32)), ...ofDoubles,
});
const singles = ofVector(f32x4, {
  all: (mask) => i32x4.all_true(mask as V128), constant: (n) => f32x4.const(n, n, n, n), ...ofSingles,
});
const doubles = ofVector(f64x2, {
  all: (mask) => i64x2.all_true(mask as V128), constant: (n) => f64x2.const(n, n), ...ofDoubles,
});

export const FLOAT_OPS: Readonly<Record<FloatShape, FloatOps>> = {
  f32: single, f64: double, f32x4: singles, f64x2: doubles, f32x8: singles, f64x4: doubles,
};
