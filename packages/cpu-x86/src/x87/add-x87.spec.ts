import { ModuleBuilder } from '@polyvisor/wasm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addX87, type X87 } from './add-x87.ts';
import { C1, DE, IE, OE, PE, UE, ZE } from './format.ts';

type Exported = Record<keyof X87, (...args: (bigint | number)[]) => [bigint, number, number]>;

const build = (): Exported => {
  const m = new ModuleBuilder();
  for (const [name, func] of Object.entries<X87[keyof X87]>({ ...addX87(m) })) m.export(name, func);
  return new WebAssembly.Instance(new WebAssembly.Module(m.toBytes())).exports as unknown as Exported;
};
const x87 = build();

const TOP = 1n << 63n;
const ONE = [TOP, 0x3fff] as const;
const THREE = [3n << 62n, 0x4000] as const;
const ZERO = [0n, 0] as const;
const LARGEST = [(1n << 64n) - 1n, 0x7ffe] as const;
const SMALLEST = [TOP, 1] as const;
const INFINITY = [TOP, 0x7fff] as const;
/** After FNINIT: everything masked, 64 bits, to nearest. */
const CW = 0x37f;

/** What the functions give, unsigned. */
const of = ([sig, se, sw]: [bigint, number, number]) => [BigInt.asUintN(64, sig), se, sw];

describe('x87 arithmetic', () => {
  it('rounds a third to nearest, down and to 24 bits', () => {
    expect(of(x87.div(...ONE, ...THREE, CW))).toEqual([0xaaaaaaaaaaaaaaabn, 0x3ffd, PE | C1]);
    expect(of(x87.div(...ONE, ...THREE, CW | 0x400))).toEqual([0xaaaaaaaaaaaaaaaan, 0x3ffd, PE]);
    expect(of(x87.div(...ONE, ...THREE, 0x7f))).toEqual([0xaaaaab0000000000n, 0x3ffd, PE | C1]);
  });

  it('answers masked exceptions with infinities, denormals and the default NaN', () => {
    expect(of(x87.div(...ONE, ...ZERO, CW))).toEqual([...INFINITY, ZE]);
    expect(of(x87.div(...ZERO, ...ZERO, CW))).toEqual([3n << 62n, 0xffff, IE]);
    expect(of(x87.add(...LARGEST, ...LARGEST, CW))).toEqual([...INFINITY, OE | PE | C1]);
    expect(of(x87.add(...LARGEST, ...LARGEST, CW | 0xc00))).toEqual([...LARGEST, OE | PE]);
    expect(of(x87.div(...SMALLEST, ...THREE, CW))).toEqual([0x2aaaaaaaaaaaaaabn, 0, UE | PE | C1]);
  });

  it('truncates tangents of small powers of two to normal numbers', () => {
    for (let e = 1; e < 0x3fff; e++) expect(BigInt.asUintN(64, x87.fptan(TOP, e, CW | 0xc00)[0])).toBeGreaterThanOrEqual(TOP);
  });

  it('moves the exponent of an unmasked overflow or underflow', () => {
    expect(of(x87.add(...LARGEST, ...LARGEST, CW & ~OE))).toEqual([LARGEST[0], 0x7fff - 0x6000, OE]);
    expect(of(x87.mul(...SMALLEST, ...SMALLEST, CW & ~UE))).toEqual([TOP, 2 - 0x3fff + 0x6000, UE]);
  });

  it('gives the operand and DE alone where a denormal is unmasked', () => {
    expect(of(x87.add(1n, 0, ...ONE, CW & ~DE))).toEqual([1n, 0, DE]);
  });

  it('prefers the quiet NaN, then the larger significand', () => {
    const quiet = [0xc000000000000001n, 0x7fff] as const;
    const larger = [0xc000000000000009n, 0xffff] as const;
    expect(of(x87.mul(...quiet, 0x8000000000000fffn, 0x7fff, CW))).toEqual([...quiet, IE]);
    expect(of(x87.mul(...quiet, ...larger, CW))).toEqual([...larger, 0]);
  });

  it('stores the integer indefinite for what does not fit', () => {
    expect(x87.toInteger(...INFINITY, CW, 16)).toEqual([-0x8000n, IE]);
    expect(x87.toInteger(...THREE, CW, 64)).toEqual([3n, 0]);
  });

  it('rounds products and quotients as exact rationals do', () => {
    const significand = fc.bigInt(TOP, 2n * TOP - 1n);
    /** numerator / denominator, between 1 and 4 times 2^63, to 64 bits and nearest even. */
    const rounded = (n: bigint, d: bigint): readonly [bigint, number] => {
      const up = n >= d << 64n ? 1 : 0;
      const unit = d << BigInt(up);
      let q = n / unit;
      const twice = 2n * (n % unit);
      if (twice > unit || (twice === unit && q % 2n === 1n)) q++;
      return q >> 64n === 1n ? [TOP, up + 1] : [q, up];
    };
    fc.assert(fc.property(significand, significand, (a, b) => {
      const [product, carry] = rounded(a * b, TOP);
      expect(of(x87.mul(a, 0x3fff, b, 0x3fff, CW)).slice(0, 2)).toEqual([product, 0x3fff + carry]);
      const [quotient, borrow] = rounded(a << 64n, b);
      expect(of(x87.div(a, 0x3fff, b, 0x3fff, CW)).slice(0, 2)).toEqual([quotient, 0x3ffe + borrow]);
    }));
  });

  it('undoes a subtraction that is exact', () => {
    fc.assert(fc.property(fc.bigInt(TOP, 2n * TOP - 1n), fc.bigInt(TOP, 2n * TOP - 1n), (a, b) => {
      const [sig, se, sw] = x87.sub(a, 0x3fff, b, 0x3fff, CW);
      expect(sw).toBe(0);
      expect(of(x87.add(sig, se, b, 0x3fff, CW))).toEqual([a, 0x3fff, 0]);
    }));
  });
});
