import type { QuadRegister, VmExit } from '@polyvisor/core';
import type { ScriptedConfig, Size, Step } from './config.ts';
import { toExit } from './exit-schema.ts';

/** A step with nothing nested: what one RIP value names. */
export type Instruction =
  | { readonly op: 'out'; readonly port: number; readonly size: Size; readonly value: number }
  | { readonly op: 'in'; readonly port: number; readonly size: Size }
  | { readonly op: 'mmioWrite' | 'store'; readonly gpa: number; readonly size: Size; readonly value: number }
  | { readonly op: 'mmioRead' | 'load'; readonly gpa: number; readonly size: Size }
  | { readonly op: 'exit'; readonly exit: VmExit }
  | { readonly op: 'halt' }
  | { readonly op: 'set'; readonly register: QuadRegister; readonly value: bigint }
  /** Counts down counter `slot` from `times` and jumps to `start` while it is not zero. */
  | { readonly op: 'loop'; readonly slot: number; readonly times: number; readonly start: number }
  | { readonly op: 'iret' };

/** A program in a row, the interrupt handler behind its end. */
export interface Compiled {
  readonly code: readonly Instruction[];
  /** RIP of the program's end; the handler begins one behind it. */
  readonly end: number;
  /** −1 without a handler. */
  readonly handler: number;
  readonly counters: number;
}

export function compile(config: ScriptedConfig, cpu: number): Compiled {
  const code: Instruction[] = [];
  const counters = { next: 0 };
  append(code, cpu === 0 ? config.program : (config.others?.[cpu - 1] ?? []), counters);
  const end = code.length;
  if (!config.onInterrupt) return { code, end, handler: -1, counters: counters.next };
  // The end itself is a place at which the program stands, so the handler must not begin there.
  code.push({ op: 'halt' });
  const handler = code.length;
  append(code, config.onInterrupt, counters);
  code.push({ op: 'iret' });
  return { code, end, handler, counters: counters.next };
}

function append(code: Instruction[], steps: readonly Step[], counters: { next: number }): void {
  for (const step of steps) {
    if ('loop' in step) {
      const slot = counters.next;
      counters.next += 1;
      const start = code.length;
      append(code, step.body, counters);
      code.push({ op: 'loop', slot, times: step.loop, start });
    } else if ('print' in step) {
      for (const c of step.print) code.push({ op: 'out', port: step.port, size: 1, value: c.charCodeAt(0) & 0xff });
    } else {
      code.push(instruction(step));
    }
  }
}

function instruction(step: Exclude<Step, { loop: number } | { print: string }>): Instruction {
  if ('out' in step) return { op: 'out', port: step.out[0], size: step.out[1], value: step.out[2] | 0 };
  if ('in' in step) return { op: 'in', port: step.in[0], size: step.in[1] };
  if ('mmioWrite' in step) return write('mmioWrite', step.mmioWrite);
  if ('store' in step) return write('store', step.store);
  if ('mmioRead' in step) return { op: 'mmioRead', gpa: step.mmioRead[0], size: step.mmioRead[1] };
  if ('load' in step) return { op: 'load', gpa: step.load[0], size: step.load[1] };
  if ('exit' in step) return { op: 'exit', exit: toExit(step.exit) };
  if ('set' in step) return { op: 'set', register: step.set[0], value: BigInt.asUintN(64, BigInt(step.set[1])) };
  return { op: 'halt' };
}

function write(op: 'mmioWrite' | 'store', [gpa, size, value]: readonly [number, Size, number]): Instruction {
  return { op, gpa, size, value: value | 0 };
}
