/** Shifts and rotates (Intel SDM vol. 2B, "RCL/RCR/ROL/ROR", "SAL/SAR/SHL/SHR", "SHLD", "SHRD"). */
import { i32, i64, ifElse, select, type Value } from '@polyvisor/wasm';
import type { EmitContext, Meaning, Meanings } from './context.ts';
import { as32, as64, bit0, choose, fromI64, signBit, signExtend, type Size, toU64, type Word, wordOps, zeroExtend } from './words.ts';

/** The count, masked to 5 bits, or 6 for 64-bit operands, as an `i32`. */
const maskedCount = (c: EmitContext, n: number): Value<'i32'> => {
  const given = c.get(n);
  const low = c.sizeOf(n) === 64 ? i32.wrap_i64(as64(given)) : as32(given);
  return c.s.let(i32.and(low, c.size === 64 ? 63 : 31));
};
const asWord = (count: Value<'i32'>, size: Size): Word => fromI64(i64.extend_i32_u(count), size);

/** With a count of zero the destination is written but no flag changes. */
const shift = (
  compute: (c: EmitContext, a: Word, count: Value<'i32'>) => Word,
  carries: (c: EmitContext, a: Word, r: Word, count: Value<'i32'>) => { cf: Value<'i32'>; of: Value<'i32'> },
): Meaning => (c) => {
  const count = maskedCount(c, 1);
  c.modify(0, (a) => compute(c, a, count), (a, r) => {
    c.s.if(count, () => {
      const { cf, of } = carries(c, a, r, count);
      c.flags.resultWith(r, c.size, c.s.let(cf), c.s.let(of));
    });
  });
};

const shl = shift(
  // For 8 and 16 bits the i32 shift keeps counts up to 31; what leaves the top is cut off when it is written.
  (c, a, n) => wordOps(c.size).shl(a, asWord(n, c.size)),
  (c, a, r, n) => {
    const { size, s } = c, w = wordOps(size);
    // The last bit out is bit `size - count` of the operand; it is zero when the count exceeds the size.
    const cf = size < 32
      ? s.let(i32.and(i32.shr_u(as32(w.shl(a, n)), size), 1))
      : s.let(bit0(w.shr_u(a, w.sub(w.const(size), asWord(n, size))), size));
    return { cf, of: i32.xor(cf, signBit(r, size)) };
  },
);
const shr = shift(
  (c, a, n) => wordOps(c.size).shr_u(a, asWord(n, c.size)),
  (c, a, _, n) => {
    const w = wordOps(c.size);
    return { cf: bit0(w.shr_u(a, w.sub(asWord(n, c.size), 1)), c.size), of: signBit(a, c.size) };
  },
);
const sar = shift(
  (c, a, n) => wordOps(c.size).shr_s(signExtend(a, c.size), asWord(n, c.size)),
  (c, a, _, n) => {
    const w = wordOps(c.size);
    return { cf: bit0(w.shr_s(signExtend(a, c.size), w.sub(asWord(n, c.size), 1)), c.size), of: i32.const(0) };
  },
);

const rotated = (size: Size, a: Word, count: Value<'i32'>, left: boolean): Word => {
  const w = wordOps(size), n = asWord(count, size);
  if (size >= 32) return left ? w.rotl(a, n) : w.rotr(a, n);
  const m = i32.and(count, size - 1), back = i32.and(i32.sub(0, count), size - 1);
  return left ? i32.or(i32.shl(as32(a), m), i32.shr_u(as32(a), back)) : i32.or(i32.shr_u(as32(a), m), i32.shl(as32(a), back));
};
const rotate = (left: boolean): Meaning => (c) => {
  const { s, size } = c, count = maskedCount(c, 1);
  c.modify(0, (a) => rotated(size, a, count, left), (_, r) => {
    s.if(count, () => {
      const top = s.let(signBit(r, size));
      const w = wordOps(size);
      const next = bit0(w.shr_u(r, size - 2), size);
      const cf = left ? s.let(bit0(r, size)) : top;
      c.flags.setCarry(cf);
      c.flags.setOverflow(i32.xor(top, left ? cf : next));
    });
  });
};

/**
 * Rotations through CF: of `size + 1` bits. Up to 32 bits they are done in 64, where a rotation by `count` is two
 * shifts of the widened operand; with 64 bits the two halves are shifted separately.
 */
const rotateCarry = (left: boolean): Meaning => (c) => {
  const { s, size } = c;
  const masked = maskedCount(c, 1);
  const count = size < 32 ? s.let(i32.rem_u(masked, size + 1)) : masked;
  const carry = s.let(i64.extend_i32_u(c.flags.cf()));
  // Where a bit came from: the part shifted one way, CF in its place, the part that went around.
  const compute = (a: Word): Word => {
    const n = s.let(i64.extend_i32_u(count)), wide = s.let(toU64(a, size));
    const rest = s.let(i64.sub(size, n));
    // A shift by 64 is a shift by 0 in WebAssembly: the far part is shifted in two steps.
    const far = left ? i64.shr_u(i64.shr_u(wide, rest), 1) : i64.shl(i64.shl(wide, rest), 1);
    const near = left ? i64.shl(wide, n) : i64.shr_u(wide, n);
    const inserted = left ? i64.shl(carry, i64.sub(n, 1)) : i64.shl(carry, rest);
    return fromI64(select(s.let(i64.or(i64.or(near, far), inserted)), wide, count), size);
  };
  c.modify(0, compute, (a, r) => {
    s.if(count, () => {
      const wide = toU64(a, size), n = i64.extend_i32_u(count);
      const out = s.let(i32.and(i32.wrap_i64(left ? i64.shr_u(wide, i64.sub(size, n)) : i64.shr_u(wide, i64.sub(n, 1))), 1));
      c.flags.setCarry(out);
      const w = wordOps(size), top = s.let(signBit(r, size));
      c.flags.setOverflow(i32.xor(top, left ? out : bit0(w.shr_u(r, size - 2), size)));
    });
  });
};

/** 16-bit counts above 16 give what shifting the concatenation dest:src:dest gives; the manual leaves it undefined. */
const double = (left: boolean): Meaning => (c) => {
  const { s, size } = c, w = wordOps(size);
  const count = maskedCount(c, 2), b = c.get(1);
  const compute = (a: Word): Word => {
    if (size === 16) {
      const x = as32(a), y = as32(b), z = i32.and(i32.sub(32, count), 31);
      if (left) {
        const all = s.let(i32.or(i32.shl(x, 16), y));
        return s.let(i32.shr_u(i32.or(i32.shl(all, count), ifElse(count, i32.shr_u(i32.or(i32.shl(x, 16), y), z), 0)), 16));
      }
      const all = s.let(i32.or(i32.shl(y, 16), x));
      return s.let(i32.or(i32.shr_u(all, count), ifElse(count, i32.shl(x, z), 0)));
    }
    const n = asWord(count, size), rest = w.sub(w.const(size), n);
    const shifted = left ? w.or(w.shl(a, n), w.shr_u(b, rest)) : w.or(w.shr_u(a, n), w.shl(b, rest));
    return choose(s.let(shifted), a, count);
  };
  c.modify(0, compute, (a, r) => {
    s.if(count, () => {
      const n = asWord(count, size);
      const out = left
        ? size === 16 ? i32.and(i32.shr_u(i32.shl(as32(a), count), 16), 1) : bit0(w.shr_u(a, w.sub(w.const(size), n)), size)
        : bit0(w.shr_u(a, w.sub(n, 1)), size);
      const of = i32.xor(signBit(a, size), signBit(zeroExtend(r, size), size));
      c.flags.resultWith(r, size, s.let(out), s.let(of));
    });
  });
};

export const shifts: Meanings = {
  SHL: { build: shl }, SAL: { build: shl }, SHR: { build: shr }, SAR: { build: sar },
  ROL: { build: rotate(true), cold: true }, ROR: { build: rotate(false), cold: true },
  RCL: { build: rotateCarry(true), cold: true }, RCR: { build: rotateCarry(false), cold: true },
  SHLD: { build: double(true), cold: true }, SHRD: { build: double(false), cold: true },
};
