/** What user mode cannot show: how the system's control bits decide which exception a number raises. */
import { describe, expect, test } from 'vitest';
import { Emulated } from './emulated.ts';
import { CODE, WINDOW_SIZE, type Case, type Outcome } from './native.ts';
import { INITIAL_STATE } from './vector-state.ts';

const ONE = 0x3ff0000000000000n;
/** ZE, and MXCSR without its mask. */
const ZERO_DIVIDE = 4, UNMASKED = 0x1d80;

/** Divides one by zero, XMM1 by XMM2. */
function divide(bytes: readonly number[], cr4: bigint, mxcsr = UNMASKED): { outcome: Outcome; low: bigint } {
  const ymm = new Uint8Array(512), view = new DataView(ymm.buffer);
  view.setBigUint64(32, ONE, true);
  const c: Case = {
    row: 'DIVSD', bytes: Uint8Array.from(bytes), offset: 0x400, legacy: false, registers: new BigUint64Array(16), flags: 0x202,
    memory: new Uint8Array(WINDOW_SIZE), mask: 0xcd5, state: { ...INITIAL_STATE, ymm, mxcsr },
  };
  const emulated = new Emulated();
  emulated.cpu.state.set('cr4', cr4);
  const outcome = emulated.run(c);
  return { outcome, low: new DataView(outcome.state.ymm.buffer).getBigUint64(32, true) };
}
const LEGACY = [0xf2, 0x0f, 0x5e, 0xca], VEX = [0xc5, 0xf3, 0x5e, 0xca];

describe.each([['a case of the switch', LEGACY], ['a function of its own', VEX]] as const)('an exception that MXCSR does not mask, in %s', (_, bytes) => {
  test('is #XM at the instruction, which writes nothing but the flag', () => {
    const { outcome, low } = divide(bytes, 0x4_0620n);
    expect([outcome.vector, outcome.rip, low]).toEqual([19, CODE + 0x400, ONE]);
    expect(outcome.state.mxcsr & 0x3f).toBe(ZERO_DIVIDE);
  });

  test('is #UD where CR4.OSXMMEXCPT is clear', () => {
    const { outcome, low } = divide(bytes, 0x4_0220n);
    expect([outcome.vector, outcome.rip, low]).toEqual([6, CODE + 0x400, ONE]);
    expect(outcome.state.mxcsr & 0x3f).toBe(ZERO_DIVIDE);
  });

  test('is none where it is masked: the quotient is infinite', () => {
    const { outcome, low } = divide(bytes, 0x4_0620n, 0x1f80);
    expect([outcome.vector, low]).toEqual([-1, 0x7ff0000000000000n]);
    expect(outcome.state.mxcsr & 0x3f).toBe(ZERO_DIVIDE);
  });
});
