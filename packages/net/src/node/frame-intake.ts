import type { NetCard } from '@polyvisor/core';
import { FrameRing } from '../wire/frame-ring.ts';
import { fitsWire } from '../wire/packet.ts';
import { LARGEST_FRAME } from './largest-frame.ts';

/** Where the bytes come from. */
export interface ByteSource {
  pause(): unknown;
  resume(): unknown;
  destroy(): unknown;
}

/** Cuts a stream into frames, each behind its length as four big-endian bytes, and gives them to a card as it has room. */
export class FrameIntake {
  source: ByteSource | undefined = undefined;
  card: NetCard | undefined = undefined;
  readonly #mtu: number;
  /** What came of a frame that is not complete. */
  readonly #partial = new Uint8Array(4 + LARGEST_FRAME);
  #have = 0;
  readonly #waiting = new FrameRing(2 ** 20, 1024);
  #retry: NodeJS.Timeout | undefined = undefined;

  constructor(mtu: number) {
    this.#mtu = mtu;
  }

  /** Another source takes the place of the last one, which may have ended within a frame. */
  use(source: ByteSource | undefined): void {
    this.source = source;
    this.#have = 0;
  }

  read(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      const length = this.#have < 4 ? 4 : 4 + lengthOf(this.#partial);
      const count = Math.min(length - this.#have, chunk.length - at);
      this.#partial.set(chunk.subarray(at, at + count), this.#have);
      this.#have += count;
      at += count;
      if (this.#have < 4) return;
      const whole = 4 + lengthOf(this.#partial);
      // The peer is out of step: there is no way to find the next frame.
      if (whole > this.#partial.length) return void this.source?.destroy();
      if (this.#have < whole) continue;
      this.#have = 0;
      this.#deliver(this.#partial.subarray(4, whole));
    }
  }

  /** The card has room again. */
  receiveReady(): void {
    for (let frame = this.#waiting.peek(); frame !== undefined; frame = this.#waiting.peek()) {
      if (!(this.card?.receive(frame) ?? true)) {
        this.#later();
        return;
      }
      this.#waiting.shift();
    }
    this.#stopRetrying();
    this.source?.resume();
  }

  detach(): void {
    this.card = undefined;
    this.#waiting.clear();
  }
  close(): void {
    this.#stopRetrying();
    this.detach();
  }

  #deliver(frame: Uint8Array): void {
    if (this.card === undefined || !fitsWire(frame.length, this.#mtu)) return;
    if (this.#waiting.count === 0 && this.card.receive(frame)) return;
    // A chunk that was read has to go somewhere; what does not fit any more is lost.
    this.#waiting.push(frame);
    this.source?.pause();
    this.#later();
  }

  #later(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.receiveReady();
    }, 1);
  }
  #stopRetrying(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }
}

function lengthOf(header: Uint8Array): number {
  return ((header[0]! << 24) | (header[1]! << 16) | (header[2]! << 8) | header[3]!) >>> 0;
}
