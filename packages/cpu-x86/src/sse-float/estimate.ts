import { f32, f64, i32, i64, type ModuleBuilder, select, type Value } from '@polyvisor/wasm';
import { indefinite, RESULT, type Soft1 } from './format.ts';

type I64 = Value<'i64'>;
type F64 = Value<'f64'>;

/** RCPSS and RSQRTSS: 1/x and 1/√x to 12 bits. They raise nothing and heed neither rounding control nor DAZ and FTZ. */
export interface Estimates {
  readonly reciprocal: Soft1;
  readonly reciprocalRoot: Soft1;
}

/**
 * The bits of an f32 with what is beyond 12 significant bits rounded off, to nearest even: an error of at most 2^-12 where
 * the manual allows 1.5 · 2^-12 (Intel SDM vol. 2B, RCPPS, RSQRTPS).
 */
const toTwelveBits = (bits: I64): I64 => {
  const odd = i64.and(i64.shr_u(bits, 12), 1);
  return i64.and(i64.add(i64.add(bits, 0x7ff), odd), -0x1000);
};

export function addEstimates(m: ModuleBuilder): Estimates {
  const make = (name: string, value: (x: F64) => F64, root: boolean): Soft1 =>
    m.func(name, { params: ['i64', 'i32'], results: RESULT }, (s, bits, mode) => {
      const size = s.let(i64.and(bits, 0x7fffffff));
      const sign = s.let(i64.and(bits, 0x80000000));
      s.if(i64.gt_u(size, 0x7f800000), () => s.return(i64.or(bits, 0x400000), 0));
      // Denormals count as zeros.
      s.if(i64.lt_u(size, 0x800000), () => s.return(i64.or(sign, 0x7f800000), 0));
      if (root) s.if(i64.ne(sign, 0), () => s.return(indefinite(i32.and(mode, 0)), 0));
      s.if(i64.eq(size, 0x7f800000), () => s.return(sign, 0));
      const exact = value(f64.promote_f32(f32.reinterpret_i32(i32.wrap_i64(size))));
      const rounded = s.let(toTwelveBits(i64.extend_i32_u(i32.reinterpret_f32(f32.demote_f64(exact)))));
      // What is tiny becomes zero.
      return [i64.or(sign, select(i64.const(0), rounded, i64.lt_u(rounded, 0x800000))), 0];
    });
  return {
    reciprocal: make('softReciprocal', (x) => f64.div(1, x), false),
    reciprocalRoot: make('softReciprocalRoot', (x) => f64.div(1, f64.sqrt(x)), true),
  };
}
