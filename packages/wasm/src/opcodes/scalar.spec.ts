import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, numberOf, OpRunner } from '../testing/op-module.ts';
import { floatReference, integerReference, truncate } from '../testing/scalar-reference.ts';
import { numericOps } from './numeric.ts';
import type { OpRow } from './op-table.ts';

const runner = new OpRunner((name) => name in numericOps);

/** Runs a scalar instruction on numbers. */
const run = (name: string, ...operands: (number | bigint)[]): number | bigint => {
  const [, types, result] = (numericOps as Record<string, OpRow>)[name] ?? [0, '', ''];
  const bytes = types.split(' ').map((type, i) => bytesOf(type, operands[i] ?? 0));
  return numberOf(result, runner.run(name, bytes));
};

const trapping = <T>(body: () => T): T | 'trap' => {
  try {
    return body();
  } catch {
    return 'trap';
  }
};

/** Integers of a width with many near the limits and the powers of two. */
const integers = (bits: number): fc.Arbitrary<bigint> =>
  fc.oneof(
    fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }),
    fc.tuple(fc.nat(bits), fc.integer({ min: -2, max: 2 })).map(([e, d]) => BigInt.asUintN(bits, (1n << BigInt(e)) + BigInt(d))),
  );

describe.each([['i32', 32], ['i64', 64]] as const)('%s instructions', (prefix, bits) => {
  const reference = integerReference(bits);
  const names = Object.entries<OpRow>(numericOps).filter(
    ([name, [, operands]]) => name.startsWith(`${prefix}.`) && !operands.includes('f') && name.slice(4) in reference,
  );

  it('cover the integer part of the table', () => {
    expect(names.length).toBe(bits === 32 ? 32 : 34);
  });

  it.each(names)('%s means what the specification says', (name, row) => {
    const [, operands, result] = row;
    const from = operands.startsWith('i64') ? 64 : 32;
    fc.assert(
      fc.property(integers(from), integers(from), (a, b) => {
        const expected = trapping(() => BigInt.asUintN(result === 'i32' ? 32 : 64, reference[name.slice(4)]?.(a, b) ?? -1n));
        expect(trapping(() => run(name, a, b))).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });
});

describe.each([['f32', Math.fround], ['f64', (x: number) => x]] as const)('%s instructions', (prefix, round) => {
  const reference = floatReference(round);
  const names = Object.entries<OpRow>(numericOps).filter(
    ([name, [, operands]]) => name.startsWith(`${prefix}.`) && operands.startsWith(prefix) && name.slice(4) in reference,
  );

  it('cover the floating-point part of the table', () => {
    expect(names.length).toBe(20);
  });

  it.each(names)('%s means what the specification says', (name) => {
    const floats = fc.oneof(
      fc.double().map(round), fc.integer({ min: -8, max: 8 }).map((n) => n / 2), fc.constantFrom(0, -0, Infinity, -Infinity, NaN));
    fc.assert(
      fc.property(floats, floats, (a, b) => {
        // The sign of a NaN is not ours to predict, so copysign from one is left out.
        fc.pre(!(name.endsWith('copysign') && (Number.isNaN(b) || Number.isNaN(a))));
        expect(Number(run(name, a, b))).toBe(reference[name.slice(4)]?.(a, b));
      }),
      { numRuns: 60 },
    );
  });
});

describe('conversions', () => {
  const floats = fc.oneof(fc.double({ noNaN: true }), fc.integer().map((n) => n / 3), fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 63, 2 ** 64, -(2 ** 31), -(2 ** 63), NaN));
  const conversions = Object.keys(numericOps).filter((name) => name.includes('trunc_'));

  it('include sixteen from floats to integers', () => {
    expect(conversions.length).toBe(16);
  });

  it.each(conversions)('%s saturates or traps beyond the range', (name) => {
    const bits = name.startsWith('i32') ? 32 : 64;
    const round = name.includes('f32') ? Math.fround : (x: number): number => x;
    fc.assert(
      fc.property(floats, (given) => {
        const a = round(given);
        const signed = name.endsWith('_s');
        const saturated = truncate(a, bits, signed);
        const inRange = Number.isFinite(a) && BigInt(Math.trunc(a)) === saturated;
        const expected = inRange || name.includes('sat') ? BigInt.asUintN(bits, saturated) : 'trap';
        expect(trapping(() => run(name, a))).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('from integers to floats round once', () => {
    expect(run('f32.convert_i32_s', 0xffffffffn)).toBe(-1);
    expect(run('f32.convert_i32_u', 0xffffffffn)).toBe(2 ** 32);
    expect(run('f32.convert_i64_s', (1n << 64n) - 5n)).toBe(-5);
    expect(run('f32.convert_i64_u', 1n << 63n)).toBe(2 ** 63);
    expect(run('f64.convert_i32_s', 0x80000000n)).toBe(-(2 ** 31));
    expect(run('f64.convert_i32_u', 0x80000000n)).toBe(2 ** 31);
    expect(run('f64.convert_i64_s', (1n << 64n) - (1n << 40n))).toBe(-(2 ** 40));
    expect(run('f64.convert_i64_u', (1n << 64n) - (1n << 40n))).toBe(2 ** 64 - 2 ** 40);
  });

  it('between floats and their bits keep every bit', () => {
    expect(run('f32.demote_f64', 0.1)).toBe(Math.fround(0.1));
    expect(run('f64.promote_f32', 0.1)).toBe(Math.fround(0.1));
    expect(run('i32.reinterpret_f32', 1)).toBe(0x3f800000n);
    expect(run('i64.reinterpret_f64', 1)).toBe(0x3ff0000000000000n);
    expect(run('f32.reinterpret_i32', 0x40490fdbn)).toBe(Math.fround(Math.PI));
    expect(run('f64.reinterpret_i64', 0x400921fb54442d18n)).toBe(Math.PI);
  });
});
