import { Activity, X87_CONTROL, type Vcpu } from '@polyvisor/core';
import { KERNEL_PAGE } from '../memory/layout.ts';
import { GDT_SIZE, Selector, loadSegments } from './segments.ts';

/** Control registers of a processor in long mode with paging, SSE and no more (Intel SDM vol. 3A §2.5). */
const CR0 = 0x8005_0033n; // PG, AM, WP, NE, ET, MP, PE
const CR4 = 0x620n; // PAE, OSFXSR, OSXMMEXCPT
const EFER = 0xd01n; // SCE, LME, LMA, NXE
/** IF is set, as in every program; bit 1 is always. */
const RFLAGS = 0x202n;
/** FNINIT and the default of MXCSR: all exceptions masked, rounding to nearest, 64-bit precision. */
const FCW = 0x037f;
const MXCSR = 0x1f80;
/** Vectors that exist (Intel SDM vol. 3A table 6-1). */
const EXCEPTIONS = 32;

/** What the vCPU has to tell the kernel: system calls, exceptions, and what programs may not do. */
export function setIntercepts({ control, index }: Vcpu): void {
  control.clear();
  control.tag = index + 1;
  control.intercept('syscall');
  control.intercept('sysenter');
  control.intercept('softwareInterrupt');
  control.intercept('shutdown');
  for (let vector = 0; vector < EXCEPTIONS; vector++) control.interceptException(vector);
}

export interface UserStart {
  readonly bits: 32 | 64;
  readonly entry: number;
  readonly stackPointer: number;
  /** Guest-physical address of the top page table. */
  readonly pageTables: number;
}

/** Puts the vCPU into user mode at a program's first instruction. */
export function enterProgram({ state }: Vcpu, start: UserStart): void {
  state.set('cr0', CR0);
  state.set('cr3', BigInt(start.pageTables));
  state.set('cr4', CR4);
  state.set('efer', EFER);
  // Where SYSRET would return to: programs can see it in no way, a debugger can.
  state.set('star', BigInt(Selector.code32) << 48n);
  state.set('gdtrBase', BigInt.asUintN(64, BigInt(KERNEL_PAGE)));
  state.setWord('gdtrLimit', GDT_SIZE - 1);
  // Every interrupt is intercepted, so the table is empty.
  state.setWord('idtrLimit', 0);
  loadSegments(state, start.bits, KERNEL_PAGE);
  state.setWord('cpl', 3);
  state.setWord('activity', Activity.active);
  state.set('rflags', RFLAGS);
  state.set('rip', BigInt(start.entry));
  state.set('rsp', BigInt(start.stackPointer));
  for (const name of ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const) state.set(name, 0n);
  state.setWord('mxcsr', MXCSR);
  state.view.setUint16(X87_CONTROL.fcw[0], FCW, true);
  state.view.setUint16(X87_CONTROL.fsw[0], 0, true);
  state.view.setUint16(X87_CONTROL.ftw[0], 0, true);
}
