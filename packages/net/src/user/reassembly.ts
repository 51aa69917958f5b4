import { SECOND } from '../time/scheduler.ts';
import { QueuedTimer, type TimerQueue } from '../time/timer-queue.ts';
import { ETHERNET_HEADER, type Packet } from '../wire/packet.ts';

/** Datagrams in pieces at once; the oldest gives way. */
const MOST = 16;
const MOST_PIECES = 64;
/** RFC 1122, 3.3.2 and RFC 8200, 4.5: within a minute. */
const PATIENCE = 30 * SECOND;
const LARGEST = 65535;

interface Partial {
  readonly v6: boolean;
  readonly id: number;
  readonly protocol: number;
  readonly from: number;
  readonly to: number;
  readonly fromHigh: number;
  readonly deadline: number;
  bytes: Uint8Array;
  readonly pieces: { start: number; end: number }[];
  total: number;
}

/**
 * Puts fragments together (RFC 791, 3.2; RFC 8200, 4.5), with a bound on everything. Overlapping fragments end their
 * datagram (RFC 5722): no honest sender makes them.
 */
export class Reassembly {
  readonly #partial: Partial[] = [];
  readonly #timers: TimerQueue;
  readonly #timer: QueuedTimer;

  constructor(timers: TimerQueue) {
    this.#timers = timers;
    this.#timer = new QueuedTimer(() => this.#expire());
  }

  get waiting(): number {
    return this.#partial.length;
  }

  /**
   * Takes the fragment that the packet is. True: its datagram is complete, and the packet is now the whole one, in
   * memory that is valid until the next call.
   */
  take(p: Packet): boolean {
    const length = p.payloadEnd - p.at;
    const start = p.fragmentOffset;
    const end = start + length;
    // All but the last are multiples of eight bytes long.
    if (length === 0 || end > LARGEST || (p.moreFragments && (length & 7) !== 0)) return false;
    const partial = this.#find(p);
    const { pieces } = partial;
    if (pieces.length >= MOST_PIECES || pieces.some((x) => start < x.end && end > x.start)) return this.#drop(partial);
    if (!p.moreFragments) {
      if (partial.total >= 0 || pieces.some((x) => x.end > end)) return this.#drop(partial);
      partial.total = end;
    } else if (partial.total >= 0 && end > partial.total) return this.#drop(partial);
    this.#store(partial, start, p.bytes.subarray(p.at, p.payloadEnd));
    pieces.push({ start, end });
    let sum = 0;
    for (const piece of pieces) sum += piece.end - piece.start;
    if (sum !== partial.total) return false;
    this.#drop(partial);
    return this.#become(p, partial);
  }

  #find(p: Packet): Partial {
    const { source: s, destination: d } = p;
    const found = this.#partial.find((x) => x.id === p.fragmentId && x.from === s.w3 && x.to === d.w3 && x.v6 === p.v6
      && x.fromHigh === (s.w2 ^ s.w1) && x.protocol === p.protocol);
    if (found !== undefined) return found;
    if (this.#partial.length >= MOST) this.#partial.shift();
    const made: Partial = {
      v6: p.v6, id: p.fragmentId, protocol: p.protocol, from: s.w3, to: d.w3, fromHigh: s.w2 ^ s.w1,
      deadline: this.#timers.now() + PATIENCE, bytes: new Uint8Array(2048), pieces: [], total: -1,
    };
    this.#partial.push(made);
    if (!this.#timer.armed) this.#timers.arm(this.#timer, made.deadline);
    return made;
  }

  #store(partial: Partial, start: number, piece: Uint8Array): void {
    let size = partial.bytes.length;
    while (size < start + piece.length) size *= 2;
    if (size > partial.bytes.length) {
      const grown = new Uint8Array(size);
      grown.set(partial.bytes);
      partial.bytes = grown;
    }
    partial.bytes.set(piece, start);
  }

  /** The packet looks at a copy of its IP header with the whole payload behind it. */
  #become(p: Packet, partial: Partial): boolean {
    const header = p.v6 ? 40 : 20;
    const whole = new Uint8Array(ETHERNET_HEADER + header + partial.total);
    whole.set(p.bytes.subarray(p.ipAt, p.ipAt + header), ETHERNET_HEADER);
    whole.set(partial.bytes.subarray(0, partial.total), ETHERNET_HEADER + header);
    p.bytes = whole;
    p.view = new DataView(whole.buffer);
    p.start = 0;
    p.end = whole.length;
    p.ipAt = ETHERNET_HEADER;
    p.at = ETHERNET_HEADER + header;
    p.payloadEnd = whole.length;
    p.fragment = false;
    return !p.v6 || p.skipExtensions(p.protocol);
  }

  #drop(partial: Partial): false {
    const index = this.#partial.indexOf(partial);
    if (index >= 0) this.#partial.splice(index, 1);
    return false;
  }

  #expire(): void {
    const now = this.#timers.now();
    while (this.#partial.length > 0 && this.#partial[0]!.deadline <= now) this.#partial.shift();
    const first = this.#partial[0];
    if (first !== undefined) this.#timers.arm(this.#timer, first.deadline);
  }
}
