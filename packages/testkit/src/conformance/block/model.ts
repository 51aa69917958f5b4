import type { BlockBackend } from '@polyvisor/core';
import type { Random } from '../../random/random.ts';
import { found, type Finding } from '../report.ts';

const LARGEST_REQUEST = 96 * 1024;

export type Request =
  | { readonly kind: 'read' | 'discard' | 'writeZeroes'; readonly offset: number; readonly length: number }
  | { readonly kind: 'write'; readonly offset: number; readonly length: number; readonly bytes: Uint8Array };

export const nameOf = ({ kind, offset, length }: Request): string => `${kind} of ${length} bytes at ${offset}`;

/** What a disk has to hold. */
export class DiskModel {
  readonly disk: BlockBackend;
  readonly bytes: Uint8Array;
  /** For each block: 0 once it was discarded, since it may read as anything that was then. */
  readonly #sure: Uint8Array;

  private constructor(disk: BlockBackend, bytes: Uint8Array) {
    this.disk = disk;
    this.bytes = bytes;
    this.#sure = new Uint8Array(bytes.length / disk.blockSize).fill(1);
  }

  static async of(disk: BlockBackend): Promise<DiskModel> {
    const bytes = new Uint8Array(disk.size);
    await disk.read(0, bytes);
    return new DiskModel(disk, bytes);
  }

  /** What the disk will hold; the request itself is made by `perform`. */
  apply(request: Request): void {
    const { offset, length } = request;
    if (request.kind === 'write') this.bytes.set(request.bytes, offset);
    if (request.kind === 'writeZeroes') this.bytes.fill(0, offset, offset + length);
    if (request.kind === 'read') return;
    const { blockSize } = this.disk;
    this.#sure.fill(request.kind === 'discard' ? 0 : 1, offset / blockSize, (offset + length) / blockSize);
  }

  /** The first byte that is wrong in what was read from `offset`. */
  wrong(offset: number, bytes: Uint8Array): number | undefined {
    for (let i = 0; i < bytes.length; i += 1) {
      if (bytes[i] !== this.bytes[offset + i] && this.#sure[Math.floor((offset + i) / this.disk.blockSize)] === 1) return offset + i;
    }
    return undefined;
  }

  /** Everything, by requests of a size. */
  async compare(disk: BlockBackend, when: string, step = 65536): Promise<Finding[]> {
    const into = new Uint8Array(step);
    for (let at = 0; at < this.bytes.length; at += step) {
      const part = into.subarray(0, Math.min(step, this.bytes.length - at));
      await disk.read(at, part);
      const wrong = this.wrong(at, part);
      if (wrong !== undefined) return [found(`${when}, byte ${wrong} is ${part[wrong - at] ?? 0} and should be ${this.bytes[wrong] ?? 0}`)];
    }
    return [];
  }
}

/** A request within blocks `from` to `to` − 1. */
export function randomRequest(random: Random, blockSize: number, from: number, to: number): Request {
  const most = Math.min(to - from, LARGEST_REQUEST / blockSize);
  const blocks = random.chance(1, 3) ? 1 : 1 + random.below(most);
  const length = blocks * blockSize;
  const offset = (from + random.below(to - from - blocks + 1)) * blockSize;
  const kind = random.pick(['read', 'read', 'write', 'write', 'write', 'writeZeroes', 'discard'] as const);
  return kind === 'write' ? { kind, offset, length, bytes: random.bytes(length) } : { kind, offset, length };
}

/** Makes the request and compares what was read. The model must know of it already. */
export async function perform(model: DiskModel, request: Request): Promise<Finding[]> {
  const { disk } = model;
  const { offset, length } = request;
  if (request.kind === 'write') await disk.write(offset, request.bytes);
  else if (request.kind === 'read') {
    const into = new Uint8Array(length).fill(0xa5);
    await disk.read(offset, into);
    const wrong = model.wrong(offset, into);
    if (wrong !== undefined) return [found(`a ${nameOf(request)} gives ${into[wrong - offset] ?? 0} for byte ${wrong}, which should be ${model.bytes[wrong] ?? 0}`)];
  } else await disk[request.kind](offset, length);
  return [];
}

/** Runs a check with a new disk, which is closed then. */
export async function withDisk<T>(open: () => Promise<{ readonly disk: BlockBackend }> | { readonly disk: BlockBackend }, use: (disk: BlockBackend) => Promise<T>): Promise<T> {
  const { disk } = await open();
  try {
    return await use(disk);
  } finally {
    await disk.close();
  }
}
