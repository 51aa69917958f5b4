import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DEVICE_CHECKS } from './conformance/device/checks/index.ts';
import { BACKEND_CHECKS } from './conformance/backend/checks/index.ts';
import { BLOCK_CHECKS } from './conformance/block/checks/index.ts';
import { MMU_CHECKS } from './conformance/mmu/checks/index.ts';
import { NET_CHECKS } from './conformance/net/checks/index.ts';
import type { Check } from './conformance/report.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** The rows `| \`name\` | sentence |` under a heading. */
function rows(heading: string): string[] {
  const section = readme.split(`### ${heading}\n`)[1]?.split('\n#')[0] ?? '';
  return [...section.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, name, summary]) => `${name ?? ''}: ${summary ?? ''}`);
}

const lines = (checks: readonly Check<never>[]) => checks.map((check) => `${check.name}: ${check.summary}`);

test('the README lists every check of the device suite with its sentence', () => {
  expect(rows('Device checks')).toEqual(lines(DEVICE_CHECKS));
});

test('the README lists every check of the backend suite with its sentence', () => {
  expect(rows('Backend checks')).toEqual(lines(BACKEND_CHECKS));
});

test('the README lists every check of the MMU suite with its sentence', () => {
  expect(rows('MMU checks')).toEqual(lines(MMU_CHECKS));
});

test('the README lists every check of the block suite with its sentence', () => {
  expect(rows('Block checks')).toEqual(lines(BLOCK_CHECKS));
});

test('the README lists every check of the network suite with its sentence', () => {
  expect(rows('Network checks')).toEqual(lines(NET_CHECKS));
});
