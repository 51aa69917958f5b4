import { expect, test } from 'vitest';
import { trapAmbient } from './ambient.ts';

const uses: Record<string, () => unknown> = {
  'Math.random': () => Math.random(),
  'Date.now': () => Date.now(),
  'new Date': () => new Date(),
  'performance.now': () => performance.now(),
  setTimeout: () => setTimeout(() => { throw new Error('ran'); }, 0),
  setInterval: () => setInterval(() => { throw new Error('ran'); }, 0),
  fetch: () => fetch('http://localhost/'),
  'console.log': () => { globalThis.console.log('seen'); },
  'crypto.randomUUID': () => crypto.randomUUID(),
};

test.each(Object.entries(uses))('names %s when it is used', (name, use) => {
  const used = new Set<string>();
  trapAmbient(used, use);
  expect([...used]).toEqual([name]);
});

test('leaves everything as it was, after an exception too', () => {
  const before = [Math.random, Date, Date.now, setTimeout, fetch, globalThis.console.log];
  expect(() => trapAmbient(new Set(), () => { throw new Error('inside'); })).toThrow('inside');
  expect([Math.random, Date, Date.now, setTimeout, fetch, globalThis.console.log]).toEqual(before);
});

test('finds nothing in dates that are computed from the guest clock', () => {
  const used = new Set<string>();
  const year = trapAmbient(used, () => new Date(0).getUTCFullYear());
  expect(year).toBe(1970);
  expect([...used]).toEqual([]);
});
