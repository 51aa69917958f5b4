/**
 * Decoded code, by machine frame: each frame that holds code has a map from byte offset to µop. µops of a run lie one
 * after another. A write to such a frame reaches `invalidate`, because its TLB entries do not allow writing.
 */
import { FRAME_SHIFT, FRAME_SIZE, TLB_ENTRIES, TLB_ENTRY_SIZE, TLB_OFFSETS, type Host, type HostOffset } from '@polyvisor/core';
import { VERDICT } from '../decode/codes.ts';
import { Decoded } from '../decode/decoded.ts';
import { type Decoder, MAX_INSTRUCTION_LENGTH } from '../decode/decoder.ts';
import { ENGINE, MAP, TLB_AT } from '../state/engine-layout.ts';
import { compileUop, endsRun } from '../uop/compile.ts';
import { PSEUDO } from '../uop/handlers.ts';
import { UOP, UOP_SIZE } from '../uop/record.ts';

export interface DecodeCacheOptions {
  /** How many frames can hold decoded code at once. Default 256. */
  readonly pages?: number;
  /** How many µops there is room for. Default 65,536. */
  readonly uops?: number;
}

/** Longest run decoded at once; more follows when it is reached. */
const RUN_LIMIT = 64;

interface CodePage {
  readonly map: number;
  /** Address and count of each run. */
  readonly runs: [at: number, count: number][];
}

export class DecodeCache {
  readonly decoded = new Decoded();
  readonly #host: Host;
  readonly #decoder: Decoder;
  readonly #state: number;
  readonly #maps: HostOffset;
  readonly #mapCount: number;
  readonly #uops: HostOffset;
  readonly #uopEnd: number;
  readonly #frameMaps: HostOffset;
  readonly #crossing: HostOffset;
  readonly #pages = new Map<number, CodePage>();
  readonly #bytes = new Uint8Array(2 * MAX_INSTRUCTION_LENGTH + 2);
  /** Maps of frames that were invalidated: their µops lead to `resume`, so nothing reads them any more. */
  readonly #freeMaps: number[] = [];
  #nextMap = 0;
  #nextUop: number;
  /** Counters for tests and statistics. */
  decodes = 0;
  invalidations = 0;

  constructor(host: Host, decoder: Decoder, state: number, options: DecodeCacheOptions = {}) {
    const { pages = 256, uops = 65536 } = options;
    this.#host = host;
    this.#decoder = decoder;
    this.#state = state;
    this.#mapCount = pages;
    this.#maps = host.reserve(pages * MAP.size, 64, 'cpu-x86 code maps');
    this.#uops = host.reserve(uops * UOP_SIZE, 64, 'cpu-x86 decoded code');
    this.#uopEnd = this.#uops + uops * UOP_SIZE;
    this.#nextUop = this.#uops;
    this.#frameMaps = host.reserve((host.bytes.length / FRAME_SIZE) * 4, 64, 'cpu-x86 code frames');
    this.#crossing = host.reserve(2 * UOP_SIZE, 64, 'cpu-x86 crossing instruction');
    host.view.setInt32(state + ENGINE.frameMaps, this.#frameMaps, true);
  }

  destroy(): void {
    for (const offset of [this.#maps, this.#uops, this.#frameMaps, this.#crossing]) this.#host.release(offset);
  }

  hasCode(frame: number): boolean {
    return this.#pages.has(frame);
  }

  /** Forgets everything. Not while generated code runs. */
  flush(): void {
    const { view, bytes } = this.#host;
    for (const frame of this.#pages.keys()) view.setInt32(this.#frameMaps + frame * 4, 0, true);
    this.#pages.clear();
    bytes.fill(0, this.#maps, this.#maps + this.#nextMap * MAP.size);
    this.#nextMap = 0;
    this.#freeMaps.length = 0;
    this.#nextUop = this.#uops;
  }

  /**
   * The frame's bytes change. µops that are already being run stay in place but become `resume`, so that execution
   * goes on with the new bytes from the next instruction on.
   */
  invalidate(frame: number): void {
    const page = this.#pages.get(frame);
    if (page === undefined) return;
    const { view, bytes } = this.#host;
    this.invalidations++;
    for (const [at, count] of page.runs) {
      for (let i = 0; i < count; i++) view.setUint16(at + i * UOP_SIZE + UOP.handler, PSEUDO.resume, true);
    }
    bytes.fill(0, page.map, page.map + MAP.mode);
    this.#pages.delete(frame);
    this.#freeMaps.push(page.map);
    view.setInt32(this.#frameMaps + frame * 4, 0, true);
  }

  /** The µop for an offset of a frame, decoded if need be; 0 when the cache is full. */
  enter(frame: number, offset: number, mode: number): number {
    const { view } = this.#host;
    let page = this.#pages.get(frame);
    if (page !== undefined && view.getInt32(page.map + MAP.mode, true) !== mode) {
      this.invalidate(frame);
      page = undefined;
    }
    page ??= this.#newPage(frame, mode);
    if (page === undefined) return 0;
    view.setInt32(this.#state + ENGINE.map, page.map, true);
    const known = view.getInt32(page.map + offset * 4, true);
    if (known !== 0) return known;
    if (this.#nextUop + (RUN_LIMIT + 1) * UOP_SIZE > this.#uopEnd) return 0;
    return this.#decodeRun(page, frame, offset, mode);
  }

  #newPage(frame: number, mode: number): CodePage | undefined {
    const free = this.#freeMaps.pop();
    if (free === undefined && this.#nextMap === this.#mapCount) return undefined;
    const { view } = this.#host;
    const map = free ?? this.#maps + this.#nextMap++ * MAP.size;
    view.setInt32(map + MAP.mode, mode, true);
    view.setInt32(this.#frameMaps + frame * 4, map, true);
    const page: CodePage = { map, runs: [] };
    this.#pages.set(frame, page);
    this.#forbidWrites(frame);
    return page;
  }

  /** TLB entries of this frame send writes to the slow path from now on. */
  #forbidWrites(frame: number): void {
    const { view } = this.#host;
    for (let i = 0; i < TLB_ENTRIES; i++) {
      const entry = this.#state + TLB_AT + i * TLB_ENTRY_SIZE;
      // The tag's low 12 bits are the address-space tag; the sum's low 32 bits are all that matters.
      const linear = view.getInt32(entry + TLB_OFFSETS.writeTag, true) & -FRAME_SIZE;
      const at = (linear + view.getInt32(entry + TLB_OFFSETS.addend, true)) >>> FRAME_SHIFT;
      if (at === frame) view.setBigInt64(entry + TLB_OFFSETS.writeTag, -1n, true);
    }
  }

  #decodeRun(page: CodePage, frame: number, start: number, mode: number): number {
    const { view, bytes } = this.#host;
    const base = frame * FRAME_SIZE, first = this.#nextUop, d = this.decoded;
    let at = first, offset = start, open = true;
    for (let n = 0; n < RUN_LIMIT && open; n++) {
      if (offset >= FRAME_SIZE || view.getInt32(page.map + offset * 4, true) !== 0) break;
      view.setInt32(page.map + offset * 4, at, true);
      const verdict = this.#decoder.decode(d, bytes, base + offset, base + FRAME_SIZE, mode & 7);
      this.decodes++;
      if (verdict === VERDICT.OK) {
        open = !endsRun(compileUop(view, at, d, offset, mode, false).spec);
        offset += d.length;
      } else {
        const pseudo = verdict === VERDICT.TRUNCATED ? PSEUDO.crossing : verdict === VERDICT.INVALID ? PSEUDO.invalid : PSEUDO.tooLong;
        this.#pseudo(at, pseudo, offset);
        open = false;
      }
      at += UOP_SIZE;
    }
    if (open) {
      this.#pseudo(at, PSEUDO.resume, offset);
      at += UOP_SIZE;
    }
    // A target that some other run begins with is entered there; what ends here goes on through `resume`.
    page.runs.push([first, (at - first) / UOP_SIZE]);
    this.#nextUop = at;
    return first;
  }

  #pseudo(at: number, handler: number, offset: number): void {
    const { view } = this.#host;
    view.setUint16(at + UOP.handler, handler, true);
    view.setUint16(at + UOP.offset, offset, true);
  }

  /**
   * Decodes an instruction that begins in one frame and ends in another, and what goes on after it. `second` is −1 when
   * the second page is not there: then the answer is 0 if it is needed.
   */
  cross(first: number, offset: number, second: number, mode: number): number {
    const { view, bytes } = this.#host;
    const have = FRAME_SIZE - offset;
    this.#bytes.set(bytes.subarray(first * FRAME_SIZE + offset, (first + 1) * FRAME_SIZE));
    if (second >= 0) this.#bytes.set(bytes.subarray(second * FRAME_SIZE, second * FRAME_SIZE + MAX_INSTRUCTION_LENGTH), have);
    const end = second < 0 ? have : have + MAX_INSTRUCTION_LENGTH;
    const verdict = this.#decoder.decode(this.decoded, this.#bytes, 0, end, mode & 7);
    const at = this.#crossing;
    if (verdict === VERDICT.TRUNCATED) return 0;
    if (verdict === VERDICT.OK) {
      compileUop(view, at, this.decoded, offset, mode, true);
      this.#pseudo(at + UOP_SIZE, PSEUDO.resume, offset + this.decoded.length);
    } else this.#pseudo(at, verdict === VERDICT.INVALID ? PSEUDO.invalid : PSEUDO.tooLong, offset);
    return at;
  }
}
