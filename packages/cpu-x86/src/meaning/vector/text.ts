/**
 * SSE4.2's comparisons of text (Intel SDM vol. 2B, 4.1 "Imm8 Control Byte Operation for PCMPESTRI/PCMPESTRM/PCMPISTRI/
 * PCMPISTRM"). The first operand is the pattern, the second the text.
 */
import { i8x16, i16x8, i32, i32x4, i64, i64x2, select, v128, type FunctionBuilder, type Value } from '@polyvisor/wasm';
import type { EmitContext, Meaning } from '../context.ts';
import { helper } from '../helpers.ts';
import { as32, as64 } from '../words.ts';
import { front, IOTA } from './control.ts';
import type { Vector128 } from './operands.ts';
import { immediate, range, vectorMeanings } from './shapes.ts';

const ZERO = i64x2.const(0, 0);
type Count = Value<'i32'>;

interface Elements {
  readonly bytes: 1 | 2;
  readonly lanes: typeof i8x16 | typeof i16x8;
  /** The number of each element. */
  readonly numbers: Vector128;
  readonly signs: Vector128;
  readonly first: (a: Vector128) => Count;
}
const OF_BYTES: Elements = { bytes: 1, lanes: i8x16, numbers: IOTA, signs: i8x16.splat(0x80), first: (a) => i8x16.extract_lane_u(a, 0) };
const OF_WORDS: Elements = { bytes: 2, lanes: i16x8, numbers: i16x8.const(...range(0, 8)), signs: i16x8.splat(0x8000), first: (a) => i16x8.extract_lane_u(a, 0) };

/** Each element of the pattern in turn, everywhere in a vector. */
function eachOf(s: FunctionBuilder, kind: Elements, a: Vector128, count: Count, step: number, body: (one: Vector128, i: Count) => void): void {
  const i = s.var(i32.const(0));
  s.block((done) => s.loop((next) => {
    s.br_if(done, i32.ge_u(i32.add(i.get(), step - 1), count));
    const at = s.let(i.get());
    body(s.let(kind.lanes.splat(kind.first(front(a, i32.mul(at, kind.bytes))))), at);
    s.set(i, i32.add(at, step));
    s.br(next);
  }));
}

/** IntRes2 as a mask of bits, from both operands, their lengths and the control byte. */
const comparison = (kind: Elements) => helper(`compare-text-${kind.bytes}`, ['v128', 'v128', 'i32', 'i32', 'i32'], ['i32'], (s, a, b, la, lb, imm) => {
  const { lanes, bytes } = kind, count = 16 / bytes, all = (1 << count) - 1;
  const below = (length: Count): Vector128 => lanes.lt_u(kind.numbers, lanes.splat(length));
  const validA = s.let(below(la)), validB = s.let(below(lb)), result = s.var(ZERO);
  s.switch(i32.and(i32.shr_u(imm, 2), 3), [
    // Equal any.
    () => {
      eachOf(s, kind, a, la, 1, (one) => s.set(result, v128.or(result.get(), lanes.eq(one, b))));
      s.set(result, v128.and(result.get(), validB));
    },
    // Ranges: pairs of a least and a greatest element; signed ones are brought to the order of unsigned ones.
    () => {
      const flip = s.let(select(kind.signs, ZERO, i32.and(imm, 2)));
      const text = s.let(v128.xor(b, flip));
      eachOf(s, kind, s.let(v128.xor(a, flip)), la, 2, (least, i) => {
        const greatest = lanes.splat(kind.first(front(v128.xor(a, flip), i32.mul(i32.add(i, 1), bytes))));
        s.set(result, v128.or(result.get(), v128.and(lanes.ge_u(text, least), lanes.le_u(text, greatest))));
      });
      s.set(result, v128.and(result.get(), validB));
    },
    // Equal each: two elements that are both beyond the end are equal.
    () => {
      const both = v128.and(v128.and(validA, validB), lanes.eq(a, b));
      s.set(result, v128.or(both, v128.not(v128.or(validA, validB))));
    },
    // Equal ordered: the pattern begins here, as far as this vector tells.
    () => {
      s.set(result, v128.not(ZERO));
      eachOf(s, kind, a, la, 1, (one, i) => {
        const offset = s.let(i32.mul(i, bytes));
        const found = v128.and(lanes.eq(one, front(b, offset)), front(validB, offset));
        const inside = lanes.lt_u(kind.numbers, lanes.splat(i32.sub(count, i)));
        s.set(result, v128.and(result.get(), v128.or(found, v128.not(inside))));
      });
    },
  ]);
  const plain = s.let(lanes.bitmask(result.get()));
  const flipped = select(lanes.bitmask(validB), i32.const(all), i32.and(imm, 0x20));
  return [select(i32.xor(plain, flipped), plain, i32.and(imm, 0x10))];
});
const BYTES = comparison(OF_BYTES), WORDS = comparison(OF_WORDS);

/** The length of a string that ends with a zero. */
const implicitLength = (a: Vector128, wide: Count): Count => select(
  i32.ctz(i32.or(i16x8.bitmask(i16x8.eq(a, ZERO)), 0x100)), i32.ctz(i32.or(i8x16.bitmask(i8x16.eq(a, ZERO)), 0x10000)), wide);
/** The magnitude of a register, at most the number of elements. */
function explicitLength(c: EmitContext, name: 'rax' | 'rdx', count: Count): Count {
  const value = c.s.let(c.size === 64 ? as64(c.register(name, 64)) : i64.extend_i32_s(as32(c.register(name, 32))));
  const magnitude = c.s.let(select(i64.sub(0, value), value, i64.lt_s(value, 0)));
  // The least number has no positive counterpart; as an unsigned one it is large all the same.
  return c.s.let(select(i32.wrap_i64(magnitude), count, i64.lt_u(magnitude, i64.extend_i32_u(count))));
}

const BYTE_BITS = i8x16.const(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
const WORD_BITS = i16x8.const(1, 2, 4, 8, 16, 32, 64, 128);

const compare = (explicit: boolean, mask: boolean): Meaning => (c) => {
  const { s } = c, [b = ZERO] = c.vectors.get(1), [a = ZERO] = c.vectors.get(0), imm = immediate(c);
  const wide = s.let(i32.and(imm, 1)), count = s.let(i32.shr_u(16, wide));
  const la = explicit ? explicitLength(c, 'rax', count) : s.let(implicitLength(a, wide));
  const lb = explicit ? explicitLength(c, 'rdx', count) : s.let(implicitLength(b, wide));
  const found = s.if('i32', wide, () => s.call(c.helper(WORDS), a, b, la, lb, imm), () => s.call(c.helper(BYTES), a, b, la, lb, imm));
  if (mask) {
    const bytes = v128.and(i8x16.swizzle(i32x4.splat(found), i8x16.const(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1)), BYTE_BITS);
    const words = v128.and(i16x8.splat(found), WORD_BITS);
    const expanded = s.let(select(i16x8.eq(words, WORD_BITS), i8x16.eq(bytes, BYTE_BITS), wide));
    const result = s.let(select(expanded, i64x2.replace_lane(ZERO, i64.extend_i32_u(found), 0), i32.and(imm, 0x40)));
    c.vectors.setRegister(0, 0, result);
    if (c.vectors.vex) c.vectors.setRegister(0, 1, ZERO);
  } else {
    const most = i32.sub(31, i32.clz(found)), least = i32.ctz(found);
    const index = s.let(select(select(most, least, i32.and(imm, 0x40)), count, found));
    c.setRegister('rcx', index, 32);
  }
  const zero = i32.const(0);
  c.flags.update({ cf: i32.ne(found, 0), zf: i32.lt_u(lb, count), sf: i32.lt_u(la, count), of: i32.and(found, 1), af: zero, pf: zero });
};
export const textComparisons = vectorMeanings({
  PCMPESTRI: compare(true, false), PCMPESTRM: compare(true, true), PCMPISTRI: compare(false, false), PCMPISTRM: compare(false, true),
}, 'flags');
