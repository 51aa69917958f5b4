import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CALLS } from './table.ts';

const WIDTH = 118;

/** The list as the README has it: names in alphabetical order, 32-bit ones with their ABI. */
function list(): string {
  const names = [...new Set(CALLS.map((call) => call.name))].sort();
  const only = (name: string): string => (CALLS.some((c) => c.name === name && c.x64 >= 0) ? '' : ' (i386)');
  const lines = [''];
  names.forEach((name, i) => {
    const word = `${name}${only(name)}${i + 1 < names.length ? ',' : '.'}`;
    if (lines.at(-1)!.length + word.length + 1 > WIDTH) lines.push('');
    lines.push(`${lines.pop()!} ${word}`.trim());
  });
  return lines.join('\n');
}

test('the README names each call that there is', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  expect(/<!-- calls -->\n\n([^]*?)\n*<!-- \/calls -->/.exec(readme)?.[1]).toBe(list());
});
