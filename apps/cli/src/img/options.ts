import { PolyvisorError } from '@polyvisor/core';
import { imgErrors } from './errors.ts';

/** The options of an action: what the value is, for messages, or `null` for a switch. */
export type OptionSpec = Readonly<Record<string, string | null>>;

export interface Parsed {
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly rest: readonly string[];
}

/** Options stand anywhere, as `-f qcow2`, `--output json` or `--output=json`; `--` ends them. */
export function parseOptions(command: string, spec: OptionSpec, args: readonly string[]): Parsed {
  const values = new Map<string, string[]>();
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--') {
      rest.push(...args.slice(i + 1));
      break;
    }
    // A size such as -1G is an argument.
    if (!/^-./.test(arg) || /^-\d/.test(arg)) {
      rest.push(arg);
      continue;
    }
    const [, option = '', attached] = /^(--?[^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    const wants = Object.hasOwn(spec, option) ? spec[option] : undefined;
    if (wants === undefined) throw new PolyvisorError([imgErrors['img-option']('', { option: arg, command, known: Object.keys(spec) })]);
    const value = wants === null ? '' : (attached ?? args[++i]);
    if (value === undefined || (wants === null && attached !== undefined)) {
      throw new PolyvisorError([imgErrors['img-value']('', { option, value: attached ?? '', wants: wants ?? 'the option alone' })]);
    }
    values.set(option, [...(values.get(option) ?? []), value]);
  }
  return { values, rest };
}

const SCALE = 'bkmgtpe';

/** Bytes from `512`, `20M`, `1.5G`; as in QEMU all suffixes are binary. */
export function parseSize(option: string, text: string): number {
  const [, number, suffix = 'b'] = /^(\d+(?:\.\d+)?)([bkmgtpe])?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * 1024 ** SCALE.indexOf(suffix.toLowerCase()));
  if (number !== undefined && Number.isSafeInteger(bytes)) return bytes;
  throw new PolyvisorError([imgErrors['img-value']('', { option, value: text, wants: 'a size, such as 4096, 512M, 20G or 1T' })]);
}

/** `key=value` pairs of `-o`, separated by commas; a doubled comma is one of the value. */
export function parsePairs(option: string, texts: readonly string[], known: readonly string[]): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const text of texts) {
    for (const pair of text.replaceAll(',,', '\0').split(',')) {
      const [key = '', ...value] = pair.replaceAll('\0', ',').split('=');
      if (!known.includes(key)) {
        throw new PolyvisorError([imgErrors['img-value']('', { option, value: pair, wants: known.map((name) => `${name}=VALUE`).join(', ') })]);
      }
      pairs.set(key, value.length === 0 ? 'on' : value.join('='));
    }
  }
  return pairs;
}

export function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((name) => name === value);
  if (found === undefined) throw new PolyvisorError([imgErrors['img-value']('', { option, value, wants: `one of ${known.join(', ')}` })]);
  return found;
}
