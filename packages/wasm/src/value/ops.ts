import { F32, F64, I32 } from '../types.ts';
import { factories, givesValue } from './factories.ts';
import type { ValueOps } from './op-types.ts';
import { fail } from './session.ts';
import { i64Const, i64OfNumber, numberConst, type Value, v128Const } from './value.ts';

/** Puts the makers of the instructions below `prefix` into nested objects, as the specification's names nest. */
const namespace = <P extends string>(prefix: P): ValueOps<P> => {
  const root: Record<string, unknown> = {};
  for (const [name, factory] of factories) {
    if (!name.startsWith(`${prefix}.`) || !givesValue(name)) continue;
    const path = name.slice(prefix.length + 1).split('.');
    let place = root;
    for (const step of path.slice(0, -1)) place = (place[step] ??= {}) as Record<string, unknown>;
    place[path.at(-1) ?? ''] = factory;
  }
  return root as ValueOps<P>;
};

/** An integer of 64 bits: a safe integer, a bigint (its low 64 bits), or two halves of 32 bits. */
interface I64Constant {
  (value: number | bigint): Value<'i64'>;
  (low: number, high: number): Value<'i64'>;
}

const i64Constant: I64Constant = (value: number | bigint, high?: number): Value<'i64'> => {
  if (typeof value === 'bigint') {
    return i64Const(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  }
  return high === undefined ? i64OfNumber(value) : i64Const(value, high);
};

/** A vector constant whose lanes `store` writes. */
const lanesConst = (
  name: string, count: number, lanes: readonly (number | bigint)[],
  store: (view: DataView, at: number, lane: number | bigint) => void,
): Value<'v128'> => {
  if (lanes.length !== count) fail({ code: 'bad-immediate', op: name, problem: `wants ${count} lanes` });
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  lanes.forEach((lane, i) => store(view, (i * 16) / count, lane));
  return v128Const(bytes);
};

export const i32 = Object.assign(namespace('i32'), {
  /** A constant; of a number that fits 32 bits, signed or unsigned. */
  const: (value: number): Value<'i32'> => numberConst(value, I32) as Value<'i32'>,
});

export const i64 = Object.assign(namespace('i64'), { const: i64Constant });

export const f32 = Object.assign(namespace('f32'), {
  /** A constant, rounded to binary32. Every NaN is the canonical one; for others use `reinterpret_i32`. */
  const: (value: number): Value<'f32'> => numberConst(value, F32) as Value<'f32'>,
});

export const f64 = Object.assign(namespace('f64'), {
  /** A constant. Every NaN is the canonical one; for others use `reinterpret_i64`. */
  const: (value: number): Value<'f64'> => numberConst(value, F64) as Value<'f64'>,
});

export const v128 = Object.assign(namespace('v128'), {
  /** A constant of sixteen bytes, lane 0 first. */
  const: (bytes: ArrayLike<number>): Value<'v128'> => {
    if (bytes.length !== 16) fail({ code: 'bad-immediate', op: 'v128.const', problem: 'wants sixteen bytes' });
    return v128Const(Uint8Array.from(bytes));
  },
});

export const i8x16 = Object.assign(namespace('i8x16'), {
  const: (...lanes: number[]): Value<'v128'> =>
    lanesConst('i8x16.const', 16, lanes, (view, at, lane) => view.setInt8(at, Number(lane))),
});

export const i16x8 = Object.assign(namespace('i16x8'), {
  const: (...lanes: number[]): Value<'v128'> =>
    lanesConst('i16x8.const', 8, lanes, (view, at, lane) => view.setInt16(at, Number(lane), true)),
});

export const i32x4 = Object.assign(namespace('i32x4'), {
  const: (...lanes: number[]): Value<'v128'> =>
    lanesConst('i32x4.const', 4, lanes, (view, at, lane) => view.setInt32(at, Number(lane), true)),
});

export const i64x2 = Object.assign(namespace('i64x2'), {
  const: (...lanes: (number | bigint)[]): Value<'v128'> =>
    lanesConst('i64x2.const', 2, lanes, (view, at, lane) => view.setBigInt64(at, BigInt(lane), true)),
});

export const f32x4 = Object.assign(namespace('f32x4'), {
  const: (...lanes: number[]): Value<'v128'> =>
    lanesConst('f32x4.const', 4, lanes, (view, at, lane) => view.setFloat32(at, Number(lane), true)),
});

export const f64x2 = Object.assign(namespace('f64x2'), {
  const: (...lanes: number[]): Value<'v128'> =>
    lanesConst('f64x2.const', 2, lanes, (view, at, lane) => view.setFloat64(at, Number(lane), true)),
});

/** `memory.size`, `memory.grow`, `memory.atomic.wait32`, `wait64` and `notify`. Sizes are in pages of 64 KiB. */
export const memory = namespace('memory');

