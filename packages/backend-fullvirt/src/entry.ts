import type { Segment, Vcpu } from '@polyvisor/core';
import type { EntryState } from '@polyvisor/firmware';

/** CR0.PE and ET; CR0.PG; CR4.PAE; EFER.LME and LMA (Intel SDM vol. 3A, 2.2.1 and 2.5). */
const PROTECTED = 0x11n, PAGING = 1n << 31n, PAE = 1n << 5n, LONG_MODE = 0x500n;
const FLAGS = 2n;
/** Access rights (Intel SDM vol. 3C, table 25-2): flat code of 32 and of 64 bits, flat data, a busy task state. */
const CODE = { 32: 0xc09b, 64: 0xa09b } as const;
const DATA = 0xc093;
const TASK = 0x8b;

/** Puts a processor into the state in which a boot protocol enters a kernel. It was reset before. */
export function enterKernel({ state }: Vcpu, entry: EntryState): void {
  const { gdt, mode } = entry;
  const flat = (selector: number, rights: number): Segment => ({ selector, rights, limit: 0xffff_ffff, base: 0n });
  state.set('cr0', mode === 64 ? PROTECTED | PAGING : PROTECTED);
  state.set('cr3', BigInt(entry.cr3));
  state.set('cr4', mode === 64 ? PAE : 0n);
  state.set('efer', mode === 64 ? LONG_MODE : 0n);
  for (const name of ['rcx', 'rdx', 'rsp', 'rbp', 'rdi'] as const) state.set(name, 0n);
  state.set('rip', BigInt(entry.rip));
  state.set('rax', BigInt(entry.rax));
  state.set('rbx', BigInt(entry.rbx));
  state.set('rsi', BigInt(entry.rsi));
  state.set('rflags', FLAGS);
  state.set('gdtrBase', BigInt(gdt.base));
  state.setWord('gdtrLimit', gdt.limit);
  state.setSegment('cs', flat(gdt.code, CODE[mode]));
  for (const name of ['es', 'ss', 'ds', 'fs', 'gs'] as const) state.setSegment(name, flat(gdt.data, DATA));
  state.setSegment('tr', { selector: 0, rights: TASK, limit: 0x67, base: 0n });
}
