/**
 * The status flags, kept as two 64-bit variables from which each flag follows without a branch:
 *
 * - `result`: the last result, sign-extended. ZF is "it is zero", SF its sign, PF the parity of its low byte.
 * - `carries`: bit 63 the carry out of the top bit (CF), bit 62 the carry into it (OF is their difference), bit 3 the
 *   carry out of bit 3 (AF). Bit 0 inverts SF and bits 8–15 are added to the byte that PF looks at, so that any
 *   combination of flags has a form (POPF can set SF and ZF together).
 *
 * An addition stores two words and a condition reads one or two, whatever instruction set them: there is no kind to
 * switch upon.
 */
import { i32, i64, type FunctionBuilder, type Local, type Value } from '@polyvisor/wasm';
import { as32, as64, type Size, toS64, type Word, wordOps } from './words.ts';

/** Values of single flags, each an `i32` of 0 or 1. */
export interface FlagValues {
  readonly cf: Value<'i32'>;
  readonly pf: Value<'i32'>;
  readonly af: Value<'i32'>;
  readonly zf: Value<'i32'>;
  readonly sf: Value<'i32'>;
  readonly of: Value<'i32'>;
}
export type FlagName = keyof FlagValues;

/** Bits of the six flags in RFLAGS (Intel SDM vol. 1 §3.4.3). */
export const FLAG_BITS: Readonly<Record<FlagName, number>> = { cf: 0, pf: 2, af: 4, zf: 6, sf: 7, of: 11 };
/** The six bits as a mask. */
export const STATUS_MASK = 0x8d5;

const negative = (v: Value<'i64'>): Value<'i32'> => i64.lt_s(v, 0);

export class Flags {
  readonly s: FunctionBuilder;
  readonly result: Local<'i64'>;
  readonly carries: Local<'i64'>;

  constructor(s: FunctionBuilder, result: Local<'i64'>, carries: Local<'i64'>) {
    this.s = s;
    this.result = result;
    this.carries = carries;
  }

  /** After a logical operation: OF, CF and AF are zero. */
  logic(result: Word, size: Size): void {
    this.s.set(this.result, toS64(result, size));
    this.s.set(this.carries, i64.const(0));
  }

  /** After an addition `result = a + b + carry in`. */
  add(a: Word, b: Word, result: Word, size: Size): void {
    const w = wordOps(size);
    // A carry leaves a bit where both are set, or where one is and the sum is not.
    this.setCarries(w.or(w.and(a, b), w.and(w.or(a, b), w.xor(result, -1))), size);
    this.s.set(this.result, toS64(result, size));
  }

  /** After a subtraction `result = a - b - borrow in`. */
  sub(a: Word, b: Word, result: Word, size: Size): void {
    const w = wordOps(size);
    const notA = this.s.let(w.xor(a, -1));
    this.setCarries(w.or(w.and(notA, b), w.and(w.or(notA, b), result)), size);
    this.s.set(this.result, toS64(result, size));
  }

  /** Carries out of each bit, as a word of this size. */
  private setCarries(carries: Word, size: Size): void {
    if (size === 64) {
      this.s.set(this.carries, i64.and(as64(carries), i64.const(8, 0xc0000000)));
      return;
    }
    const c = this.s.let(as32(carries));
    this.s.set(this.carries, i64.or(i64.shl(i64.extend_i32_u(c), 64 - size), i64.extend_i32_u(i32.and(c, 8))));
  }

  /** SF, ZF and PF of a result, with CF and OF given; AF becomes zero. */
  resultWith(result: Word, size: Size, cf: Value<'i32'>, of: Value<'i32'>): void {
    const c = this.s.let(cf);
    const second = i32.xor(c, of);
    const top = i32.or(i32.shl(c, 31), i32.shl(second, 30));
    this.s.set(this.carries, i64.shl(i64.extend_i32_u(top), 32));
    this.s.set(this.result, toS64(result, size));
  }

  cf(): Value<'i32'> {
    return negative(this.carries.get());
  }
  zf(): Value<'i32'> {
    return i64.eqz(this.result.get());
  }
  sf(): Value<'i32'> {
    return negative(i64.xor(this.result.get(), i64.shl(this.carries.get(), 63)));
  }
  of(): Value<'i32'> {
    return negative(i64.xor(this.carries.get(), i64.shl(this.carries.get(), 1)));
  }
  af(): Value<'i32'> {
    return i32.and(i32.wrap_i64(i64.shr_u(this.carries.get(), 3)), 1);
  }
  pf(): Value<'i32'> {
    const byte = i64.and(i64.xor(this.result.get(), i64.shr_u(this.carries.get(), 8)), 0xff);
    return i32.and(i32.xor(i32.wrap_i64(i64.popcnt(byte)), 1), 1);
  }
  private less(): Value<'i32'> {
    const sf = i64.xor(this.result.get(), i64.shl(this.carries.get(), 63));
    return negative(i64.xor(sf, i64.xor(this.carries.get(), i64.shl(this.carries.get(), 1))));
  }

  /** A condition by its code, 0 to 15 (Intel SDM vol. 1, appendix B). */
  condition(code: number): Value<'i32'> {
    const positive = [
      () => this.of(), () => this.cf(), () => this.zf(), () => i32.or(this.cf(), this.zf()),
      () => this.sf(), () => this.pf(), () => this.less(), () => i32.or(this.less(), this.zf()),
    ][code >> 1];
    if (positive === undefined) throw new Error(`no condition ${code}`);
    return (code & 1) === 0 ? positive() : i32.eqz(positive());
  }

  /** Sets ZF, PF and CF from their places in RFLAGS; OF, SF and AF become zero. */
  order(bits: Value<'i32'>): void {
    const { s } = this;
    const parity = i32.and(i32.xor(i32.shl(bits, 2), i32.shl(bits, 6)), 0x100);
    const carry = i64.shl(i64.extend_i32_u(i32.mul(i32.and(bits, 1), 3)), 62);
    s.set(this.carries, i64.or(carry, i64.extend_i32_u(parity)));
    s.set(this.result, i64.extend_i32_u(i32.eqz(i32.and(bits, 0x40))));
  }

  /** Sets CF and leaves the others. */
  setCarry(cf: Value<'i32'>): void {
    const change = this.s.let(i64.xor(i64.extend_i32_u(cf), i64.shr_u(this.carries.get(), 63)));
    // Both bits change, so that OF, their difference, stays.
    this.s.set(this.carries, i64.xor(this.carries.get(), i64.or(i64.shl(change, 63), i64.shl(change, 62))));
  }

  /** Sets OF and leaves the others. */
  setOverflow(of: Value<'i32'>): void {
    const change = i64.extend_i32_u(i32.xor(of, this.of()));
    this.s.set(this.carries, i64.xor(this.carries.get(), i64.shl(change, 62)));
  }

  /** Sets the given flags and leaves the others. */
  update(values: Partial<FlagValues>): void {
    const { s } = this;
    const cf = s.let(values.cf ?? this.cf()), pf = s.let(values.pf ?? this.pf()), af = s.let(values.af ?? this.af());
    const zf = s.let(values.zf ?? this.zf()), sf = s.let(values.sf ?? this.sf()), of = s.let(values.of ?? this.of());
    const low = i32.or(i32.or(sf, i32.shl(af, 3)), i32.shl(i32.xor(zf, pf), 8));
    const high = i32.or(i32.shl(cf, 31), i32.shl(i32.xor(cf, of), 30));
    s.set(this.carries, i64.or(i64.shl(i64.extend_i32_u(high), 32), i64.extend_i32_u(low)));
    s.set(this.result, i64.extend_i32_u(i32.xor(zf, 1)));
  }

  /** The six flags in their places in RFLAGS. */
  materialise(): Value<'i32'> {
    const { s } = this;
    const names = Object.keys(FLAG_BITS) as FlagName[];
    const [first, ...more] = names.map((name) => i32.shl(this[name](), FLAG_BITS[name]));
    return s.let(more.reduce((all, one) => i32.or(all, one), first ?? i32.const(0)));
  }

  /** Takes the flags of a mask from an RFLAGS image. */
  assign(image: Value<'i32'>, mask = STATUS_MASK): void {
    const taken = Object.fromEntries((Object.entries(FLAG_BITS) as [FlagName, number][])
      .filter(([, at]) => ((mask >> at) & 1) !== 0)
      .map(([name, at]) => [name, i32.and(i32.shr_u(image, at), 1)]));
    this.update(taken);
  }
}
