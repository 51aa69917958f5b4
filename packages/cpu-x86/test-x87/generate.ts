import type { Case, Operation } from './records.ts';

/** A small generator of 32-bit numbers (xorshift with 128 bits of state), seeded. */
export class Random {
  readonly #state: Uint32Array;

  constructor(seed: number) {
    this.#state = Uint32Array.of(seed, 0x9e3779b9, 0x7f4a7c15, 0xf39cc060);
    for (let i = 0; i < 32; i++) this.next();
  }

  next(): number {
    const s = this.#state;
    const t = s[3]! ^ (s[3]! << 11);
    s[3] = s[2]!;
    s[2] = s[1]!;
    s[1] = s[0]!;
    s[0] = s[1] ^ (s[1] >>> 19) ^ t ^ (t >>> 8);
    return s[0];
  }

  below(n: number): number {
    return this.next() % n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  bits64(): bigint {
    return (BigInt(this.next()) << 32n) | BigInt(this.next());
  }
}

/** A number as significand and sign with exponent. */
export type Extended = readonly [sig: bigint, se: number];

const TOP = 1n << 63n;
const ONES = (1n << 64n) - 1n;

const cornerSignificands = [
  0n, 1n, 2n, 3n, TOP >> 1n, TOP - 1n, TOP, TOP + 1n, TOP | (TOP >> 1n), ONES, ONES - 1n, TOP | (1n << 39n),
  TOP | (1n << 10n), TOP | (3n << 39n), TOP | (3n << 10n), TOP | ((1n << 40n) - 1n), TOP | ((1n << 11n) - 1n),
  ONES << 40n & ONES, ONES << 11n & ONES, (TOP | (TOP >> 1n)) + 1n, (TOP >> 1n) | 1n,
];
const cornerExponents = [
  0, 1, 2, 3, 23, 53, 63, 64, 65, 0x1fff, 0x2000, 0x3bcd, 0x3c01, 0x3f6a, 0x3f81, 0x3fbe, 0x3fbf, 0x3ffd, 0x3ffe,
  0x3fff, 0x4000, 0x4001, 0x400d, 0x400e, 0x401d, 0x401e, 0x403c, 0x403d, 0x403e, 0x403f, 0x407e, 0x407f, 0x43fe,
  0x43ff, 0x5fff, 0x7ffb, 0x7ffc, 0x7ffd, 0x7ffe, 0x7fff,
];

/** Every corner: significands of all classes with exponents of all classes, positive. */
export const corners: readonly Extended[] = cornerExponents.flatMap((e) => cornerSignificands.map((sig): Extended => [sig, e]));

const significand = (r: Random): bigint => {
  switch (r.below(8)) {
    case 0: return r.pick(cornerSignificands);
    case 1: return TOP | (1n << BigInt(r.below(64)));
    case 2: return TOP | (r.bits64() >> BigInt(r.below(64)));
    case 3: return (r.bits64() | TOP) & (ONES << BigInt(r.below(64)));
    case 4: return ((ONES << BigInt(r.below(64))) & ONES) | TOP;
    case 5: return r.bits64() >> BigInt(r.below(64));
    default: return r.bits64() | TOP;
  }
};

/** Any number, with a bias to corners and to exponents near `near`. */
export const extended = (r: Random, near: number): Extended => {
  const sign = r.below(2) << 15;
  switch (r.below(10)) {
    case 0: return [r.pick(cornerSignificands), sign | r.pick(cornerExponents)];
    case 1: return [significand(r), sign | r.below(0x8000)];
    case 2: return [significand(r), sign | r.pick(cornerExponents)];
    case 3: return [significand(r), sign | Math.max(0, Math.min(0x7fff, near + r.below(140) - 70))];
    default: return [significand(r), sign | Math.max(0, Math.min(0x7fff, near + r.below(9) - 4))];
  }
};

/** Control words: every rounding and documented precision; exceptions masked, but for one in eight. */
export const controlWord = (r: Random): number =>
  (r.below(4) << 10) | (r.pick([0, 2, 3, 3]) << 8) | 0x40 | (r.below(8) === 0 ? r.below(64) : 63);

const bcd = (r: Random): Extended => {
  let digits = 0n;
  for (let i = 0; i < 18; i++) digits = (digits << 4n) | BigInt(r.below(10));
  digits >>= BigInt(4 * r.below(18));
  return [digits & ONES, Number(digits >> 64n) | (r.below(2) << 15) | (r.below(128) << 8)];
};

/** Where an operation is interesting: exponents of the first operand. */
const focus: Partial<Record<Operation, readonly number[]>> = {
  roundToInteger: [0x3ffe, 0x4010, 0x403d],
  scale: [0x3fff, 1, 0x7ffe],
  toF32: [0x3fff, 0x3f81, 0x3f6a, 0x407e],
  toF64: [0x3fff, 0x3c01, 0x3bcd, 0x43fe],
  toI16: [0x3ffe, 0x4005, 0x400e],
  toI32: [0x3ffe, 0x4010, 0x401e],
  toI64: [0x3ffe, 0x4020, 0x403e],
  truncateI16: [0x3ffe, 0x4005, 0x400e],
  truncateI32: [0x3ffe, 0x4010, 0x401e],
  truncateI64: [0x3ffe, 0x4020, 0x403e],
  toBcd: [0x3ffe, 0x4020, 0x403a],
};
const anywhere = [0x3fff, 0x3fff, 0x3fff, 1, 0x2000, 0x5fff, 0x7ffe];

/** A random input of an operation. */
export const randomCase = (r: Random, op: Operation): Case => {
  const near = r.pick(focus[op] ?? anywhere);
  const [a, ase] = op === 'fromBcd' ? bcd(r) : op.startsWith('from') && r.below(2) === 0 ? ([r.bits64(), 0] as const) : extended(r, near);
  const e = ase & 0x7fff;
  const partner = op === 'scale' ? 0x3fff + r.below(16)
    : op === 'mul' && r.below(3) === 0 ? 0x3ffe + r.pick([0, 0, 0x4000, -0x4000]) - (e - 0x3fff)
      : op === 'div' && r.below(3) === 0 ? e - 0x3fff + r.pick([1, 0x7ffe])
        : op.startsWith('remainder') ? e - r.below(80) : e;
  const [b, bse] = extended(r, Math.max(0, partner));
  return { op, cw: controlWord(r), a, ase, b, bse };
};

/** Two numbers whose significands are the same but for a few low bits, for comparisons and NaNs. */
export const similar = (r: Random, of: Extended): Extended => [of[0] ^ BigInt(r.below(4)), of[1] ^ (r.below(2) << 15)];
