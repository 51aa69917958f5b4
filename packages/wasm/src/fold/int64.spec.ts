import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate1, evaluate2 } from './evaluate.ts';
import { integerReference } from '../testing/scalar-reference.ts';

const words = (bits: number): fc.Arbitrary<bigint> =>
  fc.oneof(
    fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }),
    fc.tuple(fc.nat(bits), fc.integer({ min: -2, max: 2 })).map(([e, d]) => BigInt.asUintN(bits, (1n << BigInt(e)) + BigInt(d))),
  );
const halves = (word: bigint): [number, number] => [Number(BigInt.asIntN(32, word)), Number(BigInt.asIntN(32, word >> 32n))];
/** What the reference gives, or null where the instruction traps. */
const expected = (bits: number, name: string, a: bigint, b: bigint): bigint | null => {
  try {
    return integerReference(bits)[name]?.(a, b) ?? null;
  } catch {
    return null;
  }
};

describe('the meaning of constants', () => {
  it.each(Object.keys(evaluate2))('%s agrees with arbitrary precision', (name) => {
    const bits = name.startsWith('i32') ? 32 : 64;
    const evaluate = evaluate2[name];
    fc.assert(
      fc.property(words(bits), words(bits), (a, b) => {
        const folded = evaluate?.(...halves(a), ...halves(b)) ?? null;
        const reference = expected(bits, name.slice(4), a, b);
        // Division of words beyond the safe integers is left to run time.
        if (folded === null) expect(reference === null || /div|rem/.test(name)).toBe(true);
        else {
          const result = folded.type === 0x7f ? 32 : 64;
          const value = (BigInt(folded.y) << 32n) | BigInt(folded.x >>> 0);
          expect(BigInt.asUintN(result, value)).toBe(BigInt.asUintN(result, reference ?? -1n));
        }
      }),
      { numRuns: 100 },
    );
  });

  it.each(Object.keys(evaluate1))('%s agrees with arbitrary precision', (name) => {
    const from = /^i32|extend_i32/.test(name) && name !== 'i32.wrap_i64' ? 32 : 64;
    const evaluate = evaluate1[name];
    fc.assert(
      fc.property(words(from), (a) => {
        const folded = evaluate?.(...halves(a));
        const result = folded?.type === 0x7f ? 32 : 64;
        const value = (BigInt(folded?.y ?? 0) << 32n) | BigInt((folded?.x ?? 0) >>> 0);
        expect(BigInt.asUintN(result, value)).toBe(BigInt.asUintN(result, expected(from, name.slice(4), a, 0n) ?? -1n));
      }),
      { numRuns: 100 },
    );
  });

  it('divides small words of 64 bits and leaves large ones', () => {
    expect(evaluate2['i64.div_s']?.(-7, -1, 2, 0)).toMatchObject({ x: -3, y: -1 });
    expect(evaluate2['i64.div_s']?.(0, 0x40000000, 3, 0)).toBeNull();
    expect(evaluate2['i64.rem_u']?.(7, 0, 0, 0)).toBeNull();
  });
});
