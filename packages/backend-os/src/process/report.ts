import type { VcpuState } from '@polyvisor/core';
import { Decoded, Decoder, MODE, VERDICT, formatInstruction } from '@polyvisor/cpu-x86';
import { showPath } from '../files/host-files.ts';
import type { UserMemory } from '../memory/user-memory.ts';
import type { End, Process } from './process.ts';
import { signalName } from './signals.ts';

const ROWS_64 = [['rax', 'rbx', 'rcx', 'rdx'], ['rsi', 'rdi', 'rbp', 'rsp'], ['r8', 'r9', 'r10', 'r11'], ['r12', 'r13', 'r14', 'r15']] as const;
const ROWS_32 = ROWS_64.slice(0, 2);
const LONGEST_INSTRUCTION = 15;

/** What a person needs to know of a program that a signal ended. */
export function report(process: Process, end: Extract<End, { kind: 'signal' }>, state: VcpuState, user: UserMemory): string {
  const wide = process.bits === 64;
  const digits = wide ? 16 : 8;
  const show = (value: bigint): string => value.toString(16).padStart(digits, '0');
  const rip = Number(state.get('rip'));
  const rows = (wide ? ROWS_64 : ROWS_32).map((row) => row.map((name) => `${wide ? name : name.replace('r', 'e')}=${show(state.get(name))}`).join(' '));
  const where = process.memory.areas.find(rip);
  const place = where === undefined ? '' : ` in ${where.name === '' ? 'memory without a name' : showPath(where.name)}`;
  return [
    `${showPath(process.executable)} was ended by ${signalName(end.signal)}: ${end.why}`,
    `  at ${wide ? 'rip' : 'eip'}=${show(state.get('rip'))}${place}: ${disassemble(user, rip, wide)}`,
    ...rows.map((row) => `  ${row}`),
    `  ${wide ? 'rflags' : 'eflags'}=${show(state.get('rflags'))}`,
  ].join('\n');
}

function disassemble(user: UserMemory, rip: number, wide: boolean): string {
  const bytes = new Uint8Array(LONGEST_INSTRUCTION);
  const length = user.copyIn(rip, bytes);
  if (length === 0) return 'there is no code';
  const decoded = new Decoded();
  const verdict = new Decoder().decode(decoded, bytes, 0, length, wide ? MODE.BITS64 : MODE.BITS32);
  const shown = verdict === VERDICT.OK ? decoded.length : Math.min(length, 8);
  const hex = Array.from(bytes.subarray(0, shown), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return verdict === VERDICT.OK ? `${hex}  ${formatInstruction(decoded, 'intel', { address: rip })}` : `${hex}  (no instruction)`;
}
