import type { ExceptionIntercept } from '@polyvisor/core';
import { FaultOutcome } from '../memory/fault.ts';
import { Signal } from './signals.ts';
import type { Process } from './process.ts';

/** Bits of a page fault's error code (Intel SDM vol. 3A §4.7). */
const PageFault = { write: 2, fetch: 16 } as const;
const PAGE_FAULT = 14;

/** Signal and cause of each exception (arch/x86/kernel/traps.c). */
const CAUSES: Readonly<Record<number, readonly [signal: number, cause: string]>> = {
  0: [Signal.FPE, 'division error'],
  1: [Signal.TRAP, 'debug exception'],
  3: [Signal.TRAP, 'breakpoint'],
  4: [Signal.SEGV, 'overflow (INTO)'],
  5: [Signal.SEGV, 'bound range exceeded'],
  6: [Signal.ILL, 'invalid instruction'],
  7: [Signal.FPE, 'no coprocessor'],
  11: [Signal.BUS, 'segment not present'],
  12: [Signal.BUS, 'stack segment fault'],
  13: [Signal.SEGV, 'general protection fault'],
  16: [Signal.FPE, 'x87 floating-point error'],
  17: [Signal.BUS, 'alignment check'],
  19: [Signal.FPE, 'SIMD floating-point error'],
};

const OUTCOMES: Readonly<Record<number, readonly [signal: number, cause: string]>> = {
  [FaultOutcome.unmapped]: [Signal.SEGV, 'where there is nothing'],
  [FaultOutcome.denied]: [Signal.SEGV, 'which it may not'],
  [FaultOutcome.bus]: [Signal.BUS, 'behind the end of a file'],
  [FaultOutcome.noMemory]: [Signal.KILL, 'and no memory is left: give the machine more'],
};

/** Answers an exception: a page fault that can be mended is, everything else is a signal. */
export function answerException(process: Process, { vector, errorCode, linear }: ExceptionIntercept): void {
  if (vector !== PAGE_FAULT) {
    const [signal, cause] = CAUSES[vector] ?? [Signal.SEGV, `exception ${vector}`];
    process.fail(signal, cause);
    return;
  }
  const [write, fetch] = [(errorCode & PageFault.write) !== 0, (errorCode & PageFault.fetch) !== 0];
  const outcome = process.memory.fault(linear, write, fetch);
  if (outcome === FaultOutcome.ok) return;
  const [signal, cause] = OUTCOMES[outcome]!;
  const verb = write ? 'wrote to' : fetch ? 'jumped to' : 'read';
  process.fail(signal, `it ${verb} 0x${linear < 0 ? (linear + 2 ** 64).toString(16) : linear.toString(16)}, ${cause}`);
}
