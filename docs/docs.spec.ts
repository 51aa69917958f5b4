import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { errorsPage } from './errors-page.ts';

const root = new URL('..', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const below = (folder: string): string[] => readdirSync(new URL(folder, root)).map((name) => `${folder}${name}/`);
const packages = [...below('packages/'), ...below('apps/')];
const specsOf = (folder: string): string[] =>
  ['src/', 'test/', 'test-vcpu/'].map((part) => `${folder}${part}readme.spec.ts`).filter((path) => existsSync(new URL(path, root)));
/** Some specs read the page themselves: they run its code, or compare it. */
const comparesItself = (page: string): boolean => specsOf(page.replace('README.md', '')).some((path) => read(path).includes('README.md'));
const pages = [
  'README.md',
  ...packages.map((folder) => `${folder}README.md`),
   ...readdirSync(new URL('docs/', root)).filter((f) => f.endsWith('.md')).map((f) => `docs/${f}`),
];

/** Without indentation and remarks, so that an example may stand inside a test. */
const flat = (code: string): string => code.replaceAll(/(^|\s)\/\/ .*$/gm, '').split('\n').map((line) => line.trim()).join('\n').trim();

/** Sources of the examples; the tests run them. */
const examples = [
  ...packages.flatMap(specsOf),
  ...below('examples/').flatMap((folder) => readdirSync(new URL(`${folder}src/`, root)).map((file) => `${folder}src/${file}`)),
  'examples/first-pci-device/guest/checksum.c',
  'examples/first-pci-device/machine.json',
].map((path) => flat(read(path)));

function blocks(page: string, language: string): string[] {
  return [...read(page).matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map((match) => match[1] ?? '');
}

describe.each(pages)('%s', (page) => {
  test.skipIf(comparesItself(page))('shows only code that stands in the tested examples', () => {
    for (const code of ['ts', 'c', 'json'].flatMap((language) => blocks(page, language))) {
      // Imports stand at the head of a file, wherever the rest is; a package imports itself by paths.
      const [imports, rest] = [/^import .*\n/gm, /^(?!import ).*\n/gm].map((lines) => flat((code.match(lines) ?? []).join('')));
      const source = examples.find((text) => text.includes(rest ?? ''));
      expect(source, code).toBeDefined();
      const names = (imports ?? '').replaceAll(/^import (type )?| from .*$/gm, '').match(/\w+/g) ?? [];
      for (const name of names) expect(source, code).toMatch(new RegExp(`import [^;]*\\b${name}\\b`));
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
