import { readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import * as wasm from './index.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

type Runner = (wasm: unknown, console: { log: (value: unknown) => void }) => void;

/** The block as a function of the package: its import becomes a destructuring. */
const runner = (block: string): Runner => {
  const body = block.replace(/import (\{[^}]*\}) from '@polyvisor\/wasm';/, 'const $1 = wasm;');
  return runInThisContext(`(wasm, console) => {${body}}`) as Runner;
};

describe('the examples of the README', () => {
  it('are three', () => {
    expect(blocks.length).toBe(3);
  });

  it.each(blocks)('print what they say: %#', (block) => {
    const expected = [...block.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map((match) => match[1]);
    const printed: string[] = [];
    runner(block)(wasm, { log: (value) => printed.push(String(value)) });
    expect(expected.length).toBeGreaterThan(0);
    expect(printed).toEqual(expected);
  });
});
