import type { InputStream, OutputStream } from '../src/files/streams.ts';

/** Input that a test feeds. */
export class ScriptedInput implements InputStream {
  onReady: (() => void) | undefined = undefined;
  terminal: InputStream['terminal'] = undefined;
  #bytes: number[] = [];
  #over = false;

  read(into: Uint8Array): number {
    if (this.#bytes.length === 0) return this.#over ? 0 : -1;
    const part = this.#bytes.splice(0, into.length);
    into.set(part);
    return part.length;
  }
  ready(): boolean {
    return this.#bytes.length > 0 || this.#over;
  }
  feed(text: string): void {
    this.#bytes.push(...new TextEncoder().encode(text));
    this.onReady?.();
  }
  end(): void {
    this.#over = true;
    this.onReady?.();
  }
}

/** Output that is kept. */
export class RecordingOutput implements OutputStream {
  readonly bytes: number[] = [];
  /** What the next write gives instead of taking the bytes. */
  failure = 0;

  write(bytes: Uint8Array): number {
    if (this.failure < 0) return this.failure;
    this.bytes.push(...bytes);
    return bytes.length;
  }
  get text(): string {
    return new TextDecoder().decode(Uint8Array.from(this.bytes));
  }
}
