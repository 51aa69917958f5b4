import type { QuadRegister, VcpuState } from '@polyvisor/core';
import { BLOCKED, Errno, errnoName } from '../errno.ts';
import { argument, type Call, type Caller } from './call.ts';
import { callName } from './names.ts';
import { I386_CALLS, X64_CALLS } from './table.ts';
import { formatCall } from './trace.ts';

/** Registers of the arguments: SYSCALL (System V ABI, x86-64 §A.2.1) and INT 80h. */
const REGISTERS_64: readonly QuadRegister[] = ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'];
const REGISTERS_32: readonly QuadRegister[] = ['rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp'];

export interface DispatchLog {
  /** Every call, when a trace is wanted. */
  readonly trace: ((line: string) => void) | undefined;
}

/**
 * Makes the system call that the registers ask for; the result, or `BLOCKED`. A number that has no call gives ENOSYS
 * and is named in the trace.
 */
export function dispatch(caller: Caller, log: DispatchLog): number {
  const { state, wide } = caller;
  const number = state.low('rax');
  const call = (wide ? X64_CALLS : I386_CALLS)[number];
  const args = call === undefined ? [] : readArguments(call, state, wide);
  const result = call === undefined ? -Errno.ENOSYS : run(call, caller, args);
  if (result !== BLOCKED) caller.process.deadline = undefined;
  if (log.trace !== undefined) {
    const text = call === undefined ? `${callName(number, wide)}()` : formatCall(call, args, caller.user);
    log.trace(`${text} = ${showResult(result, caller, call === undefined)}`);
  }
  return result;
}

function readArguments(call: Call, state: VcpuState, wide: boolean): number[] {
  const registers = wide ? REGISTERS_64 : REGISTERS_32;
  return call.args.map((kind, i) => argument(kind, state.low(registers[i]!), state.high(registers[i]!), wide));
}

function run(call: Call, caller: Caller, args: readonly number[]): number {
  const { user } = caller;
  user.takeFailure();
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args;
  const result = call.run(caller, a, b, c, d, e, f);
  // A call that failed for another reason says that one; a blocked one has written nothing yet.
  return user.takeFailure() && result >= 0 ? -Errno.EFAULT : result;
}

function showResult(result: number, { process }: Caller, missing: boolean): string {
  if (process.end !== undefined) return '?';
  if (result === BLOCKED) return '? (waits)';
  if (missing) return '-1 ENOSYS (this kernel does not have the call)';
  return result < 0 ? `-1 ${errnoName(-result)}` : result > 0xffff ? `0x${result.toString(16)}` : String(result);
}
