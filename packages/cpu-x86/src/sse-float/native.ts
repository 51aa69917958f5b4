/** When WebAssembly's own operations give what the processor gives, and raise nothing new. */
import { type FunctionBuilder, i32, type Value } from '@polyvisor/wasm';
import { EQUAL, GREATER, LESS, satisfies } from './compare.ts';
import type { Native, Quick, Recipe } from './operation.ts';
import type { FloatOps } from './shapes.ts';

type I32 = Value<'i32'>;
export type NativeWay = NonNullable<Recipe['native']>;

/**
 * A way for one part of each operand: the result, a mask of where it is right, and one of where it is exact. Where
 * that is left out the way needs inexact results to be known.
 */
type PartWay = (q: Quick, o: FloatOps, operands: readonly Value[]) => readonly [result: Value, ok: Value, exact?: Value];

/** Binds a value which is pure. */
const keep = (q: Quick, value: Value): Value => q.s.let(value);

/** Zero, a normal number or an infinity: no NaN and no denormal. */
export const usual = (o: FloatOps, x: Value): Value =>
  o.or(o.ge(o.abs(x), o.constant(o.smallest)), o.eq(x, o.constant(0)));
const finite = (o: FloatOps, x: Value): Value => o.lt(o.abs(x), o.constant(Infinity));
/** Above the smallest normal number, to which a result may be rounded that was tiny; and finite. */
export const inRange = (o: FloatOps, x: Value): Value => o.and(o.gt(o.abs(x), o.constant(o.smallest)), finite(o, x));

const both = (o: FloatOps, ...masks: readonly Value[]): Value => masks.reduce((a, b) => o.and(a, b));

/** Applies a way to each part. `when` is asked of MXCSR. */
const eachPart = (o: FloatOps, way: PartWay, when?: (q: Quick) => I32): NativeWay => (q, operands): Native => {
  const results: Value[] = [];
  const oks: Value[] = [];
  const exacts: Value[] = [];
  for (let part = 0; part < (operands[0]?.length ?? 0); part++) {
    const [result, right, exact] = way(q, o, operands.map((operand) => keep(q, o.from(operand[part] as Value))));
    results.push(keep(q, o.to(result)));
    oks.push(keep(q, right));
    if (exact !== undefined) exacts.push(keep(q, exact));
  }
  let ok = o.all(both(o, ...oks));
  if (exacts.length > 0) ok = i32.and(i32.or(q.inexactIsKnown(), o.all(both(o, ...exacts))), ok);
  return { results, ok: when === undefined ? ok : i32.and(when(q), ok) };
};

const ready = (q: Quick): I32 => q.ready();
const toNearest = (q: Quick): I32 => q.toNearest();
const pair = (operands: readonly Value[]): [Value, Value] => [operands[0] as Value, operands[1] as Value];

/** The error of a sum (Knuth's TwoSum): exact where nothing overflows. */
const sumError = (q: Quick, o: FloatOps, a: Value, b: Value, sum: Value): Value => {
  const part = keep(q, o.sub(sum, a));
  return o.add(o.sub(a, o.sub(sum, part)), o.sub(b, part));
};

/** The error of a product (Dekker's, Veltkamp's split): exact where nothing overflows or is near underflow. */
export const productError = (s: FunctionBuilder, o: FloatOps, a: Value, b: Value, product: Value): Value => {
  const split = (x: Value): readonly [high: Value, low: Value] => {
    const scaled = s.let(o.mul(x, o.constant(o.splitter)));
    const high = s.let(o.sub(scaled, o.sub(scaled, x)));
    return [high, s.let(o.sub(x, high))];
  };
  const [ah, al] = split(a);
  const [bh, bl] = split(b);
  const middle = o.add(o.add(o.sub(o.mul(ah, bh), product), o.mul(ah, bl)), o.mul(al, bh));
  return o.add(middle, o.mul(al, bl));
};
/** Whether errors of products as small as this can be computed. */
const farFromUnderflow = (o: FloatOps, x: Value): Value => o.ge(o.abs(x), o.constant(o.safeProduct));

// Sums and differences are exact where they are tiny.
const sum = (o: FloatOps, name: 'add' | 'sub', exactly: boolean): PartWay => (q, _, operands) => {
  const [a, b] = pair(operands);
  const r = keep(q, o[name](a, b));
  const ok = both(o, usual(o, a), usual(o, b), usual(o, r), finite(o, r));
  if (!exactly) return [r, ok];
  return [r, keep(q, ok), o.eq(sumError(q, o, a, name === 'add' ? b : keep(q, o.neg(b)), r), o.constant(0))];
};
export const nativeSum = (o: FloatOps, name: 'add' | 'sub'): NativeWay => eachPart(o, sum(o, name, false), ready);
export const exactSum = (o: FloatOps, name: 'add' | 'sub'): NativeWay => eachPart(o, sum(o, name, true), toNearest);

/** Where a product or quotient is in range, or zero because an operand is. */
const zeroOrInRange = (q: Quick, o: FloatOps, name: 'mul' | 'div', a: Value, b: Value, r: Value): Value => {
  const zero = o.constant(0);
  const expected = name === 'mul' ? o.or(o.eq(a, zero), o.eq(b, zero)) : o.eq(a, zero);
  const right = o.or(inRange(o, r), o.and(o.eq(r, zero), expected));
  return keep(q, both(o, usual(o, a), usual(o, b), right));
};

/** Products and quotients of normal numbers; with `zeros` also those that are zero because an operand is. */
export const nativeProduct = (o: FloatOps, name: 'mul' | 'div', zeros: boolean): NativeWay => eachPart(o, (q, _, operands) => {
  const [a, b] = pair(operands);
  const r = keep(q, o[name](a, b));
  if (zeros) return [r, zeroOrInRange(q, o, name, a, b, r)];
  return [r, both(o, o.ge(o.abs(a), o.constant(o.smallest)), o.ge(o.abs(b), o.constant(o.smallest)), inRange(o, r))];
}, ready);

export const exactProduct = (o: FloatOps, name: 'mul' | 'div'): NativeWay => eachPart(o, (q, _, operands) => {
  const [a, b] = pair(operands);
  const zero = o.constant(0);
  const r = keep(q, o[name](a, b));
  const ok = zeroOrInRange(q, o, name, a, b, r);
  // A quotient is exact where its product with the divisor is.
  const [x, y, product] = name === 'mul' ? [a, b, r] : [r, b, keep(q, o.mul(r, b))];
  const whole = name === 'mul' ? product : a;
  const error = o.and(o.eq(productError(q.s, o, x, y, product), zero), o.eq(product, whole));
  return [r, ok, o.or(o.eq(r, zero), o.and(farFromUnderflow(o, whole), error))];
}, toNearest);

export const nativeSqrt = (o: FloatOps): NativeWay => eachPart(o, (q, _, operands) => {
  const [a] = pair(operands);
  return [keep(q, o.sqrt(a)), o.and(o.ge(a, o.constant(o.smallest)), o.lt(a, o.constant(Infinity)))];
}, ready);

/** Roots of zeros as well, and exact ones. */
export const exactSqrt = (o: FloatOps): NativeWay => eachPart(o, (q, _, operands) => {
  const [a] = pair(operands);
  const zero = o.eq(a, o.constant(0));
  const r = keep(q, o.sqrt(a));
  const ok = o.and(o.or(o.ge(a, o.constant(o.smallest)), zero), o.lt(a, o.constant(Infinity)));
  const square = keep(q, o.mul(r, r));
  const error = o.and(o.eq(productError(q.s, o, r, r, square), o.constant(0)), o.eq(square, a));
  return [r, keep(q, ok), o.or(zero, o.and(farFromUnderflow(o, a), error))];
}, toNearest);

/** MIN and MAX give the second operand unless the first is strictly beyond it. */
export const nativeExtreme = (o: FloatOps, name: 'lt' | 'gt'): NativeWay => eachPart(o, (q, _, operands) => {
  const [a, b] = pair(operands);
  const r = o.pick(o.to(a), o.to(b), o[name](a, b));
  return [keep(q, o.from(r)), o.and(usual(o, a), usual(o, b))];
});

/** A comparison with a predicate known while emitting. To usual operands, of a pair of predicates one is the other. */
export const nativeCompare = (o: FloatOps, predicate: number): NativeWay => eachPart({ ...o, to: o.spread }, (q, _, operands) => {
  const [a, b] = pair(operands);
  const ok = o.and(usual(o, a), usual(o, b));
  const relation = [o.eq(a, b), o.lt(a, b), o.le(a, b), o.ne(a, a), o.ne(a, b), o.ge(a, b), o.gt(a, b), o.eq(a, a)][predicate & 7];
  return [keep(q, relation as Value), ok];
});

/** A comparison whose predicate is known at run time. */
export const nativeCompareAny = (o: FloatOps): NativeWay => (q, operands, extras) => {
  const predicate = extras[0] as I32;
  const masks = [GREATER, LESS, EQUAL].map((relation) => keep(q, o.maskOf(satisfies(i32.const(relation), predicate))));
  return eachPart({ ...o, to: o.spread }, (_, ops, values) => {
    const [a, b] = pair(values);
    const met = [ops.gt(a, b), ops.lt(a, b), ops.eq(a, b)].map((mask, i) => ops.and(mask, masks[i] as Value));
    return [keep(q, met.reduce((x, y) => ops.or(x, y))), ops.and(usual(ops, a), usual(ops, b))];
  })(q, operands, []);
};

/** COMIS and UCOMIS: ZF at 0x40 and CF at 1. */
export const nativeOrder = (o: FloatOps): NativeWay => (q, operands) => {
  const [a, b] = operands.map((operand) => keep(q, o.from(operand[0] as Value))) as [Value, Value];
  const flags = i32.or(o.lt(a, b) as I32, i32.shl(o.eq(a, b) as I32, 6));
  return { results: [keep(q, flags)], ok: o.all(o.and(usual(o, a), usual(o, b))) };
};

/** Rounding to an integer with an immediate known while emitting. */
export const nativeToIntegral = (o: FloatOps, imm: number): NativeWay => {
  const names = ['nearest', 'floor', 'ceil', 'trunc'] as const;
  const name = imm & 4 ? 'nearest' : names[imm & 3] ?? 'nearest';
  const way: PartWay = (q, _, operands) => {
    const [x] = pair(operands);
    const r = keep(q, o[name](x));
    return imm & 8 ? [r, usual(o, x)] : [r, usual(o, x), o.eq(r, x)];
  };
  return eachPart(o, way, imm & 4 ? toNearest : undefined);
};
