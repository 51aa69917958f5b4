import { i32, i64, type ModuleBuilder, select } from '@polyvisor/wasm';
import {
  DOUBLE, FTZ, HALF, IE, infinity, QUIET, RC, RESULT, signed, type Soft1, type Soft2,
} from './format.ts';
import { denormal, isNanOf, isSpecial, isZero, type Operands, unpacked } from './operands.ts';
import type { Round } from './round.ts';

/** Conversions between formats. */
export interface SoftConversions {
  /** `resize(bits, mode)`: the mode names the format of the operand; the result has the other. */
  readonly resize: Soft1;
  /** `fromHalf(bits, mode)`: VCVTPH2PS. */
  readonly fromHalf: Soft1;
  /** `toHalf(bits, imm, mode)`: VCVTPS2PH, `imm` in an i64. */
  readonly toHalf: Soft2;
}

export function addFormats(m: ModuleBuilder, operands: Operands, round: Round): SoftConversions {
  const resize = m.func('softResize', { params: ['i64', 'i32'], results: RESULT }, (s, bits, mode) => {
    const x = unpacked(s, operands, bits, mode);
    const to = s.let(i32.xor(mode, DOUBLE));
    const sign = s.let(signed(x.sign, to));
    s.if(isNanOf(x), () => {
      // Quiet, and cut to what the other format holds.
      const fraction = i64.and(i64.or(x.sig, QUIET), i64.const(-1, 0x7fffffff));
      const payload = i64.shr_u(fraction, select(i64.const(11), 40, i32.and(to, DOUBLE)));
      s.return(i64.or(i64.or(sign, infinity(to)), payload), i32.mul(i64.eqz(i64.and(x.sig, QUIET)), IE));
    });
    s.if(isSpecial(x), () => s.return(i64.or(sign, infinity(to)), 0));
    s.if(isZero(x), () => s.return(sign, 0));
    return s.call(round, x.sign, x.exponent, x.sig, to, denormal(mode, x));
  });

  const fromHalf = m.func('softFromHalf', { params: ['i64', 'i32'], results: RESULT }, (s, bits, _mode) => {
    const sign = s.let(i64.shl(i64.and(bits, 0x8000), 16));
    const exponent = s.let(i64.and(i64.shr_u(bits, 10), 31));
    const fraction = s.let(i64.and(bits, 0x3ff));
    const placed = i64.shl(fraction, 13);
    s.if(i64.eqz(exponent), () => {
      s.if(i64.eqz(fraction), () => s.return(sign, 0));
      // The top bit of the fraction, at bit 63 - zeros, becomes the integer bit.
      const zeros = s.let(i64.clz(fraction));
      const above = i64.and(i64.shl(fraction, i64.sub(zeros, 40)), 0x7fffff);
      s.return(i64.or(i64.or(sign, above), i64.shl(i64.sub(127 - 24 + 63, zeros), 23)), 0);
    });
    s.if(i64.eq(exponent, 31), () => {
      s.if(i64.eqz(fraction), () => s.return(i64.or(sign, 0x7f800000), 0));
      const signaling = i64.eqz(i64.and(fraction, 0x200));
      s.return(i64.or(i64.or(sign, 0x7fc00000), placed), i32.mul(signaling, IE));
    });
    return [i64.or(i64.or(sign, placed), i64.shl(i64.add(exponent, 112), 23)), 0];
  });

  const toHalf = m.func('softToHalf', { params: ['i64', 'i64', 'i32'], results: RESULT }, (s, bits, imm, mode) => {
    const x = unpacked(s, operands, bits, mode);
    const sign = s.let(i64.shl(i64.extend_i32_u(x.sign), 15));
    s.if(isNanOf(x), () => {
      const payload = i64.and(i64.shr_u(i64.or(x.sig, QUIET), 53), 0x3ff);
      s.return(i64.or(i64.or(sign, 0x7c00), payload), i32.mul(i64.eqz(i64.and(x.sig, QUIET)), IE));
    });
    s.if(isSpecial(x), () => s.return(i64.or(sign, 0x7c00), 0));
    s.if(isZero(x), () => s.return(sign, 0));
    // Rounding control from the immediate, unless its bit 2 says MXCSR; FTZ does not apply.
    const control = s.let(i32.wrap_i64(imm));
    const own = i32.or(i32.and(mode, ~(RC | FTZ)), i32.shl(i32.and(control, 3), 13));
    const to = i32.or(select(i32.and(mode, ~FTZ), own, i32.and(control, 4)), HALF);
    return s.call(round, x.sign, x.exponent, x.sig, to, denormal(mode, x));
  });
  return { resize, fromHalf, toHalf };
}

