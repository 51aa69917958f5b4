import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
// Our own rules, from their source: Node strips the types.
import polyvisor from './packages/eslint-plugin/src/index.ts';

export default defineConfig(
  { ignores: ['**/dist/', '**/node_modules/', '.nx/', 'coverage/', 'docs/api/', 'types/'] },
  { linterOptions: { noInlineConfig: true } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-deprecated': 'off', // a third of the lint's time
      '@typescript-eslint/no-invalid-void-type': 'off', // callbacks may return a value or nothing
      '@typescript-eslint/no-non-null-assertion': 'off', // typed arrays under noUncheckedIndexedAccess
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/unified-signatures': 'off',
      eqeqeq: 'error',
      'max-lines': ['error', 800],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'anywhere' }],
    },
  },
  { files: ['**/*.generated.ts'], rules: { 'max-lines': 'off' } },
  { files: ['packages/*/src/**/*.ts'], rules: { 'no-console': 'error' } },
  {
    files: ['**/*.spec.ts'],
    rules: {
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  { ...polyvisor.configs.recommended, files: ['{packages/*/src,apps,examples}/**/*.ts'] },
  // What stands in a folder named node is the host's side, which devices reach as services.
  {
    ...polyvisor.configs.devices,
    files: ['packages/devices-*/src/**/*.ts'],
    ignores: [...polyvisor.configs.devices.ignores, 'packages/devices-*/src/node/**'],
  },
);
