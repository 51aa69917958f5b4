import { type Func, i32, i64, type ModuleBuilder, select, type Value } from '@polyvisor/wasm';
import { BIAS, RC, RC_DOWN, RC_UP } from './format.ts';
import { ln, pi } from './exact.ts';

/** Gives a constant under a control word: significand, sign and exponent. Raises nothing (Intel SDM vol. 1 §8.3.8). */
export type Constant = Func<readonly ['i32'], readonly ['i64', 'i32']>;

/** The constants that rounding control affects, by their instructions' meanings. */
export interface Constants {
  readonly log2Of10: Constant;
  readonly log2OfE: Constant;
  readonly pi: Constant;
  readonly log10Of2: Constant;
  readonly lnOf2: Constant;
}

const BITS = 200n;

/** A positive constant, of `BITS` fraction bits: truncated to 64 bits, with one more where rounding control says so. */
const addConstant = (m: ModuleBuilder, name: string, exact: bigint): Constant => {
  const length = exact.toString(2).length;
  const shift = BigInt(length - 64);
  const sig = exact >> shift;
  const half = (exact >> (shift - 1n)) & 1n;
  return m.func(name, { params: ['i32'], results: ['i64', 'i32'] }, (s, cw) => {
    const rc = s.let(i32.and(cw, RC));
    const chosen: Value<'i64'> = half === 1n
      ? select(i64.const(sig), i64.const(sig + 1n), i32.and(rc, RC_DOWN))
      : select(i64.const(sig + 1n), i64.const(sig), i32.eq(rc, RC_UP));
    return [chosen, BIAS + length - 1 - Number(BITS)];
  });
};

export const addConstants = (m: ModuleBuilder): Constants => {
  const ln2 = ln(2n, BITS);
  const ln10 = ln(10n, BITS);
  const one = 1n << BITS;
  return {
    log2Of10: addConstant(m, 'log2Of10', (ln10 << BITS) / ln2),
    log2OfE: addConstant(m, 'log2OfE', (one << BITS) / ln2),
    pi: addConstant(m, 'pi', pi(BITS)),
    log10Of2: addConstant(m, 'log10Of2', (ln2 << BITS) / ln10),
    lnOf2: addConstant(m, 'lnOf2', ln2),
  };
};
