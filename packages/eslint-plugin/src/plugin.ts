import type { TSESLint } from '@typescript-eslint/utils';
import { devicePurity } from './device-purity/device-purity.ts';
import { hot } from './hot/hot.ts';
import { layers } from './layers/layers.ts';

type Config = TSESLint.FlatConfig.Config;

/** The plugin object as ESLint takes it, with its configurations by name. */
export interface PolyvisorPlugin {
  readonly meta: { readonly name: string; readonly version: string; readonly namespace: string };
  readonly rules: {
    readonly hot: typeof hot;
    readonly 'device-purity': typeof devicePurity;
    readonly layers: typeof layers;
  };
  readonly configs: { readonly recommended: Config; readonly devices: Config };
}

const namespace = '@polyvisor';
const meta = { name: '@polyvisor/eslint-plugin', version: '0.1.0', namespace };
const rules: PolyvisorPlugin['rules'] = { hot, 'device-purity': devicePurity, layers };

// Filled below: ESLint wants the very same plugin object wherever a configuration names it.
const plugins: NonNullable<Config['plugins']> = {};

/** For every TypeScript file of a workspace: hot functions and the direction of imports. */
const recommended: Config = {
  name: '@polyvisor/recommended',
  plugins,
  rules: { '@polyvisor/hot': 'error', '@polyvisor/layers': 'error' },
};

/** For device packages, selected by the consumer's `files`. Specs may use what a test needs. */
const devices: Config = {
  name: '@polyvisor/devices',
  ignores: ['**/*.spec.ts', '**/*.test.ts'],
  plugins,
  rules: { '@polyvisor/hot': 'error', '@polyvisor/device-purity': 'error' },
};

export const plugin: PolyvisorPlugin = { meta, rules, configs: { recommended, devices } };

plugins[namespace] = plugin;
