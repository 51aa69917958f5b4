/** Conversions between shapes. */
import { f32, f32x4, f64, f64x2, i32, i32x4, i64, type Value } from '@polyvisor/wasm';
import { DOUBLE } from './format.ts';
import { truncating } from './integral.ts';
import { inRange, usual } from './native.ts';
import type { Recipe } from './operation.ts';
import { FLOAT_OPS, type Shape, SHAPES } from './shapes.ts';
import type { Soft } from './soft.ts';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;
type V128 = Value<'v128'>;
type NativeWay = NonNullable<Recipe['native']>;

/** A way for one value. */
const way = (make: (q: Parameters<NativeWay>[0], x: Value) => readonly [Value, I32]): NativeWay => (q, operands) => {
  const [result, ok] = make(q, operands[0]?.[0] as Value);
  return { results: [q.s.let(result)], ok };
};
const { f32: single, f64: double, f32x4: singles, f64x2: doubles } = FLOAT_OPS;

const promote = way((q, bits) => {
  const x = q.s.let(single.from(bits));
  return [double.to(f64.promote_f32(x as Value<'f32'>)), usual(single, x) as I32];
});
const demote = way((q, bits) => {
  const r = q.s.let(f32.demote_f64(double.from(bits) as Value<'f64'>));
  return [single.to(r), i32.and(q.ready(), inRange(single, r) as I32)];
});
const promoteLow = way((q, x) => {
  const r = q.s.let(f64x2.promote_low_f32x4(x as V128));
  // What was a denormal is a normal number now.
  const normal = doubles.ge(doubles.abs(r), doubles.constant(single.smallest));
  return [r, doubles.all(doubles.or(normal, doubles.eq(r, doubles.constant(0))))];
});

/** To an integer: exact ones, and inexact ones where PE is set; `limit` is beyond the largest. */
const toInteger = (wide: boolean, from: 'f32' | 'f64', truncate: boolean): NativeWay => way((q, bits) => {
  const o = FLOAT_OPS[from];
  const x = q.s.let(o.from(bits));
  const rounded = truncate ? x : q.s.let(o.nearest(x));
  const asDouble = from === 'f64' ? rounded as Value<'f64'> : f64.promote_f32(rounded as Value<'f32'>);
  const r = q.s.let(wide ? i64.trunc_sat_f64_s(asDouble) : i32.trunc_sat_f64_s(asDouble));
  const back = wide
    ? (from === 'f64' ? f64.convert_i64_s(r as I64) : f32.convert_i64_s(r as I64))
    : (from === 'f64' ? f64.convert_i32_s(r as I32) : f32.convert_i32_s(r as I32));
  const exact = o.eq(back, x) as I32;
  const fits = o.lt(o.abs(rounded), o.constant(wide ? 2 ** 63 : 2 ** 31)) as I32;
  const nearest = truncate ? i32.const(1) : q.toNearest();
  return [r, i32.and(i32.and(fits, nearest), i32.or(exact, q.inexactIsKnown()))];
});

const fromI32ToF32 = way((q, n) => [single.to(f32.convert_i32_s(n as I32)), i32.or(i32.lt_u(i32.add(n as I32, 0x1000000), 0x2000001), q.ready())]);
const fromI32ToF64 = way((_, n) => [double.to(f64.convert_i32_s(n as I32)), i32.const(1)]);
const fromI64 = (to: 'f32' | 'f64'): NativeWay => way((q, n) => {
  const o = FLOAT_OPS[to];
  const limit = to === 'f32' ? 1n << 24n : 1n << 53n;
  const exact = i64.lt_u(i64.add(n as I64, i64.const(limit)), i64.const(2n * limit));
  return [o.to(to === 'f32' ? f32.convert_i64_s(n as I64) : f64.convert_i64_s(n as I64)), i32.or(exact, q.ready())];
});

/** The recipes of the conversions by their names. */
export function conversionRecipes(soft: Soft): Record<string, Recipe> {
  const make = (name: string, from: Shape, to: Shape, format: number, f: Recipe['soft'], native?: NativeWay, extras = 0): Recipe =>
    ({ name, from, to, arity: 1, format, soft: f, extras, ...(native === undefined ? {} : { native }) });
  const resize: Recipe['soft'] = (s, [x], mode) => s.call(soft.resize, x as I64, mode);
  const fromInteger: Recipe['soft'] = (s, [n], mode) => s.call(soft.fromInteger, n as I64, mode);
  const integer = (width: 32 | 64, truncate: boolean): Recipe['soft'] => (s, [x], mode) =>
    s.call(soft.toInteger, x as I64, truncate ? truncating(mode) : mode, width);
  const fromHalf: Recipe['soft'] = (s, [x], mode) => s.call(soft.fromHalf, x as I64, mode);
  const toHalf: Recipe['soft'] = (s, [x], mode, [imm]) => s.call(soft.toHalf, x as I64, i64.extend_i32_u(imm as I32), mode);
  const S = SHAPES;
  const list: Recipe[] = [
    make('f32ToF64', S.f32, S.f64, 0, resize, promote),
    make('f64ToF32', S.f64, S.f32, DOUBLE, resize, demote),
    make('f32x4ToF64x2', S.f32x4, S.f64x2, 0, resize, promoteLow),
    make('f64x2ToF32x4', S.f64x2, S.f32x4, DOUBLE, resize),
    make('f32x4ToF64x4', S.f32x4, S.f64x4, 0, resize),
    make('f64x4ToF32x4', S.f64x4, S.f32x4, DOUBLE, resize),
    make('i32ToF32', S.i32, S.f32, 0, fromInteger, fromI32ToF32),
    make('i32ToF64', S.i32, S.f64, DOUBLE, fromInteger, fromI32ToF64),
    make('i64ToF32', S.i64, S.f32, 0, fromInteger, fromI64('f32')),
    make('i64ToF64', S.i64, S.f64, DOUBLE, fromInteger, fromI64('f64')),
    make('i32x4ToF32x4', S.i32x4, S.f32x4, 0, fromInteger, way((q, n) => [f32x4.convert_i32x4_s(n as V128), q.ready()])),
    make('i32x8ToF32x8', S.i32x8, S.f32x8, 0, fromInteger, (q, [n]) => ({ ok: q.ready(), results: (n ?? []).map((part) => q.s.let(f32x4.convert_i32x4_s(part as V128))) })),
    make('i32x4ToF64x2', S.i32x4, S.f64x2, DOUBLE, fromInteger, way((_, n) => [f64x2.convert_low_i32x4_s(n as V128), i32.const(1)])),
    make('i32x4ToF64x4', S.i32x4, S.f64x4, DOUBLE, fromInteger),
    make('f16x8ToF32x4', S.f16x8, S.f32x4, 0, fromHalf),
    make('f16x8ToF32x8', S.f16x8, S.f32x8, 0, fromHalf),
    make('f32x4ToF16x8', S.f32x4, S.f16x8, 0, toHalf, undefined, 1),
    make('f32x8ToF16x8', S.f32x8, S.f16x8, 0, toHalf, undefined, 1),
  ];
  for (const truncate of [false, true]) {
    const suffix = truncate ? 'Truncating' : '';
    for (const from of ['f32', 'f64'] as const) {
      const { format } = FLOAT_OPS[from];
      list.push(
        make(`${from}ToI32${suffix}`, S[from], S.i32, format, integer(32, truncate), toInteger(false, from, truncate)),
        make(`${from}ToI64${suffix}`, S[from], S.i64, format, integer(64, truncate), toInteger(true, from, truncate)),
      );
    }
    list.push(
      make(`f32x4ToI32x4${suffix}`, S.f32x4, S.i32x4, 0, integer(32, truncate), truncate ? truncateSingles : undefined),
      make(`f32x8ToI32x8${suffix}`, S.f32x8, S.i32x8, 0, integer(32, truncate)),
      make(`f64x2ToI32x4${suffix}`, S.f64x2, S.i32x4, DOUBLE, integer(32, truncate)),
      make(`f64x4ToI32x4${suffix}`, S.f64x4, S.i32x4, DOUBLE, integer(32, truncate)),
    );
  }
  return Object.fromEntries(list.map((recipe) => [recipe.name, recipe]));
}

const truncateSingles = way((q, x) => {
  const r = q.s.let(i32x4.trunc_sat_f32x4_s(x as V128));
  const exact = singles.all(singles.eq(f32x4.convert_i32x4_s(r), x));
  const fits = singles.all(singles.lt(singles.abs(x), singles.constant(2 ** 31)));
  return [r, i32.and(fits, i32.or(exact, q.inexactIsKnown()))];
});
