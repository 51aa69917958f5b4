import { readFileSync } from 'node:fs';
import { ESLint, type Linter } from 'eslint';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import polyvisor, { devicePurity, hot, layers, polyvisorLayers } from './index.ts';

const typescript: Linter.Config = { files: ['**/*.ts'], languageOptions: { parser: tseslint.parser } };

/** typescript-eslint and ESLint describe the same objects by different types. */
function asEslintConfig(config: object): Linter.Config {
  return config;
}

function asEslintPlugin(plugin: object): ESLint.Plugin {
  return plugin;
}

async function ruleIdsFor(config: Linter.Config[], filePath: string, code: string): Promise<(string | null)[]> {
  const eslint = new ESLint({ overrideConfigFile: true, overrideConfig: [typescript, ...config] });
  const [result] = await eslint.lintText(code, { filePath });
  return (result?.messages ?? []).map(({ ruleId }) => ruleId).sort();
}

const recommended = asEslintConfig(polyvisor.configs.recommended);
const devices = asEslintConfig(polyvisor.configs.devices);
const source = `
  import { x } from '@polyvisor/machine';
  /** @hot */ export const read = (offset: number) => [offset, x];
  export const now = () => Date.now();
`;

describe('the plugin', () => {
  it('names itself as its package does', () => {
    const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

    expect(manifest).toMatchObject({ name: polyvisor.meta.name, version: polyvisor.meta.version });
  });

  it('holds the rules that it also exports', () => {
    expect(polyvisor.rules).toEqual({ hot, 'device-purity': devicePurity, layers });
  });

  it('links each rule to its section of the README', () => {
    const urls = Object.entries(polyvisor.rules).map(([name, rule]) => [name, rule.meta.docs?.url?.split('#')[1]]);

    expect(urls).toEqual([
      ['hot', 'hot'],
      ['device-purity', 'device-purity'],
      ['layers', 'layers'],
    ]);
  });

  it('exports the map of the layers, in which each package stands once', () => {
    const names = [...polyvisorLayers.layers.flat(), ...Object.keys(polyvisorLayers.testOnly)];

    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the configurations', () => {
  it('recommended checks hot functions and layers', async () => {
    const ids = await ruleIdsFor([recommended], 'packages/memory/src/a.ts', source);

    expect(ids).toEqual(['@polyvisor/hot', '@polyvisor/layers']);
  });

  it('devices checks hot functions and purity', async () => {
    const ids = await ruleIdsFor([devices], 'packages/devices-virtio/src/a.ts', source);

    expect(ids).toEqual(['@polyvisor/device-purity', '@polyvisor/hot']);
  });

  it('devices leaves specs alone', async () => {
    const ids = await ruleIdsFor([devices], 'packages/devices-virtio/src/a.spec.ts', source);

    expect(ids).toEqual([]);
  });

  it('devices takes the files that the consumer gives, beside recommended', async () => {
    const both = [recommended, { ...devices, files: ['packages/devices-*/src/**/*.ts'] }];

    const inDevice = await ruleIdsFor(both, 'packages/devices-virtio/src/a.ts', source);
    const inMemory = await ruleIdsFor(both, 'packages/memory/src/a.ts', source);

    expect(inDevice).toEqual(['@polyvisor/device-purity', '@polyvisor/hot', '@polyvisor/layers']);
    expect(inMemory).toEqual(['@polyvisor/hot', '@polyvisor/layers']);
  });

  it('combine with the plugin named by hand and with a rule configured', async () => {
    const plugins = { '@polyvisor': asEslintPlugin(polyvisor) };
    const byHand: Linter.Config = { plugins, rules: { '@polyvisor/layers': ['error', { only: { memory: ['wasm'] } }] } };
    const code = "import { x } from '@polyvisor/core';";

    const ids = await ruleIdsFor([recommended, byHand], 'packages/memory/src/a.ts', code);

    expect(ids).toEqual(['@polyvisor/layers']);
  });

  it('refuse an option that does not exist', async () => {
    const misspelt: Linter.Config = { rules: { '@polyvisor/layers': ['error', { sibling: {} }] } };

    const linting = ruleIdsFor([recommended, misspelt], 'packages/memory/src/a.ts', 'export {};');

    await expect(linting).rejects.toThrow(/sibling/);
  });

  it('are found by name through defineConfig', async () => {
    const config = defineConfig({
      files: ['**/*.ts'],
      plugins: { '@polyvisor': asEslintPlugin(polyvisor) },
      extends: ['@polyvisor/recommended'],
    });

    const ids = await ruleIdsFor(config, 'packages/memory/src/a.ts', source);

    expect(ids).toEqual(['@polyvisor/hot', '@polyvisor/layers']);
  });
});
