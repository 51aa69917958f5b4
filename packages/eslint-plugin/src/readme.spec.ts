import { readFileSync } from 'node:fs';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { asEslintRule } from '../test/rule-tests.ts';
import { plugin } from './plugin.ts';

interface Example {
  readonly rule: keyof typeof plugin.rules;
  readonly kind: 'bad' | 'good';
  /** Line of the fence in the README. */
  readonly line: number;
  readonly code: string;
}

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const ruleNames = Object.keys(plugin.rules) as (keyof typeof plugin.rules)[];

/** The blocks marked `ts bad` and `ts good`, each with the rule in whose section it stands. */
function examplesOf(markdown: string): Example[] {
  const found: Example[] = [];
  let rule = ruleNames[0];
  const parts = /^## (?<heading>.+)$|^```ts (?<kind>bad|good)\n(?<code>[^]*?)^```$/gm;
  for (const { index, groups = {} } of markdown.matchAll(parts)) {
    const heading = ruleNames.find((name) => name === groups['heading']);
    if (heading !== undefined) rule = heading;
    const { kind, code } = groups;
    if (rule === undefined || code === undefined || (kind !== 'bad' && kind !== 'good')) continue;
    found.push({ rule, kind, line: markdown.slice(0, index).split('\n').length, code });
  }
  return found;
}

/** What the comments `// error: name` announce: "line name". */
function announced(code: string): string[] {
  return code.split('\n').flatMap((text, index) => {
    const name = /\/\/ error: (\w+)$/.exec(text)?.[1];
    return name === undefined ? [] : [`${index + 1} ${name}`];
  });
}

function reported({ rule, code }: Example): string[] {
  const path = /^\/\/ (\S+\.ts)\n/.exec(code)?.[1] ?? 'packages/devices-platform/src/example.ts';
  // The announcements must not be read as code or tags.
  const source = code.replaceAll(/ \/\/ error: \w+$/gm, '');
  const config: Linter.Config = {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser },
    plugins: { '@polyvisor': { rules: { [rule]: asEslintRule(plugin.rules[rule]) } } },
    rules: { [`@polyvisor/${rule}`]: 'error' },
  };
  const messages = new Linter({ configType: 'flat' }).verify(source, [config], { filename: path });
  return messages.map(({ line, messageId, message }) => `${line} ${messageId ?? message}`);
}

const examples = examplesOf(readme);

describe('the examples of the README', () => {
  it('exist, good and bad, for every rule', () => {
    const kinds = new Set(examples.map(({ rule, kind }) => `${rule} ${kind}`));

    expect([...kinds].sort()).toEqual(ruleNames.flatMap((name) => [`${name} bad`, `${name} good`]).sort());
  });

  it.each(examples.filter(({ kind }) => kind === 'bad'))('are refused as line $line announces', (example) => {
    const expected = announced(example.code);

    expect(expected).not.toEqual([]);
    expect(reported(example)).toEqual(expected);
  });

  it.each(examples.filter(({ kind }) => kind === 'good'))('are accepted at line $line', (example) => {
    expect(reported(example)).toEqual([]);
  });

  it.each(ruleNames)('show every message of %s', (name) => {
    const ofRule = examples.filter(({ rule }) => rule === name);
    const shown = ofRule.flatMap(({ code }) => announced(code)).map((text) => text.replace(/^\d+ /, ''));

    expect([...new Set(shown)].sort()).toEqual(Object.keys(plugin.rules[name].meta.messages).sort());
  });
});
