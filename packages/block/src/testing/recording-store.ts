import type { ByteStore } from '../store/byte-store.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { Random } from './random.ts';

type Event =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'flush'; readonly covers: number }
  | { readonly kind: 'note'; readonly note: unknown };

const SECTOR = 512;

/** Remembers every write and flush, to tell what may be there after a crash. Writes end in random order. */
export class RecordingStore implements ByteStore {
  readonly name = 'recorded';
  readonly readOnly = false;
  readonly events: Event[] = [];
  readonly #inner: MemoryStore;
  readonly #before: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#before = bytes;
    this.#inner = new MemoryStore({ bytes });
  }

  get size(): number {
    return this.#inner.size;
  }

  /** Puts the caller's own event into the order of things. */
  note(note: unknown): void {
    this.events.push({ kind: 'note', note });
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    await this.#inner.read(offset, into);
  }
  async write(offset: number, from: Uint8Array): Promise<void> {
    await this.#inner.write(offset, from);
    this.events.push({ kind: 'write', offset, bytes: from.slice() });
    await Promise.resolve();
  }
  async punch(offset: number, length: number): Promise<void> {
    await this.write(offset, new Uint8Array(Math.min(length, this.size - offset)));
  }
  async flush(): Promise<void> {
    // What is written while a flush runs may or may not be covered: here it is not.
    const covers = this.events.length;
    // Long enough for other requests to go on meanwhile.
    for (let turn = 0; turn < 200; turn++) await Promise.resolve();
    this.events.push({ kind: 'flush', covers });
  }
  async resize(size: number): Promise<void> {
    await this.#inner.resize(size);
  }
  async close(): Promise<void> {
    await this.#inner.close();
  }

  /** The store after a crash behind event `end`: of what no flush covered, some sectors are there, in any order. */
  async crashed(end: number, random: Random): Promise<{ readonly store: MemoryStore; readonly notes: readonly unknown[] }> {
    const past = this.events.slice(0, end);
    const synced = past.reduce((most, event) => (event.kind === 'flush' ? Math.max(most, event.covers) : most), 0);
    const store = new MemoryStore({ name: 'crashed', bytes: this.#before });
    const uncertain: [number, Uint8Array][] = [];
    for (const [i, event] of past.entries()) {
      if (event.kind !== 'write') continue;
      if (i < synced) await store.write(event.offset, event.bytes);
      else {
        for (let at = 0; at < event.bytes.length; ) {
          const length = Math.min(SECTOR - ((event.offset + at) % SECTOR), event.bytes.length - at);
          uncertain.push([event.offset + at, event.bytes.subarray(at, at + length)]);
          at += length;
        }
      }
    }
    const share = random.below(5);
    for (let i = uncertain.length - 1; i > 0; i--) {
      const k = random.below(i + 1);
      [uncertain[i], uncertain[k]] = [uncertain[k]!, uncertain[i]!];
    }
    for (const [offset, bytes] of uncertain) if (random.below(4) < share) await store.write(offset, bytes);
    return { store, notes: past.flatMap((event) => (event.kind === 'note' ? [event.note] : [])) };
  }
}
