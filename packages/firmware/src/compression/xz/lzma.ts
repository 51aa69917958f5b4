import { EVEN, RangeDecoder } from './range-decoder.ts';

/** Numbers of LZMA (LZMA specification by I. Pavlov, 2015): states, lengths, distance slots. */
const STATES = 12;
const FIRST_MATCH_STATE = 7;
const POSITIONS = 16;
const SHORTEST = 2;
const LENGTH_CODER = 2 + POSITIONS * 8 * 2 + 256;
const LENGTH_STATES = 4;
const SLOTS = 64;
const FIRST_MODEL_SLOT = 4;
const LAST_MODEL_SLOT = 14;
const ALIGN_BITS = 4;

/** An LZMA decoder whose output is its dictionary. */
export class LzmaDecoder {
  readonly range: RangeDecoder;
  readonly #out: Uint8Array;
  /** Where the dictionary begins in the output: nothing before it may be copied. */
  dictionary = 0;
  #literalContext = 3;
  #literalPosition = 0;
  #positionMask = 3;
  #state = 0;
  readonly #reps = new Int32Array(4);
  readonly #isMatch = new Uint16Array(STATES * POSITIONS);
  readonly #isRep = new Uint16Array(STATES);
  readonly #isRep0 = new Uint16Array(STATES);
  readonly #isRep1 = new Uint16Array(STATES);
  readonly #isRep2 = new Uint16Array(STATES);
  readonly #isLongRep0 = new Uint16Array(STATES * POSITIONS);
  readonly #slots = new Uint16Array(LENGTH_STATES * SLOTS);
  /** Distance slots 4 … 13 have 1 … 5 modelled bits each; slot s has its tree at `2^(s/2 − 1) · (2 + s & 1) − s`. */
  readonly #distances = new Uint16Array(128);
  readonly #align = new Uint16Array(1 << ALIGN_BITS);
  readonly #matchLengths = new Uint16Array(LENGTH_CODER);
  readonly #repLengths = new Uint16Array(LENGTH_CODER);
  #literals = new Uint16Array(0x300 << 3);

  constructor(bytes: Uint8Array, out: Uint8Array) {
    this.range = new RangeDecoder(bytes);
    this.#out = out;
  }

  /** Sets lc, lp and pb; false when they are none that LZMA2 allows. */
  configure(properties: number): boolean {
    if (properties >= 9 * 5 * 5) return false;
    this.#literalContext = properties % 9;
    this.#literalPosition = Math.floor(properties / 9) % 5;
    this.#positionMask = (1 << Math.floor(properties / 45)) - 1;
    if (this.#literalContext + this.#literalPosition > 4) return false;
    this.#literals = new Uint16Array(0x300 << (this.#literalContext + this.#literalPosition));
    return true;
  }

  /** Forgets what was learnt. */
  reset(): void {
    this.#state = 0;
    this.#reps.fill(0);
    for (const model of [
      this.#isMatch, this.#isRep, this.#isRep0, this.#isRep1, this.#isRep2, this.#isLongRep0, this.#slots, this.#distances,
      this.#align, this.#matchLengths, this.#repLengths, this.#literals,
    ]) model.fill(EVEN);
  }

  /** Decodes from `from` to `to` of the output; false when the data is damaged. */
  decode(from: number, to: number): boolean {
    const { range } = this;
    const out = this.#out;
    let at = from;
    while (at < to) {
      const position = (at - this.dictionary) & this.#positionMask;
      const state = this.#state;
      if (range.bit(this.#isMatch, state * POSITIONS + position) === 0) {
        out[at] = this.#literal(at);
        at++;
        continue;
      }
      const length = range.bit(this.#isRep, state) === 0 ? this.#match(position) : this.#repeat(position);
      const distance = this.#reps[0]! + 1;
      if (distance <= 0 || distance > at - this.dictionary || length > to - at) return false;
      for (let i = 0; i < length; i++) out[at + i] = out[at + i - distance]!;
      at += length;
    }
    return true;
  }

  #literal(at: number): number {
    const { range } = this;
    const offset = at - this.dictionary;
    const before = offset > 0 ? this.#out[at - 1]! : 0;
    const context = ((offset & ((1 << this.#literalPosition) - 1)) << this.#literalContext) + (before >> (8 - this.#literalContext));
    const base = 0x300 * context;
    let symbol = 1;
    if (this.#state >= FIRST_MATCH_STATE) {
      // After a match the byte that would have followed it is probably wrong, and says how.
      let match = this.#out[at - this.#reps[0]! - 1]!;
      do {
        const expected = (match >> 7) & 1;
        match <<= 1;
        const bit = range.bit(this.#literals, base + ((1 + expected) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (bit !== expected) break;
      } while (symbol < 0x100);
    }
    while (symbol < 0x100) symbol = (symbol << 1) | range.bit(this.#literals, base + symbol);
    this.#state -= this.#state < 4 ? this.#state : this.#state < 10 ? 3 : 6;
    return symbol & 0xff;
  }

  #match(position: number): number {
    const { range } = this;
    const reps = this.#reps;
    reps.copyWithin(1, 0, 3);
    this.#state = this.#state < FIRST_MATCH_STATE ? 7 : 10;
    const length = this.#length(this.#matchLengths, position);
    const slot = range.tree(this.#slots, Math.min(length - SHORTEST, LENGTH_STATES - 1) * SLOTS, 6);
    if (slot < FIRST_MODEL_SLOT) {
      reps[0] = slot;
      return length;
    }
    const bits = (slot >> 1) - 1;
    const high = (2 | (slot & 1)) << bits;
    if (slot < LAST_MODEL_SLOT) reps[0] = high + range.reverseTree(this.#distances, high - slot, bits);
    else reps[0] = high + (range.direct(bits - ALIGN_BITS) << ALIGN_BITS) + range.reverseTree(this.#align, 0, ALIGN_BITS);
    return length;
  }

  #repeat(position: number): number {
    const { range } = this;
    const reps = this.#reps;
    const state = this.#state;
    const short = state < FIRST_MATCH_STATE;
    if (range.bit(this.#isRep0, state) === 0) {
      if (range.bit(this.#isLongRep0, state * POSITIONS + position) === 0) {
        this.#state = short ? 9 : 11;
        return 1;
      }
    } else {
      const which = range.bit(this.#isRep1, state) === 0 ? 1 : 2 + range.bit(this.#isRep2, state);
      const distance = reps[which]!;
      reps.copyWithin(1, 0, which);
      reps[0] = distance;
    }
    this.#state = short ? 8 : 11;
    return this.#length(this.#repLengths, position);
  }

  /** A length: 8 short ones and 8 middle ones for each position, 256 long ones. */
  #length(model: Uint16Array, position: number): number {
    const { range } = this;
    if (range.bit(model, 0) === 0) return SHORTEST + range.tree(model, 2 + position * 8, 3);
    if (range.bit(model, 1) === 0) return SHORTEST + 8 + range.tree(model, 2 + (POSITIONS + position) * 8, 3);
    return SHORTEST + 16 + range.tree(model, 2 + POSITIONS * 8 * 2, 8);
  }
}
