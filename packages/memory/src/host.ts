import {
  CodeFrames, FRAME_SIZE, PolyvisorError, RUN_FRAMES, hostOffset,
  type AddressSpace, type AddressSpaceOptions, type FrameAllocator, type Host, type HostOffset,
} from '@polyvisor/core';
import { RadixAddressSpace } from './address-space.ts';
import { memoryErrors } from './errors.ts';
import { formats } from './formats.ts';
import { RunAllocator } from './frame-allocator.ts';
import { TableSpace } from './table-space.ts';

export interface HostOptions {
  /** Bytes of frames for guests and tables, rounded up to 2 MiB. */
  readonly frames: number;
  /** Bytes for engines' own tables, rounded up to 2 MiB. Default 64 MiB; an x86 processor needs about 30. */
  readonly tables?: number;
}

const WASM_PAGE = 65536;
const RUN_BYTES = RUN_FRAMES * FRAME_SIZE;
/**
 * The most bytes that a Host can have, with its tables. A memory32 memory has at most 65,536 pages; the last stays out so that
 * offset + length never wraps.
 */
export const MAX_HOST_BYTES = 65535 * WASM_PAGE;
/** Offset 0 is never handed out: a zero offset in a table means "nothing". */
const GUARD = WASM_PAGE;

/** A Host in this process or page: one shared WebAssembly memory, committed as it is touched. */
export function createHost(options: HostOptions): Host {
  const tables = roundUp('tables', options.tables ?? 64 * 2 ** 20);
  const pool = roundUp('frames', options.frames);
  const size = tables + pool;
  if (size > MAX_HOST_BYTES) {
    const rule = `at most ${MAX_HOST_BYTES - tables} bytes with ${tables} bytes of tables`;
    throw new PolyvisorError([memoryErrors['bad-size']('host', { what: 'frames', given: options.frames, rule })]);
  }
  return new SharedMemoryHost(allocateMemory(size), tables);
}

function roundUp(what: string, bytes: number): number {
  if (!Number.isSafeInteger(bytes) || bytes <= 0) {
    throw new PolyvisorError([memoryErrors['bad-size']('host', { what, given: bytes, rule: 'a positive number of bytes' })]);
  }
  return Math.ceil(bytes / RUN_BYTES) * RUN_BYTES;
}

function allocateMemory(size: number): WebAssembly.Memory {
  if (typeof SharedArrayBuffer === 'undefined') throw new PolyvisorError([memoryErrors['no-shared-memory']('host', { memory: 'shared' })]);
  const pages = size / WASM_PAGE;
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (cause) {
    throw new PolyvisorError([memoryErrors['no-address-range']('host', { bytes: size }, cause)]);
  }
}

class SharedMemoryHost implements Host {
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly view: DataView<SharedArrayBuffer>;
  readonly frames: FrameAllocator;
  readonly code: CodeFrames;
  readonly #tables: TableSpace;
  readonly #spaces = new Set<AddressSpace>();

  constructor(memory: WebAssembly.Memory, tables: number) {
    const buffer = memory.buffer as unknown as SharedArrayBuffer;
    this.memory = memory;
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.view = new DataView(buffer);
    this.#tables = new TableSpace(GUARD, tables);
    this.code = new CodeFrames(this.words, this.reserve(CodeFrames.size(buffer.byteLength), 4, 'code frames'));
    this.frames = new RunAllocator(this.bytes, this.code, tables / FRAME_SIZE, (buffer.byteLength - tables) / RUN_BYTES);
  }

  reserve(size: number, align: number, owner: string): HostOffset {
    return hostOffset(this.#tables.reserve(size, align, owner));
  }

  release(offset: HostOffset): void {
    // Zeroed when given back, so that reserve always finds zeros.
    this.bytes.fill(0, offset, offset + this.#tables.release(offset));
  }

  createAddressSpace(options: AddressSpaceOptions): AddressSpace {
    const track = (space: AddressSpace): void => {
      this.#spaces.add(space);
    };
    const untrack = (space: AddressSpace): void => {
      this.#spaces.delete(space);
    };
    return new RadixAddressSpace(this, formats[options.format ?? 'ept'], options.name, { track, untrack });
  }

  destroy(): void {
    for (const space of [...this.#spaces]) space.destroy();
  }
}
