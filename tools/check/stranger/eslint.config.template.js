import polyvisor from '@polyvisor/eslint-plugin';
import tseslint from 'typescript-eslint';

export default [
  { ignores: ['**/dist/'] },
  { files: ['**/*.ts'], languageOptions: { parser: tseslint.parser } },
  { ...polyvisor.configs.recommended, files: ['**/*.ts'] },
  { ...polyvisor.configs.devices, files: ['src/acme-*.ts', 'plugins/*/src/**/*.ts'] },
];
