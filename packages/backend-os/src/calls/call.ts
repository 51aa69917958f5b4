import type { VcpuState } from '@polyvisor/core';
import type { UserMemory } from '../memory/user-memory.ts';
import type { Process } from '../process/process.ts';
import type { System } from '../process/system.ts';

/** Whom a call works for. */
export interface Caller {
  readonly process: Process;
  readonly user: UserMemory;
  readonly system: System;
  readonly state: VcpuState;
  /** The program calls with the 64-bit ABI: words in its structures have 8 bytes, else 4. */
  readonly wide: boolean;
}

/**
 * Kinds of arguments. They say how a register is read and how a trace shows it:
 * - `int`, `fd`: the low 32 bits, signed; `uint`, `hex`, `oct`: unsigned
 * - `long`: the whole register, signed; `size`, `ptr`: unsigned
 * - `path`: a `ptr` to text
 */
export type ArgumentKind = 'int' | 'fd' | 'uint' | 'hex' | 'oct' | 'long' | 'size' | 'ptr' | 'path';

/** The result for the program: a value, or a negated error number, or `BLOCKED`. */
export type Run = (caller: Caller, a: number, b: number, c: number, d: number, e: number, f: number) => number;

/** A system call: its numbers in both ABIs (−1 where it does not exist), its arguments, and what it does. */
export interface Call {
  readonly name: string;
  readonly x64: number;
  readonly i386: number;
  readonly args: readonly ArgumentKind[];
  readonly run: Run;
}

export function call(name: string, x64: number, i386: number, args: string, run: Run): Call {
  return { name, x64, i386, args: args === '' ? [] : (args.split(' ') as ArgumentKind[]), run };
}

/** A number that a 64-bit register holds, from its halves; exact up to 2^53. */
const joined = (low: number, high: number): number => high * 2 ** 32 + (low >>> 0);

/** An argument as its kind says. A 32-bit program's registers have no upper half. */
export function argument(kind: ArgumentKind, low: number, high: number, wide: boolean): number {
  switch (kind) {
    case 'int':
    case 'fd':
      return low | 0;
    case 'uint':
    case 'hex':
    case 'oct':
      return low >>> 0;
    case 'long':
      return wide ? joined(low, high | 0) : low | 0;
    case 'size':
    case 'ptr':
    case 'path':
      return wide ? joined(low, high >>> 0) : low >>> 0;
  }
}
