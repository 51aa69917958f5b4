/** The transcendental functions as exact as wanted, by plain series over integers: slow, and by other ways than ours. */
import type { Case, Operation } from './records.ts';

/** A number n / 2^bits. */
export interface Fixed {
  readonly n: bigint;
  readonly bits: bigint;
}

const GUARD = 64n;
/** π/2 with 66 bits over 2^65, as the processors' argument reduction takes it. */
const HALF_PI_66 = 0x3243f6a8885a308d3n;

const atanOfInverse = (k: bigint, bits: bigint): bigint => {
  let sum = 0n;
  let power = (1n << bits) / k;
  for (let i = 1n, sign = 1n; power !== 0n; i += 2n, sign = -sign, power /= k * k) sum += (sign * power) / i;
  return sum;
};
const memo = new Map<string, bigint>();
const once = (name: string, bits: bigint, make: () => bigint): bigint => {
  const key = `${name}${bits}`;
  const known = memo.get(key) ?? make();
  memo.set(key, known);
  return known;
};
// Gauss's formula for π; ours is Machin's.
const piOf = (bits: bigint): bigint => once('pi', bits, () =>
  4n * (12n * atanOfInverse(18n, bits) + 8n * atanOfInverse(57n, bits) - 5n * atanOfInverse(239n, bits)));

const sine = (x: bigint, bits: bigint): bigint => {
  let sum = 0n;
  for (let term = x, k = 1n; term !== 0n && term !== -1n; k += 2n) {
    sum += term;
    term = -((((term * x) >> bits) * x) >> bits) / ((k + 1n) * (k + 2n));
  }
  return sum;
};
const cosine = (x: bigint, bits: bigint): bigint => {
  let sum = 0n;
  for (let term = 1n << bits, k = 0n; term !== 0n && term !== -1n; k += 2n) {
    sum += term;
    term = -((((term * x) >> bits) * x) >> bits) / ((k + 1n) * (k + 2n));
  }
  return sum;
};
const exponential = (x: bigint, bits: bigint): bigint => {
  // e^x = (e^(x/2^16))^(2^16), with bits to spare for the squarings.
  const more = bits + 40n;
  const small = (x << 40n) >> 16n;
  let value = 0n;
  for (let term = 1n << more, k = 1n; term !== 0n && term !== -1n; k++) {
    value += term;
    term = ((term * small) >> more) / k;
  }
  for (let i = 0; i < 16; i++) value = (value * value) >> more;
  return value >> 40n;
};
/** ln(x), by Newton's method from the host's. */
const logarithm = (x: bigint, bits: bigint): bigint => {
  let y = BigInt(Math.round(Math.log(Number((x << 60n) >> bits) / 2 ** 60) * 2 ** 48)) << (bits - 48n);
  for (let good = 40n; good < 2n * bits; good *= 2n) {
    const e = exponential(y, bits);
    y += 2n * (((x - e) << bits) / (x + e));
  }
  return y;
};
const ln2Of = (bits: bigint): bigint => once('ln2', bits, () => logarithm(2n << bits, bits));
/** arctan(y/x) for positive y and x, by halving the angle until the series is short. */
const arctangent = (y: bigint, x: bigint, bits: bigint): bigint => {
  if (y > x) return piOf(bits) / 2n - arctangent(x, y, bits);
  let t = (y << bits) / x;
  const one = 1n << bits;
  let doublings = 0n;
  for (; t > one >> 8n; doublings++) t = (t << bits) / (one + root(one * one + t * t));
  let sum = 0n;
  for (let power = t, k = 1n; power !== 0n && power !== -1n; k += 2n) {
    sum += power / k;
    power = -((((power * t) >> bits) * t) >> bits);
  }
  return sum << doublings;
};
const root = (n: bigint): bigint => {
  let x = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (let next = (x + n / x) >> 1n; next < x; next = (x + n / x) >> 1n) x = next;
  return x;
};

const signed = (sig: bigint, se: number): bigint => (se & 0x8000 ? -sig : sig);
const power = (se: number): number => Math.max(se & 0x7fff, 1) - 0x3fff - 63;
/** sig · 2^e in units of 2^-bits. */
const fixed = (sig: bigint, e: number, bits: bigint): bigint => {
  const shift = bits + BigInt(e);
  return shift >= 0n ? sig << shift : sig >> -shift;
};

/** The exact result of an operation of finite numbers in its domain. */
export const exactly = (op: Operation, c: Case): Fixed => {
  const ea = power(c.ase);
  // A small operand needs more bits; not under FYL2X, where it is taken apart into exponent and significand.
  const bits = BigInt(200 + Math.max(0, -ea - 60) * (op === 'fyl2x' ? 0 : 2)) + GUARD;
  const a = signed(c.a, c.ase);
  const b = signed(c.b, c.bse);
  switch (op) {
    case 'f2xm1': {
      const x = (fixed(a, ea, bits) * ln2Of(bits)) >> bits;
      return { n: exponential(x, bits) - (1n << bits), bits };
    }
    case 'fsin': case 'fcos': case 'fptan': {
      // The nearest multiple of the 66-bit π/2 is taken off, and its number says which function of the rest is meant.
      const unit = fixed(HALF_PI_66, -65, bits);
      const x = fixed(a, ea, bits);
      const turns = (2n * x + unit) / (2n * unit) - (2n * x + unit < 0n ? 1n : 0n);
      const rest = x - turns * unit;
      const quarter = Number(BigInt.asUintN(2, turns));
      const at = (q: number): bigint => [sine, cosine][q & 1]!(rest, bits) * (q & 2 ? -1n : 1n);
      if (op === 'fsin') return { n: at(quarter), bits };
      if (op === 'fcos') return { n: at(quarter + 1), bits };
      return { n: (at(quarter) << bits) / at(quarter + 1), bits };
    }
    case 'fpatan': {
      const eb = power(c.bse);
      const low = Math.min(ea, eb);
      const x = c.a << BigInt(ea - low);
      const y = c.b << BigInt(eb - low);
      const wide = 200n + GUARD + BigInt(Math.max(0, ea - eb)) * 2n;
      const angle = arctangent(y, x, wide);
      const turned = a < 0n ? piOf(wide) - angle : angle;
      return { n: b < 0n ? -turned : turned, bits: wide };
    }
    case 'fyl2x': case 'fyl2xp1': {
      let m = op === 'fyl2x' ? c.a : fixed(a, ea, bits) + (1n << bits);
      const scale = op === 'fyl2x' ? -ea : Number(bits);
      const length = m.toString(2).length;
      // m / 2^(length - 1) lies between one and two.
      m = fixed(m, 1 - length, bits);
      let whole = BigInt(length - 1 - scale);
      if (m * 2n > 3n << bits) { m >>= 1n; whole += 1n; }
      const log = (whole << bits) + (logarithm(m, bits) << bits) / ln2Of(bits);
      const eb = power(c.bse);
      return eb >= 0 ? { n: (b * log) << BigInt(eb), bits } : { n: b * log, bits: bits + BigInt(-eb) };
    }
    default: throw new Error(`${op} is not transcendental`);
  }
};

/** How far a result is from the exact one, in units of its last place. */
export const ulps = (sig: bigint, se: number, exact: Fixed): number => {
  const e = BigInt(power(se));
  // Both in units of 2^-shift of the last place, 2^20 parts.
  const parts = 20n;
  const shift = exact.bits + e - parts;
  const scaled = shift >= 0n ? exact.n >> shift : exact.n << -shift;
  return Number(scaled - (signed(sig, se) << parts)) / 2 ** Number(parts);
};
