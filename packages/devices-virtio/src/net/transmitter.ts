import type { Chain } from '../queue/chain.ts';
import type { Virtqueue } from '../queue/virtqueue.ts';
import { completeChecksum } from './checksum.ts';
import type { NetSetup } from './net-model.ts';
import { Gso, Header, HeaderFlag, MAX_FRAME, MIN_FRAME } from './registers.ts';
import { Segmenter } from './segments.ts';
import type { NetState } from './state.ts';

/** What became of a frame. */
const Outcome = { SENT: 0, BLOCKED: 1, BROKEN: 2 } as const;
type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** The card's way out: takes frames from the transmit queues, completes them and gives them to the network. */
export class Transmitter {
  readonly #setup: NetSetup;
  readonly #frame = new Uint8Array(MAX_FRAME);
  readonly #header = new Uint8Array(Header.LONG);
  readonly #view = new DataView(this.#header.buffer);
  readonly #segmenter: Segmenter;
  /** Segments of the frame at the head of each queue that the network has. */
  readonly #sent: number[];
  readonly #blocked: boolean[];

  constructor(setup: NetSetup, saved: NetState | undefined) {
    this.#setup = setup;
    this.#segmenter = new Segmenter(MAX_FRAME);
    this.#sent = Array.from({ length: setup.pairs }, (_, pair) => saved?.sent[pair] ?? 0);
    this.#blocked = Array.from({ length: setup.pairs }, (_, pair) => saved?.blocked[pair] ?? false);
  }

  /** @hot */
  isBlocked(pair: number): boolean {
    return this.#blocked[pair]!;
  }

  /** @hot Sends until the queue is empty or the network is full: then the frame waits at the head of its queue. */
  drain(queue: Virtqueue, pair: number, headerSize: number): void {
    this.#blocked[pair] = false;
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      const outcome = this.#send(chain, pair, headerSize);
      if (outcome === Outcome.BLOCKED) {
        queue.unpop(chain);
        this.#blocked[pair] = true;
        break;
      }
      this.#sent[pair] = 0;
      if (outcome === Outcome.BROKEN) return;
      queue.push(chain, 0);
    }
    queue.flush();
  }

  reset(): void {
    this.#sent.fill(0);
    this.#blocked.fill(false);
  }

  save(): Pick<NetState, 'sent' | 'blocked'> {
    return { sent: [...this.#sent], blocked: [...this.#blocked] };
  }

  /** @hot A frame that makes no sense is dropped. */
  #send(chain: Chain, pair: number, headerSize: number): Outcome {
    const length = chain.readable - headerSize;
    if (length < MIN_FRAME || length > MAX_FRAME) return this.#drop('a frame to send is shorter than its headers, or longer than 64 KiB');
    if (!chain.read(0, this.#header, 0, headerSize) || !chain.read(headerSize, this.#frame, 0, length)) return Outcome.BROKEN;
    const gso = this.#header[Header.gso_type]!;
    const start = this.#view.getUint16(Header.csum_start, true);
    if (gso !== Gso.NONE) return this.#cut(pair, length, gso, start);
    if ((this.#header[Header.flags]! & HeaderFlag.NEEDS_CSUM) !== 0) {
      const offset = this.#view.getUint16(Header.csum_offset, true);
      if (start + offset + 2 > length) return this.#drop('a checksum lies behind the end of its frame');
      if (this.#setup.backend.offloads?.sendUnchecked !== true) completeChecksum(this.#frame, length, start, offset);
    }
    return this.#give(this.#frame, length);
  }

  /** @hot TSO: the frame goes out in segments; those that the network took are not sent again. */
  #cut(pair: number, length: number, gso: number, start: number): Outcome {
    const type = gso & ~Gso.ECN;
    const known = type === Gso.TCPV4 || type === Gso.TCPV6;
    if (!known || !this.#segmenter.begin(this.#frame, length, gso, this.#view.getUint16(Header.gso_size, true), start)) {
      return this.#drop('a frame cannot be cut into segments');
    }
    while (this.#sent[pair]! < this.#segmenter.count) {
      const bytes = this.#segmenter.make(this.#frame, this.#sent[pair]!);
      if (this.#give(this.#segmenter.bytes, bytes) === Outcome.BLOCKED) return Outcome.BLOCKED;
      this.#sent[pair]! += 1;
    }
    return Outcome.SENT;
  }

  #give(from: Uint8Array, length: number): Outcome {
    return this.#setup.backend.send(from.subarray(0, length)) ? Outcome.SENT : Outcome.BLOCKED;
  }

  #drop(why: string): Outcome {
    this.#setup.log.guestError(why);
    return Outcome.SENT;
  }
}
