import { describe, expect, test } from 'vitest';
import { compare, describeDifference, parse } from './compare.ts';
import { engineDifferences, type EngineDifference } from './engine-differences.ts';
import { runEngine } from './engine.ts';
import { bochsOnly, knownDifferences, type KnownDifference } from './known-differences.ts';
import { PROGRAMS, runOracle } from './oracles.ts';
import { assemble, guests, missingProgram } from './rom.ts';

const missing = missingProgram(['nasm', ...Object.values(PROGRAMS)]);
const why = missing === undefined ? '' : ` (skipped: ${missing} is not installed)`;

describe.skipIf(missing !== undefined)(`system behaviour against QEMU and Bochs${why}`, () => {
  const used = new Set<KnownDifference | EngineDifference>();

  test.each(guests)('does what the manuals say in the guest %s', { timeout: 180_000 }, (guest) => {
    const rom = assemble(guest);
    const qemu = bochsOnly.includes(guest) ? undefined : runOracle('qemu', rom);
    const result = compare(guest, qemu, runOracle('bochs', rom), runEngine(rom));
    for (const entry of result.used) used.add(entry);
    const unknown = result.differences.filter(({ test: name, right }) => {
      const entry = right.length === 0 ? undefined : engineDifferences.find((e) => e.guest === guest && covers(e.test, name));
      if (entry !== undefined) used.add(entry);
      return entry === undefined;
    });
    expect(unknown.map((difference) => describeDifference(guest, difference))).toEqual([]);
    expect(result.lines).toBeGreaterThan(10);
  });

  test('has no known difference that explains nothing', () => {
    expect([...knownDifferences, ...engineDifferences].filter((entry) => !used.has(entry))).toEqual([]);
  });
});

describe('the comparison', () => {
  test('numbers tests of the same name', () => {
    expect([...parse(['a: 1', 'a: 2', 'b:'])]).toEqual([['a', '1'], ['a #2', '2'], ['b', '']]);
  });

  test('reports what the oracles disagree on and nobody has decided', () => {
    expect(compare('none', ['x: ok'], ['x: v=0D']).differences).toEqual([
      { test: 'x', qemu: 'ok', bochs: 'v=0D', engine: undefined, right: [] },
    ]);
  });

  test('reports a line that the engine lacks, adds or prints differently', () => {
    const oracle = ['x: ok', 'y: ok'];
    expect(compare('none', oracle, oracle, ['x: v=06', 'z: ok']).differences.map((d) => [d.test, d.engine, d.right])).toEqual([
      ['x', 'v=06', ['ok']], ['y', '(no such line)', ['ok']], ['z', 'ok', ['(no such line)']],
    ]);
  });

  test('takes the side that the manual takes', () => {
    const log = (line: string): string[] => [`ltr of null: ${line}`];
    expect(compare('segload', log('ok'), log('v=0D'), log('v=0D')).differences).toEqual([]);
    expect(compare('segload', log('ok'), log('v=0D'), log('ok')).differences).toHaveLength(1);
  });
});

function covers(pattern: string | RegExp, name: string): boolean {
  return typeof pattern === 'string' ? pattern === name : pattern.test(name);
}
