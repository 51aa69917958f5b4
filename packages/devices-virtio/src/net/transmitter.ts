import { FrameFlag, FrameOffload, LARGEST_FRAME, Segmentation, SoftwareOffload, takesOffload } from '@polyvisor/core';
import type { Chain } from '../queue/chain.ts';
import type { Virtqueue } from '../queue/virtqueue.ts';
import type { NetSetup } from './net-model.ts';
import { Header, HeaderFlag, MIN_FRAME } from './registers.ts';
import type { NetState } from './state.ts';

/** What became of a frame. */
const Outcome = { SENT: 0, BLOCKED: 1, BROKEN: 2 } as const;
/** Where TCP's checksum is, from its header on. */
const TCP_CHECKSUM = 16;
type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** The card's way out: takes frames from the transmit queues and gives them to the network, completed when it asks for that. */
export class Transmitter {
  readonly #setup: NetSetup;
  readonly #frame = new Uint8Array(LARGEST_FRAME);
  #part = this.#frame;
  readonly #header = new Uint8Array(Header.LONG);
  readonly #view = new DataView(this.#header.buffer);
  readonly #offload = new FrameOffload();
  readonly #software = new SoftwareOffload();
  /** Segments of the frame at the head of each queue that the network has. */
  readonly #sent: number[];
  readonly #blocked: boolean[];

  constructor(setup: NetSetup, saved: NetState | undefined) {
    this.#setup = setup;
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
    if (length < MIN_FRAME || length > LARGEST_FRAME) return this.#drop('a frame to send is shorter than its headers, or longer than 64 KiB');
    if (!chain.read(0, this.#header, 0, headerSize) || !chain.read(headerSize, this.#frame, 0, length)) return Outcome.BROKEN;
    const frame = this.#first(length);
    if (!this.#describe()) return this.#give(frame);
    const parts = this.#software.begin(frame, this.#offload);
    if (parts === 0) return this.#drop('a frame cannot be cut into segments, or its checksum lies behind its end');
    this.#offload.headerBytes = this.#software.headers;
    // What was begun in segments goes on in them, also when another network has taken the place of the first.
    if (this.#sent[pair] === 0 && takesOffload(this.#offload, this.#setup.backend.offloads ?? 0)) {
      return this.#setup.backend.send(frame, this.#offload) ? Outcome.SENT : Outcome.BLOCKED;
    }
    if (this.#software.headers > 0) return this.#cut(frame, pair);
    this.#software.fill(frame, 0, frame);
    return this.#give(frame);
  }

  /** The frame of this length; those of a bulk transfer have one, so there is no view to make. */
  #first(length: number): Uint8Array {
    if (this.#part.length !== length) this.#part = this.#frame.subarray(0, length);
    return this.#part;
  }

  /** @hot Reads what the driver wrote before the frame (§5.1.6.2). False: the frame is an ordinary one. */
  #describe(): boolean {
    const view = this.#view;
    const segmentation = this.#header[Header.gso_type]!;
    const needs = segmentation !== Segmentation.NONE || (this.#header[Header.flags]! & HeaderFlag.NEEDS_CSUM) !== 0;
    if (!needs) return false;
    const offload = this.#offload;
    offload.flags = FrameFlag.NEEDS_CHECKSUM;
    offload.segmentation = segmentation;
    offload.segmentBytes = view.getUint16(Header.gso_size, true);
    offload.checksumStart = view.getUint16(Header.csum_start, true);
    offload.checksumOffset = segmentation === Segmentation.NONE ? view.getUint16(Header.csum_offset, true) : TCP_CHECKSUM;
    return true;
  }

  /** TSO in software; segments that the network took are not sent again. */
  #cut(frame: Uint8Array, pair: number): Outcome {
    while (this.#sent[pair]! < this.#software.count) {
      if (this.#give(this.#software.make(frame, this.#sent[pair]!)) === Outcome.BLOCKED) return Outcome.BLOCKED;
      this.#sent[pair]! += 1;
    }
    return Outcome.SENT;
  }

  #give(frame: Uint8Array): Outcome {
    return this.#setup.backend.send(frame) ? Outcome.SENT : Outcome.BLOCKED;
  }

  #drop(why: string): Outcome {
    this.#setup.log.guestError(why);
    return Outcome.SENT;
  }
}
