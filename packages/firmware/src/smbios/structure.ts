/** A structure of the SMBIOS table (DSP0134 3.0, 6.1.2): a formatted area, then the texts that it numbers from 1. */
export class Structure {
  readonly #formatted: number[];
  readonly #strings: number[][] = [];

  constructor(type: number, handle: number) {
    this.#formatted = [type, 0, ...little(handle, 2)];
  }

  /** Numbers of `size` bytes. */
  put(size: 1 | 2 | 4 | 8, ...values: readonly number[]): this {
    this.#formatted.push(...values.flatMap((value) => little(value, size)));
    return this;
  }

  /** Bytes as they are. */
  bytes(bytes: readonly number[]): this {
    this.#formatted.push(...bytes);
    return this;
  }

  /** References to texts; none to one that is empty. */
  text(...texts: readonly string[]): this {
    for (const value of texts) {
      const bytes = Array.from(value, (c) => c.charCodeAt(0)).filter((code) => code >= 0x20 && code < 0x7f);
      this.#formatted.push(bytes.length === 0 ? 0 : this.#strings.push([...bytes, 0]));
    }
    return this;
  }

  build(): readonly number[] {
    const [type = 0, , ...rest] = this.#formatted;
    const strings = this.#strings.length === 0 ? [0] : this.#strings.flat();
    return [type, this.#formatted.length, ...rest, ...strings, 0];
  }
}

function little(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);
}
