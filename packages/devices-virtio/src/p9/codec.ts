import { FolderError } from './host-folder.ts';
import { HEADER_SIZE } from './protocol.ts';

const decoder = (): { decode(bytes: Uint8Array): string } => new TextDecoder('utf-8', { fatal: true });

/** Reads a message; what it lacks is EPROTO. Numbers are little-endian. */
export class MessageReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #text = decoder();
  #at = HEADER_SIZE;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  /** A number beyond 2^53 is as far away as 2^53 is. */
  u64(): number {
    const at = this.#take(8);
    return Math.min(this.#view.getUint32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true), Number.MAX_SAFE_INTEGER);
  }
  string(): string {
    const length = this.u16();
    const at = this.#take(length);
    try {
      return this.#text.decode(this.#bytes.subarray(at, at + length));
    } catch {
      throw new FolderError('EINVAL');
    }
  }
  data(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw new FolderError('EPROTO');
    this.#at = at + length;
    return at;
  }
}

/** Writes a reply into a buffer that is large enough for msize; beyond it is ERANGE. */
export class MessageWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #limit: number;
  #at = HEADER_SIZE;

  constructor(bytes: Uint8Array, limit: number) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#limit = Math.min(limit, bytes.length);
  }

  get length(): number {
    return this.#at;
  }
  /** Bytes that still fit. */
  get room(): number {
    return this.#limit - this.#at;
  }
  u8(value: number): this {
    this.#view.setUint8(this.#take(1), value);
    return this;
  }
  u16(value: number): this {
    this.#view.setUint16(this.#take(2), value, true);
    return this;
  }
  u32(value: number): this {
    this.#view.setUint32(this.#take(4), value, true);
    return this;
  }
  u64(value: number): this {
    const at = this.#take(8);
    this.#view.setUint32(at, value % 2 ** 32, true);
    this.#view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
    return this;
  }
  string(text: string): this {
    const bytes = new TextEncoder().encode(text);
    this.u16(bytes.length);
    this.bytes.set(bytes, this.#take(bytes.length));
    return this;
  }
  /** Room for data of up to so many bytes, behind its count; `setCount` says how many came. */
  data(length: number): Uint8Array {
    this.u32(0);
    return this.bytes.subarray(this.#at, this.#at + Math.min(length, this.room));
  }
  setCount(count: number): void {
    this.#view.setUint32(this.#at - 4, count, true);
    this.#take(count);
  }

  /** Begins anew. */
  clear(): void {
    this.#at = HEADER_SIZE;
  }
  finish(type: number, tag: number): void {
    this.#view.setUint32(0, this.#at, true);
    this.#view.setUint8(4, type);
    this.#view.setUint16(5, tag, true);
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#limit) throw new FolderError('ERANGE');
    this.#at = at + length;
    return at;
  }
}
