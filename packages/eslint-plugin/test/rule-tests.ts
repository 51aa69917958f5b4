import { fileURLToPath } from 'node:url';
import { RuleTester, type Rule } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, it } from 'vitest';

RuleTester.describe = describe;
RuleTester.it = it;

export interface ValidCase {
  readonly name: string;
  readonly code: string;
  readonly filename?: string;
  readonly options?: unknown[];
}

export interface InvalidCase extends ValidCase {
  readonly errors: { readonly messageId: string; readonly line?: number; readonly data?: Record<string, string> }[];
}

export interface Cases {
  readonly valid: ValidCase[];
  readonly invalid: InvalidCase[];
}

/** The two descriptions of a rule's type differ in name only: typescript-eslint's nodes against ESLint's own. */
export function asEslintRule(rule: object): Rule.RuleModule {
  return rule as Rule.RuleModule;
}

/** Runs a rule over TypeScript source without types. */
export function runRule(title: string, rule: object, cases: Cases): void {
  const tester = new RuleTester({ languageOptions: { parser: tseslint.parser } });
  tester.run(title, asEslintRule(rule), cases);
}

/** Runs a rule with type information; the package's own folder is where imports resolve from. */
export function runTypedRule(title: string, rule: object, cases: Cases): void {
  const packageFolder = fileURLToPath(new URL('..', import.meta.url));
  const tester = new RuleTester({
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: {
        projectService: { allowDefaultProject: ['typed-case.ts'] },
        tsconfigRootDir: packageFolder,
      },
    },
  });
  const inPackage = <C extends ValidCase>(test: C): C => ({ ...test, filename: `${packageFolder}typed-case.ts` });
  tester.run(title, asEslintRule(rule), {
    valid: cases.valid.map(inPackage),
    invalid: cases.invalid.map(inPackage),
  });
}

export function valid(name: string, code: string): ValidCase {
  return { name, code };
}

export function invalid(name: string, code: string, ...messageIds: string[]): InvalidCase {
  return { name, code, errors: messageIds.map((messageId) => ({ messageId })) };
}
