import { PolyvisorError, parseBytes } from '@polyvisor/core';
import { runErrors } from '../errors.ts';

/** The value of an option in QEMU's form: `key=value,key=value`, the first key may be left out; `,,` is a comma. */
export class Settings {
  readonly #option: string;
  readonly #text: string;
  readonly #wants: string;
  readonly #values = new Map<string, string[]>();
  readonly #asked: string[] = [];

  constructor(option: string, text: string, wants: string, implied: string) {
    this.#option = option;
    this.#text = text;
    this.#wants = wants;
    text.replaceAll(',,', '\0').split(',').forEach((part, i) => {
      const [, key = i === 0 ? implied : part, value = i === 0 ? part : 'on'] = /^([\w.-]+)=(.*)$/s.exec(part) ?? [];
      this.#values.set(key, [...(this.#values.get(key) ?? []), value.replaceAll('\0', ',')]);
    });
  }

  refuse(why: string): PolyvisorError {
    return new PolyvisorError([runErrors['option-value']('', { option: this.#option, value: this.#text, why, wants: this.#wants })]);
  }

  /** All values of a key that may stand several times. */
  texts(key: string): readonly string[] {
    this.#asked.push(key);
    const values = this.#values.get(key) ?? [];
    this.#values.delete(key);
    return values;
  }
  text(key: string): string | undefined {
    return this.texts(key).at(-1);
  }
  /** As `text`, but the setting is still there. */
  peek(key: string): string | undefined {
    return this.#values.get(key)?.at(-1);
  }
  need(key: string): string {
    const value = this.text(key);
    if (value === undefined || value === '') throw this.refuse(`has no ${key}`);
    return value;
  }
  choice<T extends string>(key: string, of: readonly T[]): T | undefined {
    const value = this.text(key);
    const found = of.find((known) => known === value);
    if (value !== undefined && found === undefined) throw this.refuse(`has the ${key} "${value}", which is none of ${of.join(', ')}`);
    return found;
  }
  /** `on` and `off`, as well as `yes`, `no`, `true`, `false`. */
  flag(key: string): boolean | undefined {
    const value = this.choice(key, ['on', 'off', 'yes', 'no', 'true', 'false']);
    return value === undefined ? undefined : value === 'on' || value === 'yes' || value === 'true';
  }
  number(key: string, from: number, to: number): number | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const number = /^(0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : NaN;
    if (!(number >= from && number <= to)) throw this.refuse(`has the ${key} "${value}", which is no number from ${from} to ${to}`);
    return number;
  }
  bytes(key: string): number | undefined {
    const value = this.text(key);
    const bytes = value === undefined ? undefined : parseBytes(value);
    if (value !== undefined && bytes === undefined) throw this.refuse(`has the ${key} "${value}", which is no size`);
    return bytes;
  }
  /** A value that is said elsewhere. */
  with(key: string, value: string): this {
    this.#values.set(key, [value]);
    return this;
  }
  /** Everything that was not asked for. */
  rest(): ReadonlyMap<string, string> {
    const rest = new Map(Array.from(this.#values, ([key, values]) => [key, values.at(-1) ?? '']));
    this.#values.clear();
    return rest;
  }
  /** Whatever was not asked for is a mistake. */
  end(): void {
    const [left] = this.#values.keys();
    if (left === undefined) return;
    throw this.refuse(`has the setting "${left}", which is none of ${this.#asked.join(', ')}`);
  }
}
