/** The register stack: exceptions, pushes and pops (Intel SDM vol. 1, 8.1.2, 8.5.1). */
import { type Func, i32, select } from '@polyvisor/wasm';
import { C1, IE, INDEFINITE_SE, QUIET } from '../../x87/format.ts';
import { BUSY, ES, EXCEPTIONS, SF } from './fpu.ts';
import type { Define } from './functions.ts';

export interface StackFunctions {
  /** `note(state, clear, sw)`: replaces bits of the status word; an exception that is not masked becomes pending. */
  readonly note: Func<readonly ['i32', 'i32', 'i32'], readonly []>;
  /** `settle(state, clear, register, sig, se, sw)`: a result; 1 unless an exception came before it. */
  readonly settle: Func<readonly ['i32', 'i32', 'i32', 'i64', 'i32', 'i32'], readonly ['i32']>;
  /** `underflow(state, clear, register)`: an operand is empty. 1 when that is masked and the register has become the default NaN. */
  readonly underflow: Func<readonly ['i32', 'i32', 'i32'], readonly ['i32']>;
  readonly pop: Func<readonly ['i32'], readonly []>;
  /** `push(state, sig, se, sw)`: a number that was loaded; nothing when it is invalid and that is not masked. */
  readonly push: Func<readonly ['i32', 'i64', 'i32', 'i32'], readonly []>;
  /** `pushRegister(state, register)`: FLD ST(i). */
  readonly pushRegister: Func<readonly ['i32', 'i32'], readonly []>;
  /** `exchange(state, register)`: FXCH. */
  readonly exchange: Func<readonly ['i32', 'i32'], readonly []>;
  /** `move(state, register, test)`: FCMOVcc. Both operands must be there whatever the test says. */
  readonly move: Func<readonly ['i32', 'i32', 'i32'], readonly []>;
  /** `copy(state, register)`: FST ST(i). 1 unless ST(0) is empty and that is not masked. */
  readonly copy: Func<readonly ['i32', 'i32'], readonly ['i32']>;
}

export function defineStack(define: Define): StackFunctions {
  const note = define('x87Note', ['i32', 'i32'], [], (fpu, s, clear, sw) => {
    const status = s.let(i32.or(i32.and(fpu.status(), i32.xor(clear, -1)), sw));
    const unmasked = i32.and(i32.and(status, EXCEPTIONS), i32.xor(fpu.control(), -1));
    fpu.setStatus(s.let(i32.or(status, select(i32.const(ES | BUSY), 0, unmasked))));
  });
  const settle = define('x87Settle', ['i32', 'i32', 'i64', 'i32', 'i32'], ['i32'], (fpu, s, clear, register, sig, se, sw) => {
    s.call(note, fpu.state, clear, sw);
    s.if(i32.and(i32.and(sw, 7), i32.xor(fpu.control(), -1)), () => s.return(0));
    fpu.write(register, sig, se);
    return 1;
  });
  const underflow = define('x87Underflow', ['i32', 'i32'], ['i32'], (fpu, s, clear, register) => {
    s.call(note, fpu.state, i32.or(clear, C1), IE | SF);
    const masked = s.let(i32.and(fpu.control(), IE));
    s.if(masked, () => {
      fpu.write(register, QUIET, INDEFINITE_SE);
      fpu.markFull(register);
    });
    return masked;
  });
  const pop = define('x87Pop', [], [], (fpu) => {
    const top = fpu.physical(0);
    fpu.markEmpty(top);
    fpu.setTop(i32.and(i32.add(top, 1), 7));
  });

  /** What a push does once it is known to happen. */
  const place = define('x87Place', ['i64', 'i32'], [], (fpu, _, sig, se) => {
    const next = fpu.physical(7);
    fpu.write(next, sig, se);
    fpu.markFull(next);
    fpu.setTop(next);
  });
  const push = define('x87Push', ['i64', 'i32', 'i32'], [], (fpu, s, sig, se, sw) => {
    const masked = s.let(i32.and(fpu.control(), IE));
    s.if(fpu.isEmpty(fpu.physical(7)), () => {
      s.call(note, fpu.state, C1, sw);
      s.if(i32.or(masked, i32.eqz(i32.and(sw, IE))), () => s.call(place, fpu.state, sig, se));
      s.return();
    });
    s.call(note, fpu.state, C1, IE | SF | C1);
    s.if(masked, () => s.call(place, fpu.state, QUIET, INDEFINITE_SE));
  });
  const pushRegister = define('x87PushRegister', ['i32'], [], (fpu, s, register) => {
    s.if(fpu.isEmpty(register), () => {
      s.call(note, fpu.state, C1, IE | SF);
      s.if(i32.and(fpu.control(), IE), () => s.call(place, fpu.state, QUIET, INDEFINITE_SE));
      s.return();
    });
    s.call(push, fpu.state, fpu.sig(register), fpu.se(register), 0);
  });
  const exchange = define('x87Exchange', ['i32'], [], (fpu, s, register) => {
    const top = fpu.physical(0);
    s.if(fpu.isEmpty(top), () => s.if(i32.eqz(s.call(underflow, fpu.state, 0, top)), () => s.return()),
      () => s.call(note, fpu.state, C1, 0));
    s.if(fpu.isEmpty(register), () => s.if(i32.eqz(s.call(underflow, fpu.state, 0, register)), () => s.return()));
    const sig = s.let(fpu.sig(top)), se = s.let(fpu.se(top));
    fpu.write(top, s.let(fpu.sig(register)), s.let(fpu.se(register)));
    fpu.write(register, sig, se);
  });
  const move = define('x87Move', ['i32', 'i32'], [], (fpu, s, register, test) => {
    const top = fpu.physical(0);
    s.if(i32.or(fpu.isEmpty(top), fpu.isEmpty(register)), () => {
      s.drop(s.call(underflow, fpu.state, 0, top));
      s.return();
    });
    s.if(test, () => fpu.write(top, s.let(fpu.sig(register)), s.let(fpu.se(register))));
  });
  const copy = define('x87Copy', ['i32'], ['i32'], (fpu, s, register) => {
    const top = fpu.physical(0);
    s.if(fpu.isEmpty(top), () => s.return(s.call(underflow, fpu.state, 0, register)));
    s.call(note, fpu.state, C1, 0);
    fpu.write(register, s.let(fpu.sig(top)), s.let(fpu.se(top)));
    fpu.markFull(register);
    return 1;
  });
  return { note, settle, underflow, pop, push, pushRegister, exchange, move, copy };
}
