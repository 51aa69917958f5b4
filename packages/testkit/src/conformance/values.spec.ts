import { describe, expect, test } from 'vitest';
import { difference, edited, keysAt, objectPaths } from './values.ts';

describe('difference', () => {
  test('is nothing for equal values, bytes and NaN included', () => {
    const value = () => ({ a: [1, { b: Uint8Array.of(1, 2) }], n: NaN, u: undefined });
    expect(difference(value(), value())).toBeUndefined();
  });

  test.each([
    [{ a: { b: 1 } }, { a: { b: 2 } }, 'a.b: 1 against 2'],
    [{ a: 1 }, {}, 'a: 1 against absent'],
    [{}, { a: 1 }, 'a: absent against 1'],
    [{ a: Uint8Array.of(1, 2) }, { a: Uint8Array.of(1, 3) }, 'a[1]: 2 against 3'],
    [[1], { 0: 1 }, 'the value: [1] against {"0":1}'],
    [0, -0, 'the value: 0 against 0'],
  ])('names the place where %j and %j part', (a, b, where) => {
    expect(difference(a, b)).toBe(where);
  });
});

test('finds every object of a value, through lists, and edits a copy', () => {
  const value = { a: 1, list: [{ b: 2 }], bytes: Uint8Array.of(1) };
  const paths = objectPaths(value);
  expect(paths).toEqual([[], ['list', '0']]);

  const changed = edited(value, ['list', '0'], (object) => { object['c'] = 3; });

  expect(changed).toEqual({ a: 1, list: [{ b: 2, c: 3 }], bytes: Uint8Array.of(1) });
  expect(keysAt(value, ['list', '0'])).toEqual(['b']);
});
