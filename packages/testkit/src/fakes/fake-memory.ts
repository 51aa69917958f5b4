import { DmaStatus, type Dma } from '@polyvisor/core';
import { hex, Trace } from '../trace/trace.ts';

/** A range of bytes, `from` included, `to` excluded. */
export type ByteRange = readonly [from: number, to: number];

export interface FakeMemoryOptions {
  /** Bytes; default 1 MiB. */
  readonly size?: number;
  /** The memory itself instead, such as one that another thread has too. */
  readonly bytes?: Uint8Array;
  /** Nothing answers there. */
  readonly holes?: readonly ByteRange[];
  readonly readOnly?: readonly ByteRange[];
  readonly trace?: Trace;
}

const PAGE = 4096;

/**
 * Guest memory as a bus master sees it: one byte array with holes and read-only ranges. It counts what missed, so
 * that a test can ask whether anything was tried outside.
 */
export class FakeMemory implements Dma {
  readonly bytes: Uint8Array;
  status: DmaStatus = DmaStatus.ok;
  /** Operations that touched a byte without memory, or that was read-only. */
  missed = 0;
  denied = 0;
  /** Set: every access fails with it. */
  failWith: DmaStatus = DmaStatus.ok;
  readonly #holes: readonly ByteRange[];
  readonly #readOnly: readonly ByteRange[];
  readonly #trace: Trace;
  readonly #word = new Uint8Array(4);

  constructor(options: FakeMemoryOptions = {}) {
    this.bytes = options.bytes ?? new Uint8Array(options.size ?? 0x100000);
    this.#holes = options.holes ?? [];
    this.#readOnly = options.readOnly ?? [];
    this.#trace = options.trace ?? new Trace();
  }

  read(address: number, into: Uint8Array, at: number, length: number): DmaStatus {
    this.#trace.tick(length);
    this.#trace.given(address);
    if (at < 0 || length < 0 || at + length > into.length) throw new RangeError('the buffer of a DMA read is too small');
    const good = this.#reach(address, length, false);
    for (let i = 0; i < good; i += 1) into[at + i] = this.bytes[address + i]!;
    if (this.#trace.on) this.#trace.add(`dma read ${hex(address)}+${length}: ${this.status}`);
    return this.status;
  }

  write(address: number, from: Uint8Array, at: number, length: number): DmaStatus {
    this.#trace.tick(length);
    this.#trace.given(address);
    if (at < 0 || length < 0 || at + length > from.length) throw new RangeError('the buffer of a DMA write is too small');
    const good = this.#reach(address, length, true);
    for (let i = 0; i < good; i += 1) this.bytes[address + i] = from[at + i]!;
    if (this.#trace.on) this.#trace.add(`dma write ${hex(address)}+${length} ${digest(from, at, length)}: ${this.status}`);
    return this.status;
  }

  load(address: number, size: 1 | 2 | 4): number {
    this.#trace.tick(size);
    this.#trace.given(address);
    const good = this.#reach(address, size, false);
    let value = 0;
    for (let i = 0; i < size; i += 1) value |= (good === size ? this.bytes[address + i]! : 0xff) << (8 * i);
    if (this.#trace.on) this.#trace.add(`dma load ${hex(address)}/${size}: ${this.status}`);
    return value;
  }

  store(address: number, size: 1 | 2 | 4, value: number): DmaStatus {
    this.#trace.tick(size);
    this.#trace.given(address);
    for (let i = 0; i < size; i += 1) this.#word[i] = value >>> (8 * i);
    const good = this.#reach(address, size, true);
    for (let i = 0; i < good; i += 1) this.bytes[address + i] = this.#word[i]!;
    if (this.#trace.on) this.#trace.add(`dma store ${hex(address)}/${size} = ${hex(value)}: ${this.status}`);
    return this.status;
  }

  /** How many bytes from `address` on may be accessed, in whole pages up to the fault; sets `status`. */
  #reach(address: number, length: number, write: boolean): number {
    this.status = this.failWith;
    if (this.failWith !== DmaStatus.ok) return 0;
    // Answered at once: to pass an address beyond 32 bits on to another function would allocate a box for it.
    if (!(address >= 0 && address < this.bytes.length)) {
      if (length === 0) return 0;
      this.missed += 1;
      this.status = DmaStatus.noMemory;
      return 0;
    }
    let done = 0;
    while (done < length) {
      const step = Math.min(length - done, PAGE - ((address + done) % PAGE));
      const status = this.#allowed(address + done, step, write);
      if (status !== DmaStatus.ok) {
        if (status === DmaStatus.denied) this.denied += 1;
        else this.missed += 1;
        this.status = status;
        return done;
      }
      done += step;
    }
    return done;
  }

  #allowed(from: number, length: number, write: boolean): DmaStatus {
    if (!(from >= 0 && from + length <= this.bytes.length) || !Number.isInteger(from)) return DmaStatus.noMemory;
    for (const hole of this.#holes) if (from < hole[1] && hole[0] < from + length) return DmaStatus.noMemory;
    if (write) for (const range of this.#readOnly) if (from < range[1] && range[0] < from + length) return DmaStatus.denied;
    return DmaStatus.ok;
  }
}

/** A short name for bytes in a trace (FNV-1a). */
function digest(from: Uint8Array, at: number, length: number): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < length; i += 1) hash = Math.imul(hash ^ from[at + i]!, 0x01000193);
  return `#${(hash >>> 0).toString(16)}`;
}
