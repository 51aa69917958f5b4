/** A structure for a program, filled field by field. */
export class Structure {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  u16(at: number, value: number): this {
    this.#view.setUint16(at, value, true);
    return this;
  }
  u32(at: number, value: number): this {
    this.#view.setInt32(at, value | 0, true);
    return this;
  }
  /** A 64-bit number; negative ones are sign-extended. */
  u64(at: number, value: number): this {
    this.#view.setUint32(at, value >>> 0, true);
    this.#view.setUint32(at + 4, Math.floor(value / 2 ** 32) >>> 0, true);
    return this;
  }
  big(at: number, value: bigint): this {
    this.#view.setBigInt64(at, BigInt.asIntN(64, value), true);
    return this;
  }
  /** A `long`: 8 bytes in the 64-bit ABI, 4 in the 32-bit one. */
  long(at: number, value: number, wide: boolean): this {
    return wide ? this.u64(at, value) : this.u32(at, value);
  }
  /** Bytes of a text, one for each character. */
  text(at: number, value: string): this {
    for (let i = 0; i < value.length; i++) this.bytes[at + i] = value.charCodeAt(i);
    return this;
  }
}
