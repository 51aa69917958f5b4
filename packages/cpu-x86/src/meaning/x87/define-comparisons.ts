/** Comparisons and FXAM: they give the status bits and change nothing. */
import { type Func, i32, select } from '@polyvisor/wasm';
import type { X87 } from '../../x87/add-x87.ts';
import { C0, C1, C2, C3, DE, IE, isNan, isUnsupported } from '../../x87/format.ts';
import { beforeLoad } from './define-operations.ts';
import { SF } from './fpu.ts';
import type { Define } from './functions.ts';

/** `(state, register)`: ST(0) against a physical register. */
type AgainstRegister = Func<readonly ['i32', 'i32'], readonly ['i32']>;

export interface Comparisons {
  readonly ordered: AgainstRegister;
  readonly unordered: AgainstRegister;
  /** `(state, sig, se, loaded)`: FCOM of ST(0) against a number that was loaded with that status; FTST against +0. */
  readonly againstNumber: Func<readonly ['i32', 'i64', 'i32', 'i32'], readonly ['i32']>;
  /** FXAM. */
  readonly examine: Func<readonly ['i32'], readonly ['i32']>;
}

/** Stack underflow compares as unordered (Intel SDM vol. 1, 8.5.1.1). */
const UNDERFLOW = IE | SF | C0 | C2 | C3;

export function defineComparisons(define: Define, x87: X87): Comparisons {
  const against = (name: 'compareOrdered' | 'compareUnordered'): AgainstRegister =>
    define(`x87_${name}`, ['i32'], ['i32'], (fpu, s, register) => {
      const top = fpu.physical(0);
      s.if(i32.or(fpu.isEmpty(top), fpu.isEmpty(register)), () => s.return(UNDERFLOW));
      return s.call(x87[name], fpu.sig(top), fpu.se(top), fpu.sig(register), fpu.se(register));
    });
  const againstNumber = define('x87_compareNumber', ['i64', 'i32', 'i32'], ['i32'], (fpu, s, sig, se, loaded) => {
    const top = fpu.physical(0);
    s.if(fpu.isEmpty(top), () => s.return(UNDERFLOW));
    const a = s.let(fpu.sig(top)), ase = s.let(fpu.se(top));
    const sw = s.call(x87.compareOrdered, a, ase, s.let(beforeLoad(sig, loaded)), se);
    const hidden = i32.or(isNan(a, ase), isUnsupported(a, ase));
    return i32.or(sw, i32.and(select(i32.const(0), loaded, hidden), DE));
  });
  const examine = define('x87_examineTop', [], ['i32'], (fpu, s) => {
    const top = fpu.physical(0);
    const sw = s.call(x87.examine, fpu.sig(top), fpu.se(top));
    return select(i32.or(i32.and(sw, C1), C0 | C3), sw, fpu.isEmpty(top));
  });
  return { ordered: against('compareOrdered'), unordered: against('compareUnordered'), againstNumber, examine };
}
