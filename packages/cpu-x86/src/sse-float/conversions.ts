/** Conversions between shapes. */
import { f32, f32x4, f64, f64x2, i32, i32x4, i64, i64x2, i8x16, type Value } from '@polyvisor/wasm';
import { DOUBLE } from './format.ts';
import { truncating } from './integral.ts';
import { inRange, type NativeWay, usual } from './native.ts';
import type { Quick, Recipe } from './operation.ts';
import { FLOAT_OPS, type Shape, SHAPES } from './shapes.ts';
import type { Soft } from './soft.ts';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;
type V128 = Value<'v128'>;

/** A way for one value. */
const way = (make: (q: Quick, x: Value) => readonly [Value, I32]): NativeWay => (q, operands) => {
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

/** The two upper singles of a vector. */
const upper = (x: Value): V128 => i64x2.splat(i64x2.extract_lane(x as V128, 1));
const promoteHalves: NativeWay = (q, [parts]) => {
  const [x] = parts ?? [];
  const low = promoteLow(q, [[x as Value]], []), high = promoteLow(q, [[q.s.let(upper(x as Value))]], []);
  return { results: [...low.results, ...high.results], ok: i32.and(low.ok, high.ok) };
};

/** Doubles to singles in the low half of a vector, zero above; whether they are right, whether exact. */
const demoteHalf = (q: Quick, x: Value): readonly [result: V128, ok: Value, exact: Value] => {
  const r = q.s.let(f32x4.demote_f64x2_zero(x as V128));
  const back = q.s.let(f64x2.promote_low_f32x4(r));
  const size = q.s.let(doubles.abs(back));
  const inRange = doubles.and(doubles.gt(size, doubles.constant(single.smallest)), doubles.lt(size, doubles.constant(Infinity)));
  return [r, doubles.or(inRange, doubles.eq(x, doubles.constant(0))), doubles.eq(back, x)];
};
/** Joins results in the low halves of vectors, if all are right. */
const intoOne = (half: typeof demoteHalf, nearest: boolean): NativeWay => (q, [parts]) => {
  const halves = (parts ?? []).map((x) => half(q, x));
  const join = (k: 0 | 1 | 2): Value => halves.map((each) => each[k]).reduce((low, high) => k === 0
    ? i8x16.shuffle(low as V128, high as V128, LOW_HALVES) : doubles.and(low, high));
  const known = i32.or(q.inexactIsKnown(), doubles.all(join(2)));
  const ok = i32.and(doubles.all(join(1)), known);
  return { results: [q.s.let(join(0))], ok: nearest ? i32.and(q.toNearest(), ok) : ok };
};
const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

/** Doubles to integers, as above. */
const integerHalf = (truncate: boolean): typeof demoteHalf => (q, x) => {
  const rounded = truncate ? x : q.s.let(doubles.nearest(x));
  const r = q.s.let(i32x4.trunc_sat_f64x2_s_zero(rounded as V128));
  return [r, doubles.lt(doubles.abs(rounded), doubles.constant(2 ** 31)), doubles.eq(f64x2.convert_low_i32x4_s(r), x)];
};

/** Singles to integers. */
const singlesToIntegers = (truncate: boolean): NativeWay => (q, [parts]) => {
  const oks: I32[] = [], exacts: I32[] = [];
  const results = (parts ?? []).map((x) => {
    const rounded = truncate ? x : q.s.let(singles.nearest(x));
    const r = q.s.let(i32x4.trunc_sat_f32x4_s(rounded as V128));
    oks.push(q.s.let(singles.all(singles.lt(singles.abs(rounded), singles.constant(2 ** 31)))));
    exacts.push(q.s.let(singles.all(singles.eq(f32x4.convert_i32x4_s(r), x))));
    return r;
  });
  const all = (list: I32[]): I32 => list.reduce((a, b) => i32.and(a, b));
  const ok = i32.and(all(oks), i32.or(q.inexactIsKnown(), all(exacts)));
  return { results, ok: truncate ? ok : i32.and(q.toNearest(), ok) };
};
const integersToSingles: NativeWay = (q, [parts]) =>
  ({ ok: q.ready(), results: (parts ?? []).map((part) => q.s.let(f32x4.convert_i32x4_s(part as V128))) });
const integersToDoubles = (halves: 1 | 2): NativeWay => (q, [parts]) => {
  const [n] = parts ?? [];
  const lists = [n as Value, upper(n as Value)].slice(0, halves);
  return { ok: i32.const(1), results: lists.map((part) => q.s.let(f64x2.convert_low_i32x4_s(part as V128))) };
};

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
    make('f64x2ToF32x4', S.f64x2, S.f32x4, DOUBLE, resize, intoOne(demoteHalf, true)),
    make('f32x4ToF64x4', S.f32x4, S.f64x4, 0, resize, promoteHalves),
    make('f64x4ToF32x4', S.f64x4, S.f32x4, DOUBLE, resize, intoOne(demoteHalf, true)),
    make('i32ToF32', S.i32, S.f32, 0, fromInteger, fromI32ToF32),
    make('i32ToF64', S.i32, S.f64, DOUBLE, fromInteger, fromI32ToF64),
    make('i64ToF32', S.i64, S.f32, 0, fromInteger, fromI64('f32')),
    make('i64ToF64', S.i64, S.f64, DOUBLE, fromInteger, fromI64('f64')),
    make('i32x4ToF32x4', S.i32x4, S.f32x4, 0, fromInteger, integersToSingles),
    make('i32x8ToF32x8', S.i32x8, S.f32x8, 0, fromInteger, integersToSingles),
    make('i32x4ToF64x2', S.i32x4, S.f64x2, DOUBLE, fromInteger, integersToDoubles(1)),
    make('i32x4ToF64x4', S.i32x4, S.f64x4, DOUBLE, fromInteger, integersToDoubles(2)),
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
      make(`f32x4ToI32x4${suffix}`, S.f32x4, S.i32x4, 0, integer(32, truncate), singlesToIntegers(truncate)),
      make(`f32x8ToI32x8${suffix}`, S.f32x8, S.i32x8, 0, integer(32, truncate), singlesToIntegers(truncate)),
      make(`f64x2ToI32x4${suffix}`, S.f64x2, S.i32x4, DOUBLE, integer(32, truncate), intoOne(integerHalf(truncate), !truncate)),
      make(`f64x4ToI32x4${suffix}`, S.f64x4, S.i32x4, DOUBLE, integer(32, truncate), intoOne(integerHalf(truncate), !truncate)),
    );
  }
  return Object.fromEntries(list.map((recipe) => [recipe.name, recipe]));
}
