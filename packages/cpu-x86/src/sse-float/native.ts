/** When WebAssembly's own operations give what the processor gives, and raise nothing new. */
import { i32, type Value } from '@polyvisor/wasm';
import { EQUAL, GREATER, LESS, satisfies } from './compare.ts';
import type { Native, Quick, Recipe } from './operation.ts';
import type { FloatOps } from './shapes.ts';

type I32 = Value<'i32'>;
export type NativeWay = NonNullable<Recipe['native']>;

/** A way for one part of each operand: the result and a mask of where it is right. */
type PartWay = (q: Quick, o: FloatOps, operands: readonly Value[]) => readonly [result: Value, ok: Value];

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
  let ok: Value | undefined;
  for (let part = 0; part < (operands[0]?.length ?? 0); part++) {
    const [result, right] = way(q, o, operands.map((operand) => keep(q, o.from(operand[part] as Value))));
    results.push(keep(q, o.to(result)));
    ok = ok === undefined ? keep(q, right) : keep(q, o.and(ok, right));
  }
  const all = o.all(ok as Value);
  return { results, ok: when === undefined ? all : i32.and(when(q), all) };
};

const ready = (q: Quick): I32 => q.ready();
const pair = (operands: readonly Value[]): [Value, Value] => [operands[0] as Value, operands[1] as Value];

// Sums and differences are exact where they are tiny.
export const nativeSum = (o: FloatOps, name: 'add' | 'sub'): NativeWay => eachPart(o, (q, _, operands) => {
  const [a, b] = pair(operands);
  const r = keep(q, o[name](a, b));
  return [r, both(o, usual(o, a), usual(o, b), usual(o, r), finite(o, r))];
}, ready);

/** Products and quotients of normal numbers; with `zeros` also those that are zero because an operand is. */
export const nativeProduct = (o: FloatOps, name: 'mul' | 'div', zeros: boolean): NativeWay => eachPart(o, (q, _, operands) => {
  const [a, b] = pair(operands);
  const r = keep(q, o[name](a, b));
  if (!zeros) return [r, both(o, o.ge(o.abs(a), o.constant(o.smallest)), o.ge(o.abs(b), o.constant(o.smallest)), inRange(o, r))];
  const zero = o.constant(0);
  const exact = name === 'mul' ? o.or(o.eq(a, zero), o.eq(b, zero)) : o.eq(a, zero);
  const right = o.or(inRange(o, r), o.and(o.eq(r, zero), exact));
  return [r, both(o, usual(o, a), usual(o, b), right)];
}, ready);

export const nativeSqrt = (o: FloatOps): NativeWay => eachPart(o, (q, _, operands) => {
  const [a] = pair(operands);
  return [keep(q, o.sqrt(a)), o.and(o.ge(a, o.constant(o.smallest)), o.lt(a, o.constant(Infinity)))];
}, ready);

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
  const when = (q: Quick): I32 => imm & 4 ? q.toNearest() : i32.const(1);
  return (q, operands) => {
    let exact: Value | undefined;
    const native = eachPart(o, (_, ops, values) => {
      const [x] = pair(values);
      const r = keep(q, ops[name](x));
      const same = keep(q, ops.eq(r, x));
      exact = exact === undefined ? same : keep(q, ops.and(exact, same));
      return [r, usual(ops, x)];
    })(q, operands, []);
    const quiet = imm & 8 ? i32.const(1) : i32.or(o.all(exact as Value), q.inexactIsKnown());
    return { results: native.results, ok: i32.and(i32.and(native.ok, quiet), when(q)) };
  };
};
