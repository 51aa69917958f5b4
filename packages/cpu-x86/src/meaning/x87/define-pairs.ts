/** FXTRACT, FSINCOS and FPTAN: one operand, one result in its place and one pushed. */
import { type Func, i32, select, type Value } from '@polyvisor/wasm';
import type { X87 } from '../../x87/add-x87.ts';
import { BIAS, C1, C2, IE, INDEFINITE_SE, isNan, QUIET, TOP } from '../../x87/format.ts';
import type { StackFunctions } from './define-stack.ts';
import { SF } from './fpu.ts';
import type { Define } from './functions.ts';

type Result = readonly [sig: Value<'i64'>, se: Value<'i32'>];
type Pair = Func<readonly ['i32'], readonly []>;
export interface Pairs {
  /** ST(0) becomes the exponent, the significand is pushed. */
  readonly extract: Pair;
  /** ST(0) becomes the sine, the cosine is pushed. */
  readonly sineCosine: Pair;
  /** ST(0) becomes the tangent, 1 is pushed, or the NaN that the tangent is. */
  readonly tangent: Pair;
}

export function definePairs(define: Define, stack: StackFunctions, x87: X87): Pairs {
  const pair = (name: 'extract' | 'fsincos' | 'fptan'): Pair =>
    define(`x87_${name}Pair`, [], [], (fpu, s) => {
      const top = fpu.physical(0), next = fpu.physical(7), clear = name === 'extract' ? C1 : C1 | C2;
      const full = s.let(i32.eqz(fpu.isEmpty(next)));
      const fault = s.let(i32.or(fpu.isEmpty(top), full));
      s.if(fault, () => {
        // An empty operand goes before a full register.
        s.call(stack.note, fpu.state, clear, select(i32.const(IE | SF), i32.const(IE | SF | C1), fpu.isEmpty(top)));
        s.if(i32.and(fpu.control(), IE), () => {
          for (const register of [top, next]) {
            fpu.write(register, QUIET, INDEFINITE_SE);
            fpu.markFull(register);
          }
          fpu.setTop(next);
        });
        s.return();
      });
      const operand = [fpu.sig(top), fpu.se(top), fpu.control()] as const;
      const finish = (first: Result, second: Result, sw: Value<'i32'>): void => {
        s.call(stack.note, fpu.state, clear, sw);
        s.if(i32.or(i32.and(sw, C2), i32.and(i32.and(sw, 7), i32.xor(fpu.control(), -1))), () => s.return());
        fpu.write(top, ...first);
        fpu.write(next, ...second);
        fpu.markFull(next);
        fpu.setTop(next);
      };
      if (name === 'fptan') {
        const [sig, se, sw] = s.call(x87.fptan, ...operand);
        const nan = s.let(isNan(sig, se));
        finish([sig, se], [s.let(select(sig, TOP, nan)), s.let(select(se, i32.const(BIAS), nan))], sw);
        return;
      }
      const [a, ase, b, bse, sw] = s.call(x87[name], ...operand);
      // FXTRACT gives the significand first, FSINCOS the sine.
      if (name === 'extract') finish([b, bse], [a, ase], sw);
      else finish([a, ase], [b, bse], sw);
    });
  return { extract: pair('extract'), sineCosine: pair('fsincos'), tangent: pair('fptan') };
}
