import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PolyvisorError, defineErrors, throwIfAny } from './problem.ts';
import { schemaProblems } from './schema-problems.ts';

const errors = defineErrors('test', {
  broken: (p: { part: string }) => ({ thing: p.part, message: `${p.part} is broken`, remedy: 'Mend it.' }),
});

describe('problems', () => {
  test('name the code, the thing, the place and the remedy', () => {
    const found = errors.broken('machine.cpu', { part: 'the fan' });
    expect(found).toEqual({ code: 'test/broken', place: 'machine.cpu', thing: 'the fan', message: 'the fan is broken', remedy: 'Mend it.' });
    expect(new PolyvisorError([found]).message).toBe('test/broken: the fan is broken (the fan at machine.cpu). Mend it.');
    expect(errors.codes).toEqual(['test/broken']);
  });

  test('are thrown together, with the first cause', () => {
    const cause = new Error('dust');
    const two = [errors.broken('a', { part: 'x' }), errors.broken('b', { part: 'y' }, cause)];
    expect(() => throwIfAny([])).not.toThrow();
    expect(() => throwIfAny(two)).toThrow(/x is broken[^]*y is broken/);
    const [first, second] = two;
    expect(new PolyvisorError([first!, second!]).cause).toBe(cause);
  });

  test('of a schema name each unknown key and each wrong value', () => {
    const schema = z.strictObject({ a: z.strictObject({ n: z.int() }) });
    const result = schema.safeParse({ a: { n: 'x', m: 1, k: 2 } });
    const found = schemaProblems('test', 'config', 'thing', result.error!);
    expect(found.map((p) => `${p.code} ${p.place}`).sort()).toEqual([
      'test/invalid-value config.a.n',
      'test/unknown-key config.a.k',
      'test/unknown-key config.a.m',
    ]);
  });
});
