import { Decoder as IcedDecoder } from 'iced-x86';
import { describe, expect, test } from 'vitest';
import { compare } from '../../oracle/compare.ts';
import { realCode } from '../../oracle/elf-text.ts';
import { directed, type Generator, mutated, uniform } from '../../oracle/generators.ts';
import { run } from '../../oracle/run.ts';
import { MODE, VERDICT } from './codes.ts';
import { Decoded } from './decoded.ts';
import { Decoder } from './decoder.ts';

const code = realCode();
const generators: [string, Generator, number][] = [['uniformly random bytes', uniform, 60_000], ['bytes directed by the opcode map', directed(1), 7 * 0x10000]];
if (code.length > 0) generators.push(['mutated real code', mutated(code), 60_000]);

describe.each([16, 32, 64] as const)('in %i-bit mode', (bits) => {
  test.each(generators)('agrees with iced-x86 on %s', (_, generate, count) => {
    const outcome = run(bits, count, 4711, generate);
    expect(outcome.findings).toEqual([]);
    // Most real code and random bytes are instructions; a comparison of nothing but #UD would prove little.
    expect(outcome.legal).toBeGreaterThan(count / 6);
  });
});

describe('the comparison', () => {
  const instruction = (hex: string): { d: Decoded; against: (change: Partial<Decoded>) => string } => {
    const bytes = Uint8Array.from((hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16)));
    const iced = new IcedDecoder(64, bytes, 0).decode(), d = new Decoded();
    new Decoder().decode(d, bytes, 0, bytes.length, MODE.BITS64);
    return { d, against: (change) => compare(Object.assign(new Decoded(), d, change), iced, 0n) };
  };

  test.each<[string, Partial<Decoded>]>([
    ['8b448b10', { length: 5 }], ['8b448b10', { base: 4 }], ['8b448b10', { index: 2 }], ['8b448b10', { scale: 1 }], ['8b448b10', { disp: 17 }],
    ['8b448b10', { segment: 4 }], ['8b448b10', { reg: 1 }], ['8b448b10', { operandSize: 16 }], ['8b448b10', { row: 0 }],
    ['8b448b10', { verdict: VERDICT.INVALID }], ['83c005', { imm: 6 }], ['83c005', { rm: 2 }], ['83c005', { prefixes: 1 }], ['eb05', { imm: 6 }],
    ['c5f058c2', { vvvv: 2 }], ['c5f058c2', { vectorLength: 256 }], ['f3a4', { prefixes: 0 }], ['c8100002', { imm2: 3 }], ['48b80102030405060708', { immHigh: 0 }],
  ])('notices a change in %s: %o', (hex, change) => {
    const { against } = instruction(hex);
    expect(against({})).toBe('');
    expect(against(change)).not.toBe('');
  });
});
