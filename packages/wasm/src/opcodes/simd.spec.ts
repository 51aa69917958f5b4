import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OpRunner } from '../testing/op-module.ts';
import { readFloats, readLanes, vectorReference } from '../testing/vector-reference.ts';
import type { OpRow } from './op-table.ts';
import { simdOps } from './simd.ts';

const memoryRow = ([, , , immediates = '']: OpRow): boolean => immediates.startsWith('mem');
const runner = new OpRunner((name, row) => name in simdOps && !memoryRow(row));
const computing = Object.entries<OpRow>(simdOps).filter(([, row]) => !memoryRow(row));

/** Lanes of equal bits, of extremes and of small floats, besides random ones: edges that random bytes rarely meet. */
const vectors: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  fc.array(fc.constantFrom(0x00, 0x01, 0x7f, 0x80, 0xff), { minLength: 16, maxLength: 16 }).map((a) => Uint8Array.from(a)),
  fc.array(fc.constantFrom(0, 1, -1, 0.5, 1.5, 2.5, -2.5, 100000, 3e9, -3e9, 1e12), { minLength: 4, maxLength: 4 })
    .map((a) => new Uint8Array(Float32Array.from(a).buffer)),
  fc.array(fc.constantFrom(0, -0, 1, 2.5, -3.5, 3e9, -3e9, 1e300, NaN, Infinity), { minLength: 2, maxLength: 2 })
    .map((a) => new Uint8Array(Float64Array.from(a).buffer)),
);

/** What of a result is compared: floats as numbers, since the bits of a NaN are not fixed. */
const comparable = (name: string, bytes: Uint8Array): unknown => {
  const float = /^f(32|64)x\d\.(?!(eq|ne|lt|gt|le|ge)$|extract)/.exec(name)?.[1];
  return float === undefined ? readLanes(bytes, 8) : readFloats(bytes, Number(float));
};

describe('vector instructions', () => {
  it('are all 236, with the constant', () => {
    expect(Object.keys(simdOps).length + 1).toBe(236);
  });

  it.each(computing)('%s means what the specification says', (name, row) => {
    const [, , result, immediates = ''] = row;
    const lanes = Number(/lane(\d+)/.exec(immediates)?.[1] ?? 1);
    fc.assert(
      fc.property(vectors, vectors, vectors, fc.nat(lanes - 1), (a, b, c, lane) => {
        const reference = vectorReference(name, lane);
        if (reference === undefined) throw new Error(`no reference for ${name}`);
        const key = /lane\d/.test(immediates) ? `${name} ${lane}` : name;
        const actual = runner.run(key, [a, b, c]);
        const expected = reference(a, b, c);
        if (typeof expected === 'bigint') {
          expect(readLanes(actual, result.endsWith('32') ? 32 : 64)[0]).toBe(BigInt.asUintN(result.endsWith('32') ? 32 : 64, expected));
        } else expect(comparable(name, actual)).toEqual(comparable(name, expected));
      }),
      { numRuns: 40 },
    );
  });
});
