import type { Section } from '../encode/sections.ts';

/** The type section: each function type once. */
export class TypeRegistry {
  readonly #section: Section;
  readonly #indices = new Map<string, number>();

  constructor(section: Section) {
    this.#section = section;
  }

  /** Index of the type with these encoded parameters and results. */
  index(params: readonly number[], results: readonly number[]): number {
    const key = `${params.join()}>${results.join()}`;
    const known = this.#indices.get(key);
    if (known !== undefined) return known;
    const index = this.#section.count;
    this.#indices.set(key, index);
    const out = this.#section.entry();
    out.u8(0x60);
    out.vector(params);
    out.vector(results);
    return index;
  }
}
