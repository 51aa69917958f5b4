import type { Dma } from '@polyvisor/core';
import { Errno } from '../errno.ts';
import { PAGE } from './layout.ts';
import type { ProcessMemory } from './process-memory.ts';

/** As PATH_MAX, the longest text that a call takes. */
export const LONGEST_TEXT = 4096;

/**
 * The kernel's access to a program's memory: every address is checked as if the program had used it itself. An access
 * that fails reads zeros or writes nothing and sets `failed`, upon which the call answers EFAULT.
 */
export class UserMemory {
  failed = false;
  readonly #memory: Dma;
  readonly #space: ProcessMemory;
  readonly #scratch = new Uint8Array(16);
  readonly #view = new DataView(this.#scratch.buffer);

  constructor(memory: Dma, space: ProcessMemory) {
    this.#memory = memory;
    this.#space = space;
  }

  /** Whether an access failed since this was last asked. */
  takeFailure(): boolean {
    const { failed } = this;
    this.failed = false;
    return failed;
  }

  /** Copies in as many bytes as the program may read, in order; how many. */
  copyIn(address: number, into: Uint8Array): number {
    let done = 0;
    while (done < into.length) {
      const step = Math.min(into.length - done, PAGE - ((address + done) % PAGE));
      const gpa = this.#space.reach(address + done, false);
      if (gpa < 0 || this.#memory.read(gpa, into, done, step) !== 0) break;
      done += step;
    }
    return done;
  }

  copyOut(address: number, from: Uint8Array): number {
    let done = 0;
    while (done < from.length) {
      const step = Math.min(from.length - done, PAGE - ((address + done) % PAGE));
      const gpa = this.#space.reach(address + done, true);
      if (gpa < 0 || this.#memory.write(gpa, from, done, step) !== 0) break;
      done += step;
    }
    return done;
  }

  /** Whether the program may write the byte at `address`. */
  writable(address: number): boolean {
    return this.#space.reach(address, true) >= 0;
  }

  /** A copy of `length` bytes. */
  bytes(address: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    if (this.copyIn(address, out) < length) this.failed = true;
    return out;
  }

  store(address: number, from: Uint8Array): void {
    if (this.copyOut(address, from) < from.length) this.failed = true;
  }

  u32(address: number): number {
    this.#load(address, 4);
    return this.#view.getUint32(0, true);
  }

  i32(address: number): number {
    this.#load(address, 4);
    return this.#view.getInt32(0, true);
  }

  /** A signed 64-bit number; exact up to 2^53. */
  i64(address: number): number {
    this.#load(address, 8);
    return this.#view.getInt32(4, true) * 2 ** 32 + this.#view.getUint32(0, true);
  }

  /** An unsigned 64-bit number; exact up to 2^53. */
  u64(address: number): number {
    this.#load(address, 8);
    return this.#view.getUint32(4, true) * 2 ** 32 + this.#view.getUint32(0, true);
  }

  storeU32(address: number, value: number): void {
    this.#view.setInt32(0, value | 0, true);
    this.store(address, this.#scratch.subarray(0, 4));
  }

  storeI64(address: number, value: number): void {
    this.#view.setUint32(0, value >>> 0, true);
    this.#view.setInt32(4, Math.floor(value / 2 ** 32), true);
    this.store(address, this.#scratch.subarray(0, 8));
  }

  /** Text up to its zero byte, one character for each byte; a negated error number when it does not end. */
  text(address: number, longest = LONGEST_TEXT): string | number {
    let text = '';
    let at = address;
    while (text.length < longest) {
      const chunk = new Uint8Array(Math.min(64, longest - text.length, PAGE - (at % PAGE)));
      if (this.copyIn(at, chunk) < chunk.length) return -Errno.EFAULT;
      const end = chunk.indexOf(0);
      text += String.fromCharCode(...chunk.subarray(0, end < 0 ? chunk.length : end));
      if (end >= 0) return text;
      at += chunk.length;
    }
    return -Errno.ENAMETOOLONG;
  }

  #load(address: number, size: number): void {
    if (this.copyIn(address, this.#scratch.subarray(0, size)) === size) return;
    this.#scratch.fill(0);
    this.failed = true;
  }
}
