import { blockErrors, ioError, refuse } from '../errors.ts';
import { Pending } from '../qcow2/pending.ts';
import type { ByteStore } from './byte-store.ts';

/** What is used of a response of `fetch`. */
export interface RangeResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer>;
}
export type RangeFetch = (url: string, request: { readonly headers: Readonly<Record<string, string>> }) => Promise<RangeResponse>;

declare const fetch: RangeFetch;

/** Bytes that are fetched, and kept, together. */
const CHUNK = 2 ** 16;
const MOST_CHUNKS = 256;
const PARTIAL = 206;

/** An image on a web server that serves ranges (RFC 9110, 14); only to be read. What was fetched last is kept: 16 MiB. */
export class HttpStore implements ByteStore {
  readonly name: string;
  readonly size: number;
  readonly readOnly = true;
  readonly #fetch: RangeFetch;
  readonly #tag: string | undefined;
  readonly #chunks = new Map<number, Promise<Uint8Array>>();

  private constructor(name: string, size: number, tag: string | undefined, fetcher: RangeFetch) {
    this.name = name;
    this.size = size;
    this.#tag = tag;
    this.#fetch = fetcher;
  }

  /** Asks for the first byte, to learn the size and that ranges are served. `fetcher` is the global `fetch` by default. */
  static async open(url: string, fetcher: RangeFetch = (to, request) => fetch(to, request)): Promise<HttpStore> {
    try {
      const response = await fetcher(url, { headers: { Range: 'bytes=0-0' } });
      const size = Number(/^bytes 0-0\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1] ?? NaN);
      if (response.status !== PARTIAL || !Number.isSafeInteger(size)) {
        throw new Error(`the server does not serve ranges (status ${response.status})`);
      }
      await response.arrayBuffer();
      // A weak tag does not promise the same bytes.
      const tag = response.headers.get('etag') ?? undefined;
      return new HttpStore(url, size, tag?.startsWith('W/') === true ? undefined : tag, fetcher);
    } catch (error) {
      throw ioError(url, 'opening', error);
    }
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    const inside = Math.max(0, Math.min(into.length, this.size - offset));
    into.fill(0, inside);
    if (inside === 0) return;
    const first = Math.floor(offset / CHUNK);
    const last = Math.floor((offset + inside - 1) / CHUNK);
    const pending = new Pending();
    for (let chunk = first; chunk <= last; ) {
      if (this.#chunks.has(chunk)) {
        chunk++;
        continue;
      }
      let end = chunk + 1;
      while (end <= last && end - chunk < MOST_CHUNKS / 4 && !this.#chunks.has(end)) end++;
      this.#request(chunk, end);
      chunk = end;
    }
    for (let chunk = first; chunk <= last; chunk++) {
      const start = Math.max(offset, chunk * CHUNK);
      pending.add(
        this.#chunks.get(chunk)!.then((bytes) => {
          const within = start - chunk * CHUNK;
          into.set(bytes.subarray(within, Math.min(bytes.length, offset + inside - chunk * CHUNK)), start - offset);
        }),
      );
    }
    // Evicted only now: all of them are waited for.
    for (const chunk of this.#chunks.keys()) {
      if (this.#chunks.size <= MOST_CHUNKS) break;
      this.#chunks.delete(chunk);
    }
    try {
      await pending.wait();
    } catch (error) {
      throw ioError(this.name, 'reading', error);
    }
  }

  #request(from: number, to: number): void {
    const all = this.#get(from * CHUNK, Math.min(to * CHUNK, this.size));
    for (let chunk = from; chunk < to; chunk++) {
      const part = all.then((bytes) => bytes.subarray((chunk - from) * CHUNK, (chunk - from + 1) * CHUNK));
      // What failed is asked for again the next time.
      part.catch(() => this.#chunks.get(chunk) === part && this.#chunks.delete(chunk));
      this.#chunks.set(chunk, part);
    }
  }

  async #get(from: number, to: number): Promise<Uint8Array> {
    const response = await this.#fetch(this.name, {
      headers: { Range: `bytes=${from}-${to - 1}`, ...(this.#tag === undefined ? {} : { 'If-Range': this.#tag }) },
    });
    const size = Number(/\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1]);
    // With If-Range, another version comes whole.
    if (response.status === 200 || (response.status === PARTIAL && size !== this.size)) {
      throw refuse(blockErrors['changed-meanwhile']('', { image: this.name }));
    }
    if (response.status !== PARTIAL) throw new Error(`the server answered with status ${response.status}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (bytes.length !== to - from) throw new Error(`the server sent ${bytes.length} bytes of ${to - from}`);
    return bytes;
  }

  write(): Promise<void> {
    return this.#refused();
  }
  flush(): Promise<void> {
    return Promise.resolve();
  }
  resize(): Promise<void> {
    return this.#refused();
  }
  close(): Promise<void> {
    this.#chunks.clear();
    return Promise.resolve();
  }

  #refused(): Promise<void> {
    return Promise.reject(refuse(blockErrors['read-only']('', { image: this.name })));
  }
}
