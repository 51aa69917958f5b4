import { readFileSync } from 'node:fs';
import { addProjectConfiguration, readJson, writeJson, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import backendGenerator from './backend/generator.ts';
import deviceGenerator from './device/generator.ts';
import { OWN_VERSION, VERSIONS } from './shared/versions.ts';

interface Manifest {
  readonly name: string;
  readonly exports: { readonly '.': Readonly<Record<string, string>> };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const GENERATORS = [
  { role: 'device', generate: deviceGenerator },
  { role: 'backend', generate: backendGenerator },
] as const;

let tree: Tree;
beforeEach(() => {
  tree = createTreeWithEmptyWorkspace();
});

/** The tree becomes one of Polyvisor's own repository. */
function asRepository(version = '0.4.0'): void {
  writeJson(tree, 'packages/core/package.json', { name: '@polyvisor/core', version });
}

function filesIn(directory: string): string[] {
  return tree.listChanges().map(({ path }) => path).filter((path) => path.startsWith(`${directory}/`)).sort();
}

describe.each(GENERATORS)('the $role generator', ({ role, generate }) => {
  test('makes a standalone package anywhere else', () => {
    generate(tree, { name: 'acme-thing', scope: 'acme' });

    const manifest = readJson<Manifest>(tree, 'acme-thing/package.json');
    expect(manifest.name).toBe('@acme/acme-thing');
    expect(manifest.exports['.']).not.toHaveProperty('@polyvisor/source');
    expect(manifest.dependencies).toEqual({ '@polyvisor/core': OWN_VERSION, zod: VERSIONS.zod });
    const { typescript, vitest } = VERSIONS;
    expect(manifest.devDependencies).toMatchObject({ '@polyvisor/testkit': OWN_VERSION, typescript, vitest });
    expect(filesIn('acme-thing')).toEqual(
      expect.arrayContaining([
        'acme-thing/.gitignore', 'acme-thing/README.md', 'acme-thing/src/acme-thing.spec.ts', 'acme-thing/src/plugin.ts',
        'acme-thing/tsconfig.json', 'acme-thing/vitest.config.ts',
      ]),
    );
  });

  test("makes a member in the shape of Polyvisor's own packages inside its repository", () => {
    asRepository();

    generate(tree, { name: 'acme-thing' });

    const manifest = readJson<Manifest>(tree, 'packages/acme-thing/package.json');
    const model = JSON.parse(readFileSync(new URL('../../packages/devices-platform/package.json', import.meta.url), 'utf8')) as Manifest;
    expect(Object.keys(manifest)).toEqual(Object.keys(model));
    expect(manifest.exports).toEqual(model.exports);
    expect(manifest.dependencies['@polyvisor/core']).toBe('0.4.0');
    expect(readJson(tree, 'packages/acme-thing/tsconfig.build.json')).toMatchObject({ extends: '../../tsconfig.build.base.json' });
    expect(tree.exists('packages/acme-thing/vitest.config.ts')).toBe(false);
  });

  test('leaves nothing of a template behind, in names or contents', () => {
    generate(tree, { name: 'acme-thing' });

    for (const path of filesIn('acme-thing')) {
      expect(path).not.toMatch(/__|\.template$/);
      expect(tree.read(path, 'utf8'), path).not.toMatch(/<%|%>|undefined,? *from|\n\n\n/);
    }
  });

  test('goes to the folder that npm workspaces name first, or that --directory gives', () => {
    writeJson(tree, 'package.json', { name: 'shop', workspaces: ['tools', 'plugins/*'] });

    generate(tree, { name: 'acme-thing' });
    generate(tree, { name: 'other-thing', directory: 'lab/other' });

    expect(tree.exists('plugins/acme-thing/package.json')).toBe(true);
    expect(tree.exists('lab/other/src/other-thing.ts') || tree.exists('lab/other/src/policy.ts')).toBe(true);
  });

  test.each(['', 'Acme', 'acme_thing', '-acme', 'acme--thing', '9lives', '../acme', '@acme/thing', 'a'.repeat(101)])(
    'refuses the name "%s"',
    (name) => {
      expect(() => generate(tree, { name })).toThrow(/^tools\/bad-name: .*for example "pulse-counter"/);
    },
  );

  test.each(['class', 'plugin', 'registers', 'default'])('refuses the reserved name "%s"', (name) => {
    expect(() => generate(tree, { name })).toThrow(/^tools\/reserved-name: /);
  });

  test.each([
    [{ scope: 'A B' }, 'bad-scope'],
    [{ vendor: 'Acme' }, 'bad-vendor'],
    [{ directory: '../elsewhere' }, 'bad-directory'],
    [{ directory: '/elsewhere' }, 'bad-directory'],
    [{ directory: '.' }, 'bad-directory'],
  ])('refuses %o', (options, code) => {
    expect(() => generate(tree, { name: 'acme-thing', ...options })).toThrow(new RegExp(`^tools/${code}: `));
  });

  test('refuses a folder outside packages/ inside the repository', () => {
    asRepository();

    expect(() => generate(tree, { name: 'acme-thing', directory: 'apps/acme-thing' })).toThrow(/^tools\/bad-directory: .*packages\//);
  });

  test('refuses a folder that exists and writes nothing', () => {
    tree.write('acme-thing/notes.txt', 'mine');
    const before = tree.listChanges().length;

    expect(() => generate(tree, { name: 'acme-thing' })).toThrow(/^tools\/exists: /);

    expect(tree.listChanges()).toHaveLength(before);
  });

  test('gives the plugin a kind of the vendor, the scope, or an example', () => {
    const kindIn = (directory: string) => /kind: '([^']+)'/.exec(tree.read(`${directory}/src/plugin.ts`, 'utf8') ?? '')?.[1];

    generate(tree, { name: 'one', vendor: 'shop' });
    generate(tree, { name: 'two', scope: '@acme.labs' });
    generate(tree, { name: 'three' });

    expect([kindIn('one'), kindIn('two'), kindIn('three')]).toEqual(['shop/one', 'acme-labs/two', 'example/three']);
  });

  test('works beside projects that the workspace has already', () => {
    addProjectConfiguration(tree, 'shop', { root: 'shop', targets: {} });

    generate(tree, { name: 'acme-thing' });

    expect(tree.read('acme-thing/README.md', 'utf8')).toContain(`A Polyvisor ${role}`);
  });
});

describe('the device generator', () => {
  test('puts the registers where --bus says', () => {
    const plugin = (directory: string) => tree.read(`${directory}/src/plugin.ts`, 'utf8');

    deviceGenerator(tree, { name: 'mapped', bus: 'mmio' });
    deviceGenerator(tree, { name: 'ported', bus: 'pio' });

    expect(plugin('mapped')).toContain('mmio: { regs:');
    expect(plugin('ported')).toContain('pio: { regs:');
    expect(() => deviceGenerator(tree, { name: 'lost', bus: 'isa' as 'pio' })).toThrow(/^tools\/bad-bus: /);
  });
});

describe('the versions of generated packages', () => {
  test("are those of Polyvisor's own workspace", () => {
    const root = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Manifest;

    expect(VERSIONS).toEqual({
      typescript: root.devDependencies['@typescript/native']?.replace('npm:typescript@', ''),
      vitest: root.devDependencies['vitest'],
      zod: root.devDependencies['zod'],
    });
  });
});
