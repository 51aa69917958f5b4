/** Multiplication and division (Intel SDM vol. 2A, "DIV", "IDIV", "IMUL"; vol. 2B, "MUL"). */
import { i32, i64, type Value } from '@polyvisor/wasm';
import { type EmitContext, type Meaning, type Meanings, Vector } from './context.ts';
import { as32, as64, signExtend, type Size, type Word } from './words.ts';

/** Upper 64 bits of an unsigned product, from four products of 32 bits. */
const highProduct = (c: EmitContext, a: Value<'i64'>, b: Value<'i64'>): Value<'i64'> => {
  const { s } = c;
  const x = s.let(a), y = s.let(b);
  const low = (v: Value<'i64'>): Value<'i64'> => i64.and(v, i64.const(-1, 0));
  const high = (v: Value<'i64'>): Value<'i64'> => i64.shr_u(v, 32);
  const middle = s.let(i64.add(i64.mul(high(x), low(y)), high(i64.mul(low(x), low(y)))));
  const other = s.let(i64.add(i64.mul(low(x), high(y)), low(middle)));
  return s.let(i64.add(i64.add(i64.mul(high(x), high(y)), high(middle)), high(other)));
};
/** The same, signed: each negative factor takes the other one from the upper half. */
const highSigned = (c: EmitContext, a: Value<'i64'>, b: Value<'i64'>): Value<'i64'> => {
  const unsigned = highProduct(c, a, b);
  return c.s.let(i64.sub(i64.sub(unsigned, i64.and(i64.shr_s(a, 63), b)), i64.and(i64.shr_s(b, 63), a)));
};

/** CF and OF say that the upper half matters; the others are undefined and follow the low half. */
const productFlags = (c: EmitContext, low: Word, size: Size, overflow: Value<'i32'>): void => {
  c.flags.resultWith(low, size, c.s.let(overflow), i32.const(0));
  c.flags.setOverflow(c.s.let(c.flags.cf()));
};

const wideProduct = (signed: boolean): Meaning => (c) => {
  const { s, size } = c;
  const source = c.get(0), factor = s.let(c.register('rax', size));
  if (size === 64) {
    const a = as64(source), b = as64(factor);
    const low = s.let(i64.mul(a, b)), high = signed ? highSigned(c, a, b) : highProduct(c, a, b);
    c.setRegister('rax', low, 64);
    c.setRegister('rdx', high, 64);
    productFlags(c, low, 64, i64.ne(high, signed ? i64.shr_s(low, 63) : 0));
    return;
  }
  const wide = (w: Word): Value<'i64'> => (signed ? i64.extend_i32_s(as32(signExtend(w, size))) : i64.extend_i32_u(as32(w)));
  const product = s.let(i64.mul(wide(source), wide(factor)));
  const low = s.let(i32.wrap_i64(product));
  if (size === 8) c.setRegister('rax', low, 16);
  else {
    c.setRegister('rax', low, size);
    c.setRegister('rdx', s.let(i32.wrap_i64(i64.shr_u(product, size))), size);
  }
  const kept = signed ? i64.extend_i32_s(as32(signExtend(low, size))) : i64.and(product, i64.const(size === 32 ? -1 : (1 << size) - 1, 0));
  productFlags(c, low, size, i64.ne(product, kept));
};

/** IMUL with two or three operands: the factors are operands `first` and `first + 1`. */
const imul: Meaning = (c) => {
  const { s, size } = c;
  const first = hasThree(c) ? 1 : 0;
  const a = c.get(first), b = c.get(first + 1);
  if (size === 64) {
    const low = s.let(i64.mul(as64(a), as64(b)));
    const high = highSigned(c, as64(a), as64(b));
    c.set(0, low);
    productFlags(c, low, 64, i64.ne(high, i64.shr_s(low, 63)));
    return;
  }
  const wide = (w: Word): Value<'i64'> => i64.extend_i32_s(as32(signExtend(w, size)));
  const product = s.let(i64.mul(wide(a), wide(b)));
  const low = s.let(i32.wrap_i64(product));
  c.set(0, low);
  productFlags(c, low, size, i64.ne(product, wide(low)));
};
const hasThree = (c: EmitContext): boolean => c.operands === 3;

const fault = (c: EmitContext, when: Value<'i32'>): void => c.s.if(when, () => c.raise(Vector.divide));

/** 128 by 64 bits, unsigned, the quotient known to fit: one bit at a time unless the upper half is zero. */
const longDivision = (c: EmitContext, high: Value<'i64'>, low: Value<'i64'>, by: Value<'i64'>): { quotient: Value<'i64'>; remainder: Value<'i64'> } => {
  const { s } = c;
  const quotient = s.var(low), remainder = s.var(high);
  s.if(i64.eqz(high), () => {
    s.set(remainder, i64.rem_u(low, by));
    s.set(quotient, i64.div_u(low, by));
  }, () => {
    const left = s.var(i32.const(64));
    s.loop((next) => {
      const out = s.let(i64.shr_u(remainder.get(), 63));
      s.set(remainder, i64.or(i64.shl(remainder.get(), 1), i64.shr_u(quotient.get(), 63)));
      s.set(quotient, i64.shl(quotient.get(), 1));
      s.if(i32.or(i32.wrap_i64(out), i64.ge_u(remainder.get(), by)), () => {
        s.set(remainder, i64.sub(remainder.get(), by));
        s.set(quotient, i64.or(quotient.get(), 1));
      });
      s.set(left, i32.sub(left.get(), 1));
      s.br_if(next, left.get());
    });
  });
  return { quotient: s.let(quotient.get()), remainder: s.let(remainder.get()) };
};

const divide64 = (signed: boolean): Meaning => (c) => {
  const { s } = c;
  const given = as64(c.get(0));
  fault(c, i64.eqz(given));
  const low = s.let(as64(c.register('rax', 64))), high = s.let(as64(c.register('rdx', 64)));
  if (!signed) {
    fault(c, i64.ge_u(high, given));
    const { quotient, remainder } = longDivision(c, high, low, given);
    c.setRegister('rax', quotient, 64);
    c.setRegister('rdx', remainder, 64);
    return;
  }
  const negative = s.let(i64.shr_s(high, 63)), sign = s.let(i64.shr_s(given, 63));
  const by = s.let(i64.sub(i64.xor(given, sign), sign));
  // The magnitude of the dividend: both halves inverted, and one added with its carry.
  const lowPart = s.let(i64.sub(i64.xor(low, negative), negative));
  const carry = i64.and(i64.extend_i32_u(i64.eqz(lowPart)), negative);
  const highPart = s.let(i64.add(i64.xor(high, negative), carry));
  fault(c, i64.ge_u(highPart, by));
  const { quotient, remainder } = longDivision(c, highPart, lowPart, by);
  const flip = s.let(i64.xor(negative, sign));
  const result = s.let(i64.sub(i64.xor(quotient, flip), flip));
  // The quotient fits when it has the sign it must have, or is zero.
  fault(c, i32.and(i64.ne(quotient, 0), i64.ne(i64.shr_s(result, 63), flip)));
  c.setRegister('rax', result, 64);
  c.setRegister('rdx', s.let(i64.sub(i64.xor(remainder, negative), negative)), 64);
};

const divide = (signed: boolean): Meaning => (c) => {
  const { s, size } = c;
  if (size === 64) { divide64(signed)(c); return; }
  const source = as32(c.get(0));
  fault(c, i32.eqz(source));
  const by = s.let(signed ? i64.extend_i32_s(as32(signExtend(source, size))) : i64.extend_i32_u(source));
  let dividend: Value<'i64'>;
  if (size === 8) {
    const ax = as32(c.register('rax', 16));
    dividend = signed ? i64.extend_i32_s(i32.extend16_s(ax)) : i64.extend_i32_u(ax);
  } else {
    const upper = i64.shl(i64.extend_i32_u(as32(c.register('rdx', size))), size);
    const both = i64.or(upper, i64.extend_i32_u(as32(c.register('rax', size))));
    dividend = signed && size === 16 ? i64.extend32_s(both) : both;
  }
  const n = s.let(dividend);
  // The one signed division of 64 bits that traps; its quotient would not fit in any case.
  if (signed) fault(c, i32.and(i64.eq(n, i64.const(0, 0x80000000)), i64.eq(by, -1)));
  const quotient = s.let(signed ? i64.div_s(n, by) : i64.div_u(n, by));
  const bits = i64.shl(quotient, 64 - size);
  fault(c, i64.ne(quotient, signed ? i64.shr_s(bits, 64 - size) : i64.shr_u(bits, 64 - size)));
  const q = s.let(i32.wrap_i64(quotient));
  const r = s.let(i32.wrap_i64(signed ? i64.rem_s(n, by) : i64.rem_u(n, by)));
  if (size === 8) c.setRegister('rax', s.let(i32.or(i32.and(q, 0xff), i32.shl(i32.and(r, 0xff), 8))), 16);
  else {
    c.setRegister('rax', q, size);
    c.setRegister('rdx', r, size);
  }
};

/** MULX: no flags; the upper half wins when both destinations are one register. */
const mulx: Meaning = (c) => {
  const { s, size } = c;
  const source = c.get(2), factor = s.let(c.register('rdx', size));
  if (size === 64) {
    const high = highProduct(c, as64(source), as64(factor));
    c.set(1, s.let(i64.mul(as64(source), as64(factor))));
    c.set(0, high);
    return;
  }
  const product = s.let(i64.mul(i64.extend_i32_u(as32(source)), i64.extend_i32_u(as32(factor))));
  c.set(1, s.let(i32.wrap_i64(product)));
  c.set(0, s.let(i32.wrap_i64(i64.shr_u(product, 32))));
};

export const multiplication: Meanings = {
  MUL: { build: wideProduct(false), cold: true }, IMUL1: { build: wideProduct(true), cold: true },
  IMUL: { build: imul }, DIV: { build: divide(false), cold: true }, IDIV: { build: divide(true), cold: true },
  MULX: { build: mulx, cold: true },
};
