import { expect, test } from 'vitest';
import { engineBytes } from './engine-bytes.ts';
import { buildInterpreter } from './module.ts';

test('the generated interpreter is what the meanings build today (else: npm run generate)', () => {
  const today = buildInterpreter(false), shipped = engineBytes();
  expect(shipped.length).toBe(today.length);
  expect(shipped.every((byte, i) => byte === today[i])).toBe(true);
});

test('every handler passes the builder\'s own checks of types, values and order', () => {
  expect(WebAssembly.validate(buildInterpreter(true))).toBe(true);
});
