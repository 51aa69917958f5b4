/** The control and status words as instructions and images load them (Intel SDM vol. 1, 8.1.3, 8.1.5). */
import { type Func, i32, select } from '@polyvisor/wasm';
import { BUSY, CONTROL_INITIAL, CONTROL_MASK, CONTROL_ONE, ES, EXCEPTIONS } from './fpu.ts';
import type { Define } from './functions.ts';

export interface ControlFunctions {
  /** `setWords(state, control, status)`: the error summary and the busy bit follow from the flags and their masks. */
  readonly setWords: Func<readonly ['i32', 'i32', 'i32'], readonly []>;
  /** FNINIT. The registers keep their contents. */
  readonly initialise: Func<readonly ['i32'], readonly []>;
}

export function defineControl(define: Define): ControlFunctions {
  const setWords = define('x87SetWords', ['i32', 'i32'], [], (fpu, s, control, status) => {
    fpu.setControl(i32.or(i32.and(control, CONTROL_MASK), CONTROL_ONE));
    const pending = i32.and(i32.and(status, EXCEPTIONS), i32.xor(control, -1));
    fpu.setStatus(s.let(i32.or(i32.and(status, 0xffff & ~(ES | BUSY)), select(i32.const(ES | BUSY), 0, pending))));
  });
  const initialise = define('x87Initialise', [], [], (fpu) => {
    fpu.setControl(CONTROL_INITIAL);
    fpu.setStatus(0);
    fpu.setTags(0);
    fpu.setOpcode(0);
    fpu.setInstructionPointer(0);
    fpu.setDataPointer(0);
  });
  return { setWords, initialise };
}
