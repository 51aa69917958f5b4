/** What the scalar instructions mean, in JavaScript: integers as unsigned bigints, floats as numbers. */
type Integer = (a: bigint, b: bigint) => bigint;
type Float = (a: number, b: number) => number;

const bool = (condition: boolean): bigint => (condition ? 1n : 0n);

/** Integer instructions of a width; those that trap throw. Results are taken modulo the width by the caller. */
export const integerReference = (bits: number): Record<string, Integer> => {
  const size = BigInt(bits);
  const s = (x: bigint): bigint => BigInt.asIntN(bits, x);
  const u = (x: bigint): bigint => BigInt.asUintN(bits, x);
  const extend = (from: number): Integer => (a) => BigInt.asIntN(from, a);
  const trap = (condition: boolean): void => {
    if (condition) throw new RangeError('trap');
  };
  const divS: Integer = (a, b) => {
    trap(b === 0n || (s(b) === -1n && s(a) === -(1n << (size - 1n))));
    return s(a) / s(b);
  };
  return {
    eqz: (a) => bool(a === 0n),
    eq: (a, b) => bool(a === b),
    ne: (a, b) => bool(a !== b),
    lt_s: (a, b) => bool(s(a) < s(b)),
    lt_u: (a, b) => bool(a < b),
    gt_s: (a, b) => bool(s(a) > s(b)),
    gt_u: (a, b) => bool(a > b),
    le_s: (a, b) => bool(s(a) <= s(b)),
    le_u: (a, b) => bool(a <= b),
    ge_s: (a, b) => bool(s(a) >= s(b)),
    ge_u: (a, b) => bool(a >= b),
    clz: (a) => BigInt(bits - (a === 0n ? 0 : a.toString(2).length)),
    ctz: (a) => (a === 0n ? size : BigInt(a.toString(2).length - 1 - a.toString(2).lastIndexOf('1'))),
    popcnt: (a) => BigInt(a.toString(2).replaceAll('0', '').length),
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    mul: (a, b) => a * b,
    div_s: divS,
    div_u: (a, b) => {
      trap(b === 0n);
      return a / b;
    },
    rem_s: (a, b) => {
      trap(b === 0n);
      return s(a) % s(b);
    },
    rem_u: (a, b) => {
      trap(b === 0n);
      return a % b;
    },
    and: (a, b) => a & b,
    or: (a, b) => a | b,
    xor: (a, b) => a ^ b,
    shl: (a, b) => a << (b % size),
    shr_s: (a, b) => s(a) >> (b % size),
    shr_u: (a, b) => a >> (b % size),
    rotl: (a, b) => (a << (b % size)) | (a >> (size - (b % size))),
    rotr: (a, b) => (a >> (b % size)) | u(a << (size - (b % size))),
    extend8_s: extend(8),
    extend16_s: extend(16),
    extend32_s: extend(32),
    extend_i32_s: extend(32),
    extend_i32_u: (a) => BigInt.asUintN(32, a),
    wrap_i64: (a) => a,
  };
};

/** Rounds to the nearest integer, ties to even. */
export const nearest = (a: number): number => {
  if (!Number.isFinite(a) || Math.abs(a) >= 2 ** 52) return a;
  const down = Math.floor(a);
  const rest = a - down;
  const rounded = rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
  return rounded === 0 && (a < 0 || Object.is(a, -0)) ? -0 : rounded;
};

const sign = (a: number): number => (a < 0 || Object.is(a, -0) ? -1 : 1);

/** Floating-point instructions; `round` gives the width's precision. */
export const floatReference = (round: (a: number) => number): Record<string, Float> => ({
  eq: (a, b) => Number(a === b),
  ne: (a, b) => Number(a !== b),
  lt: (a, b) => Number(a < b),
  gt: (a, b) => Number(a > b),
  le: (a, b) => Number(a <= b),
  ge: (a, b) => Number(a >= b),
  abs: (a) => Math.abs(a),
  neg: (a) => -a,
  ceil: (a) => Math.ceil(a),
  floor: (a) => Math.floor(a),
  trunc: (a) => Math.trunc(a),
  nearest,
  sqrt: (a) => round(Math.sqrt(a)),
  add: (a, b) => round(a + b),
  sub: (a, b) => round(a - b),
  mul: (a, b) => round(a * b),
  div: (a, b) => round(a / b),
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  pmin: (a, b) => (b < a ? b : a),
  pmax: (a, b) => (a < b ? b : a),
  copysign: (a, b) => Math.abs(a) * sign(b),
});

/** A float as an integer of a width, saturating. */
export const truncate = (a: number, bits: number, signed: boolean): bigint => {
  if (Number.isNaN(a)) return 0n;
  const low = signed ? -(1n << BigInt(bits - 1)) : 0n;
  const high = (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
  if (a === Infinity) return high;
  if (a === -Infinity) return low;
  const whole = BigInt(Math.trunc(a));
  return whole < low ? low : whole > high ? high : whole;
};
