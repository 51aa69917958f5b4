import { OPERATIONS, type TestOperation } from './operations.ts';
import { A_AT, B_AT, C_AT, caseNumber, INPUT } from './records.ts';

/** A small generator of 32-bit numbers (xorshift with 128 bits of state), seeded. */
export class Random {
  readonly #state: Uint32Array;

  constructor(seed: number) {
    this.#state = Uint32Array.of(seed, 0x9e3779b9, 0x7f4a7c15, 0xf39cc060);
    for (let i = 0; i < 32; i++) this.next();
  }

  next(): number {
    const s = this.#state;
    const t = s[3]! ^ (s[3]! << 11);
    s[3] = s[2]!;
    s[2] = s[1]!;
    s[1] = s[0]!;
    s[0] = s[1] ^ (s[1] >>> 19) ^ t ^ (t >>> 8);
    return s[0];
  }

  below(n: number): number {
    return this.next() % n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** A binary format, and where its exponents are interesting. */
interface Format {
  readonly exponentBits: number;
  readonly fractionBits: number;
  readonly centers: readonly number[];
}
const FORMATS = {
  f16: { exponentBits: 5, fractionBits: 10, centers: [15, 1, 30] },
  f32: { exponentBits: 8, fractionBits: 23, centers: [127, 127, 1, 24, 254, 63, 190, 127 + 31, 127 + 63, 127 + 23, 127 - 14, 127 - 24, 127 + 15] },
  f64: {
    exponentBits: 11, fractionBits: 52,
    centers: [1023, 1023, 1, 53, 2046, 511, 1534, 1023 + 31, 1023 + 63, 1023 + 52, 1023 - 126, 1023 - 149, 1023 + 127],
  },
} as const satisfies Record<string, Format>;

/** A fraction of up to 52 bits as high and low words, left-aligned in 52. */
const fraction = (r: Random): [high: number, low: number] => {
  const high = r.next() >>> 12, low = r.next();
  const n = r.below(52);
  switch (r.below(10)) {
    case 0: return [0, 0];
    case 1: return [0xfffff, 0xffffffff];
    case 2: return n < 20 ? [1 << n, 0] : [0, 1 << (n - 20)]; // one bit
    case 3: return n < 20 ? [0xfffff & (-1 << n), 0] : [0xfffff, -1 << (n - 20)]; // leading ones
    case 4: return n < 20 ? [high & (-1 << n), 0] : [high, low & (-1 << (n - 20))]; // few significant bits
    case 5: return n < 20 ? [high >>> n, low] : [0, low >>> (n - 20)]; // small
    case 6: return [0x80000, r.below(4)];
    default: return [high, low];
  }
};

/** Makes operands. One record's numbers are related, so that sums cancel and products reach the edges of the range. */
export class Generator {
  readonly random: Random;
  #center = 0;
  #tame = false;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** Writes an input of an operation. */
  write(view: DataView, at: number, op: TestOperation): void {
    const r = this.random;
    view.setUint32(at, caseNumber(OPERATIONS.indexOf(op), r.pick(op.imms)), true);
    view.setUint32(at + 4, this.#mxcsr(), true);
    const kind = op.numbers[0] ?? 'f64';
    this.#tame = r.below(4) === 0;
    this.#center = kind.startsWith('f') ? r.pick(FORMATS[kind as 'f32'].centers) : 0;
    const size = kind.endsWith('64') ? 8 : kind.endsWith('32') ? 4 : 2;
    for (let offset = 0; offset < 32; offset += size) {
      for (const place of [A_AT, B_AT, C_AT]) this.#number(view, at + place + offset, kind, place);
      if (r.below(4) === 0) this.#relate(view, at, offset, size);
    }
  }

  /** Two operands of one record alike, up to a sign and a few low bits; or the third cancels the others. */
  #relate(view: DataView, at: number, offset: number, size: number): void {
    const r = this.random;
    const [from, to] = r.pick([[A_AT, B_AT], [A_AT, C_AT], [B_AT, C_AT]] as const);
    for (let k = 0; k < size; k++) view.setUint8(at + to + offset + k, view.getUint8(at + from + offset + k));
    if (r.below(2) === 0) view.setUint8(at + to + offset, view.getUint8(at + to + offset) ^ r.below(4));
    if (r.below(2) === 0) view.setUint8(at + to + offset + size - 1, view.getUint8(at + to + offset + size - 1) ^ 0x80);
  }

  #mxcsr(): number {
    const r = this.random;
    if (r.below(4) === 0) return 0x1fa0; // what programs have, after the first inexact result
    const masks = r.below(4) === 0 ? r.below(64) : 63;
    const sticky = r.below(2) === 0 ? 0 : r.below(64);
    return (r.below(4) << 13) | (r.below(2) << 15) | (r.below(2) << 6) | (masks << 7) | sticky;
  }

  #number(view: DataView, at: number, kind: TestOperation['numbers'][number], place: number): void {
    if (kind === 'i32') view.setUint32(at, this.#integer(), true);
    else if (kind === 'i64') {
      const shift = this.random.below(64);
      view.setBigInt64(at, BigInt.asIntN(64, (BigInt(this.#integer()) << 32n) | BigInt(this.#integer())) >> BigInt(shift), true);
    } else this.#float(view, at, FORMATS[kind], place);
  }

  #integer(): number {
    const r = this.random;
    switch (r.below(5)) {
      case 0: return r.pick([0, 1, -1, 0x7fffffff, -0x80000000, 0x1000000, 0x1000001, -0x1000001, 0x1000003]) >>> 0;
      case 1: return (r.next() << r.below(32)) >>> 0;
      case 2: return ((r.next() | 0) >> r.below(32)) >>> 0;
      default: return r.next();
    }
  }

  #float(view: DataView, at: number, f: Format, place: number): void {
    const r = this.random;
    const largest = (1 << f.exponentBits) - 1, bias = largest >> 1;
    let exponent: number;
    let [high, low] = fraction(r);
    const kind = this.#tame ? 7 : r.below(12);
    if (kind === 0) exponent = r.pick([0, 0, 1, 2, largest - 1, largest, largest]);
    else if (kind === 1) exponent = r.below(largest + 1);
    else if (kind === 2) exponent = this.#center + r.below(4 * f.fractionBits) - 2 * f.fractionBits;
    else if (kind === 3 && place === B_AT) exponent = r.pick([1, largest - 1, 1 - f.fractionBits]) + bias - this.#center + r.below(3) - 1; // products at the edges
    else if (kind === 7) exponent = (this.#tame ? bias : this.#center) + r.below(5) - 2;
    else if (kind === 4) [exponent, high, low] = [r.pick([0, largest]), 0, 0];
    else exponent = this.#center + r.below(5) - 2;
    exponent = Math.max(0, Math.min(largest, exponent));
    if (this.#tame && r.below(8) === 0) [exponent, high, low] = [0, 0, 0];
    const sign = r.below(2);
    if (f.fractionBits === 52) {
      view.setUint32(at, low >>> 0, true);
      view.setUint32(at + 4, ((sign << 31) | (exponent << 20) | high) >>> 0, true);
    } else if (f.fractionBits === 23) {
      view.setUint32(at, ((sign << 31) | (exponent << 23) | (high << 3) | (low >>> 29)) >>> 0, true);
    } else view.setUint16(at, (sign << 15) | (exponent << 10) | (high >>> 10), true);
  }
}

/** Fills the first records with inputs of an operation. */
export const fill = (generator: Generator, view: DataView, op: TestOperation, count: number): void => {
  for (let i = 0; i < count; i++) generator.write(view, i * INPUT, op);
};
