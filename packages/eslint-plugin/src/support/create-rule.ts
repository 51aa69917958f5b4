import { ESLintUtils } from '@typescript-eslint/utils';

/** Makes a rule whose documentation is the section of this package's README that carries its name. */
export const createRule = ESLintUtils.RuleCreator(
  (name) => `https://github.com/polyvisor/polyvisor/blob/main/packages/eslint-plugin/README.md#${name}`,
);
