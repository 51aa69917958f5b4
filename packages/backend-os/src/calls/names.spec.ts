import { expect, test } from 'vitest';
import { allCallNames, callName } from './names.ts';
import { CALLS } from './table.ts';

test('every call has the name that Linux gives to its number', () => {
  for (const { name, x64, i386 } of CALLS) {
    if (x64 >= 0) expect(`${x64} ${callName(x64, true)}`).toBe(`${x64} ${name}`);
    if (i386 >= 0) expect(`${i386} ${callName(i386, false)}`).toBe(`${i386} ${name}`);
  }
});

test('no number has two calls, and each name stands for a number', () => {
  for (const key of ['x64', 'i386'] as const) {
    const numbers = CALLS.map((call) => call[key]).filter((number) => number >= 0);
    expect(new Set(numbers).size).toBe(numbers.length);
  }
  expect([allCallNames(true).get(0), allCallNames(true).get(334), allCallNames(false).get(1)]).toEqual(['read', 'rseq', 'exit']);
});
