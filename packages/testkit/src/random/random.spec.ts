import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from './random.ts';

test('gives the same numbers for the same seed, and others for its forks', () => {
  const numbers = (random: Random) => Array.from({ length: 20 }, () => random.value());
  expect(numbers(new Random(7))).toEqual(numbers(new Random(7)));
  expect(numbers(new Random(7))).not.toEqual(numbers(new Random(8)));
  expect(numbers(new Random(7).fork(1))).not.toEqual(numbers(new Random(7).fork(2)));
});

test('stays below its limit, and gives 32-bit integers', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, limit) => {
      const random = new Random(seed);
      const below = random.below(limit);
      const value = random.value();
      expect(below >= 0 && below < limit && Number.isInteger(below)).toBe(true);
      expect(value | 0).toBe(value);
    }),
  );
});
