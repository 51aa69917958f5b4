/**
 * Decoded code, by machine frame and mode: each has a map from byte offset to µop. µops of a run lie one after another.
 * A write to such a frame reaches `invalidate`, because its TLB entries do not allow writing.
 */
import { FRAME_SIZE, type Host, type HostOffset } from '@polyvisor/core';
import { VERDICT } from '../decode/codes.ts';
import { Decoded } from '../decode/decoded.ts';
import { type Decoder, MAX_INSTRUCTION_LENGTH } from '../decode/decoder.ts';
import { ENGINE, MAP } from '../state/engine-layout.ts';
import { compileUop, endsRun, MAX_UOPS } from '../uop/compile.ts';
import { PSEUDO } from '../uop/pseudo.ts';
import { UOP, UOP_SIZE } from '../uop/record.ts';

export interface DecodeCacheOptions {
  /** How many frames can hold decoded code at once. Default 1,024. */
  readonly pages?: number;
  /** How many µops there is room for. Default 327,680. */
  readonly uops?: number;
}

/** How many instructions that cross into another frame are kept, and what each takes. */
const CROSSINGS = 1024, CROSSING_SIZE = (MAX_UOPS + 1) * UOP_SIZE;
/** Longest run decoded at once; more follows when it is reached. */
const RUN_LIMIT = 64;

interface CodePage {
  readonly mode: number;
  readonly map: number;
  /** Address and count of each run. */
  readonly runs: [at: number, count: number][];
}

export class DecodeCache {
  readonly decoded = new Decoded();
  /** Told before the first code of a frame is decoded. */
  onMark: (frame: number) => void = () => undefined;
  readonly #host: Host;
  readonly #decoder: Decoder;
  readonly #state: number;
  readonly #maps: HostOffset;
  readonly #mapCount: number;
  readonly #uops: HostOffset;
  readonly #uopEnd: number;
  readonly #frameMaps: HostOffset;
  readonly #crossing: HostOffset;
  /** A frame has a page for each mode that it was run in, most often one. */
  readonly #pages = new Map<number, CodePage[]>();
  readonly #bytes = new Uint8Array(2 * MAX_INSTRUCTION_LENGTH + 2);
  /** Of crossing instructions: where each begins, in what mode, its length (0: none) and its bytes. */
  readonly #crossingAt = new Int32Array(CROSSINGS);
  readonly #crossingMode = new Int32Array(CROSSINGS);
  readonly #crossingLength = new Uint8Array(CROSSINGS);
  readonly #crossingBytes = new Uint8Array(CROSSINGS * MAX_INSTRUCTION_LENGTH);
  /** Maps of frames that were invalidated: their µops lead to `resume`, so nothing reads them any more. */
  readonly #freeMaps: number[] = [];
  #nextMap = 0;
  #nextUop: number;
  /** Counters for tests and statistics. */
  decodes = 0;
  invalidations = 0;
  flushes = 0;

  constructor(host: Host, decoder: Decoder, state: number, options: DecodeCacheOptions = {}) {
    const { pages = 1024, uops = 327_680 } = options;
    this.#host = host;
    this.#decoder = decoder;
    this.#state = state;
    this.#mapCount = pages;
    this.#maps = host.reserve(pages * MAP.size, 64, 'cpu-x86 code maps');
    this.#uops = host.reserve(uops * UOP_SIZE, 64, 'cpu-x86 decoded code');
    this.#uopEnd = this.#uops + uops * UOP_SIZE;
    this.#nextUop = this.#uops;
    this.#frameMaps = host.reserve((host.bytes.length / FRAME_SIZE) * 4, 64, 'cpu-x86 code frames');
    this.#crossing = host.reserve(CROSSINGS * CROSSING_SIZE, 64, 'cpu-x86 crossing instructions');
    host.view.setInt32(state + ENGINE.frameMaps, this.#frameMaps, true);
  }

  destroy(): void {
    for (const offset of [this.#maps, this.#uops, this.#frameMaps, this.#crossing]) this.#host.release(offset);
  }

  /** Whether some decoded instruction has one of these bytes. */
  overlaps(frame: number, offset: number, length: number): boolean {
    const { view } = this.#host;
    for (const page of this.#pages.get(frame) ?? []) {
      for (let at = Math.max(0, offset - MAX_INSTRUCTION_LENGTH + 1); at < offset + length && at < FRAME_SIZE; at++) {
        const uop = view.getInt32(page.map + at * 4, true);
        if (uop !== 0 && at + Math.max(1, view.getUint8(uop + UOP.length)) > offset) return true;
      }
    }
    return false;
  }

  /** Forgets everything. Not while generated code runs. */
  flush(): void {
    const { view, bytes, code } = this.#host;
    for (const frame of this.#pages.keys()) {
      view.setInt32(this.#frameMaps + frame * 4, 0, true);
      // Other processors forget the frame's code as well, and decode it again.
      code.written(frame);
    }
    this.#pages.clear();
    bytes.fill(0, this.#maps, this.#maps + this.#nextMap * MAP.size);
    this.#nextMap = 0;
    this.#freeMaps.length = 0;
    this.#nextUop = this.#uops;
    this.flushes++;
  }

  /**
   * The frame's bytes change. µops that are already being run stay in place but become `resume`, so that execution
   * goes on with the new bytes from the next instruction on.
   */
  invalidate(frame: number): void {
    const pages = this.#pages.get(frame);
    if (pages === undefined) return;
    const { view, bytes } = this.#host;
    this.invalidations++;
    for (const page of pages) {
      for (const [at, count] of page.runs) {
        for (let i = 0; i < count; i++) view.setUint16(at + i * UOP_SIZE + UOP.handler, PSEUDO.resume, true);
      }
      bytes.fill(0, page.map, page.map + MAP.mode);
      this.#freeMaps.push(page.map);
    }
    this.#pages.delete(frame);
    view.setInt32(this.#frameMaps + frame * 4, 0, true);
  }

  /** The µop for an offset of a frame, decoded if need be; 0 when the cache is full. */
  enter(frame: number, offset: number, mode: number): number {
    const { view } = this.#host;
    const page = this.#pages.get(frame)?.find((p) => p.mode === mode) ?? this.#newPage(frame, mode);
    if (page === undefined) return 0;
    view.setInt32(this.#frameMaps + frame * 4, page.map, true);
    view.setInt32(this.#state + ENGINE.map, page.map, true);
    const known = view.getInt32(page.map + offset * 4, true);
    if (known !== 0) return known;
    if (this.#nextUop + (RUN_LIMIT + 1) * MAX_UOPS * UOP_SIZE > this.#uopEnd) return 0;
    return this.#decodeRun(page, frame, offset, mode);
  }

  #newPage(frame: number, mode: number): CodePage | undefined {
    const free = this.#freeMaps.pop();
    if (free === undefined && this.#nextMap === this.#mapCount) return undefined;
    const map = free ?? this.#maps + this.#nextMap++ * MAP.size;
    this.#host.view.setInt32(map + MAP.mode, mode, true);
    const page: CodePage = { mode, map, runs: [] };
    const others = this.#pages.get(frame);
    if (others === undefined) this.#pages.set(frame, [page]);
    else others.push(page);
    this.onMark(frame);
    return page;
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
        const { spec, end } = compileUop(view, at, d, offset, mode, false);
        open = !endsRun(spec);
        offset += d.length;
        at = end;
      } else {
        const pseudo = verdict === VERDICT.TRUNCATED ? PSEUDO.crossing : verdict === VERDICT.INVALID ? PSEUDO.invalid : PSEUDO.tooLong;
        this.#pseudo(at, pseudo, offset);
        open = false;
        at += UOP_SIZE;
      }
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
    view.setUint8(at + UOP.length, 0);
  }

  /**
   * An instruction that begins in one frame and ends in another, and what goes on after it. `second` is −1 when the second
   * page is not there: then the answer is 0 if it is needed. What was decoded before counts while its bytes are the same, so
   * that nobody has to tell when one of the frames is written.
   */
  cross(first: number, offset: number, second: number, mode: number): number {
    const { bytes } = this.#host;
    const have = FRAME_SIZE - offset;
    const start = first * FRAME_SIZE + offset;
    for (let i = 0; i < have; i++) this.#bytes[i] = bytes[start + i]!;
    const rest = second < 0 ? 0 : MAX_INSTRUCTION_LENGTH;
    for (let i = 0; i < rest; i++) this.#bytes[have + i] = bytes[second * FRAME_SIZE + i]!;
    const slot = (Math.imul(start, 0x9e3779b1) >>> 22) & (CROSSINGS - 1);
    const at = this.#crossing + slot * CROSSING_SIZE;
    if (this.#crossingAt[slot] === (start | 0) && this.#crossingMode[slot] === mode && this.#isCrossing(slot, have + rest)) return at;
    return this.#decodeCrossing(slot, at, start, have + rest, mode);
  }

  /** Whether the bytes are those that were decoded. */
  #isCrossing(slot: number, have: number): boolean {
    const length = this.#crossingLength[slot]!;
    if (length === 0 || length > have) return false;
    const from = slot * MAX_INSTRUCTION_LENGTH;
    for (let i = 0; i < length; i++) if (this.#bytes[i] !== this.#crossingBytes[from + i]) return false;
    return true;
  }

  #decodeCrossing(slot: number, at: number, start: number, have: number, mode: number): number {
    const { view } = this.#host;
    const offset = start & (FRAME_SIZE - 1);
    this.#crossingLength[slot] = 0;
    const verdict = this.#decoder.decode(this.decoded, this.#bytes, 0, have, mode & 7);
    if (verdict === VERDICT.TRUNCATED) return 0;
    if (verdict !== VERDICT.OK) {
      this.#pseudo(at, verdict === VERDICT.INVALID ? PSEUDO.invalid : PSEUDO.tooLong, offset);
      return at;
    }
    const { length } = this.decoded;
    const { end } = compileUop(view, at, this.decoded, offset, mode, true);
    this.#pseudo(end, PSEUDO.resume, offset + length);
    this.#crossingAt[slot] = start | 0;
    this.#crossingMode[slot] = mode;
    this.#crossingLength[slot] = length;
    this.#crossingBytes.set(this.#bytes.subarray(0, length), slot * MAX_INSTRUCTION_LENGTH);
    return at;
  }
}
