import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { errorsPage } from './errors-page.ts';

const root = new URL('..', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const packages = ['core', 'memory', 'machine', 'cpu-x86'];
const pages = [
  'README.md',
  ...packages.map((name) => `packages/${name}/README.md`),
   ...readdirSync(new URL('docs/', root)).filter((f) => f.endsWith('.md')).map((f) => `docs/${f}`),
];

/** Lines without indentation, so that an example may stand inside a test. */
const flat = (code: string): string => code.split('\n').map((line) => line.trim()).join('\n').trim();

/** Sources of the examples; the tests run them. */
const examples = [
  'packages/core/src/readme.spec.ts',
  'packages/memory/src/readme.spec.ts',
  'packages/cpu-x86/test-vcpu/readme.spec.ts',
  ...['first-device', 'first-pci-device', 'first-machine'].flatMap((name) =>
    readdirSync(new URL(`examples/${name}/src/`, root)).map((file) => `examples/${name}/src/${file}`),
  ),
  'examples/first-pci-device/guest/checksum.c',
  'examples/first-pci-device/machine.json',
].map((path) => flat(read(path)));

function blocks(page: string, language: string): string[] {
  return [...read(page).matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map((match) => match[1] ?? '');
}

describe.each(pages)('%s', (page) => {
  test('shows only code that stands in the tested examples', () => {
    for (const code of ['ts', 'c', 'json'].flatMap((language) => blocks(page, language))) {
      // Imports stand at the head of a file, wherever the rest is.
      const [imports, rest] = [/^import .*\n/gm, /^(?!import ).*\n/gm].map((lines) => flat((code.match(lines) ?? []).join('')));
      const source = examples.find((text) => text.includes(rest ?? ''));
      expect(source, code).toBeDefined();
      for (const line of (imports ?? '').split('\n')) expect(source, code).toContain(line);
    }
  });

  test('links only to files that exist', () => {
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      expect(existsSync(new URL(target, new URL(page, root))), target).toBe(true);
    }
  });

  test('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const [, name = ''] of read(page).matchAll(/npm run ([\w:-]+)/g)) expect(scripts).toHaveProperty([name]);
  });
});

test('docs/errors.md is what the catalogues say (UPDATE_DOCS=1 writes it)', () => {
  const page = errorsPage();
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(new URL('docs/errors.md', root), page);
  expect(read('docs/errors.md')).toBe(page);
});
