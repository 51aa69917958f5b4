/** SYSCALL, SYSRET, SYSENTER, SYSEXIT; INT n and its kin; far transfers and returns (Intel SDM vol. 2). */
import { RFLAGS, CR4, SEGMENT_RIGHTS as RIGHTS } from '../../state/bits.ts';
import { linearOf } from '../descriptors.ts';
import { intercept } from '../exits.ts';
import { farReturn, interruptReturn } from '../far-return.ts';
import { farTransfer } from '../far-transfer.ts';
import { deliver } from '../interrupt.ts';
import { SYSTEM_READ } from '../linear-memory.ts';
import { bytesOf, effectiveAddress, isLong, loadOperand, nextRip, segmentLinear, segmentName } from '../operands.ts';
import { canonical, Exception, Step, type Processor } from '../processor.ts';
import { Stack } from '../stack.ts';
import type { Decoded } from '../../decode/decoded.ts';
import { Access } from '@polyvisor/core';
import { systemCallsEnabled } from './control.ts';
import { type Instruction, privileged, retire } from './instruction.ts';

/** Flat segments that these instructions load without looking at descriptors. */
const flatCode = (p: Processor, selector: number, level: number, long: boolean): void => {
  const kind = long ? RIGHTS.long : RIGHTS.big;
  p.state.setSegment('cs', { selector, rights: 0x9b | (level << RIGHTS.dplShift) | RIGHTS.granular | kind, limit: 0xffff_ffff, base: 0n });
  p.cpl = level;
};
const flatStack = (p: Processor, selector: number, level: number): void =>
  p.state.setSegment('ss', { selector, rights: 0xc093 | (level << RIGHTS.dplShift), limit: 0xffff_ffff, base: 0n });

export const syscall: Instruction = (p, d) => {
  if (p.control.intercepts('syscall')) return intercept(p, d.length, { what: 'syscall' });
  if (!systemCallsEnabled(p) || !p.code64) return retire(p.fault(Exception.invalidOpcode));
  const { state } = p, selector = (state.high('star') & 0xffff) & 0xfffc;
  p.setAddress('rcx', nextRip(p, d));
  state.setHalves('r11', p.flags & ~RFLAGS.RF, 0);
  p.rip = p.address('lstar');
  p.flags = (p.flags & ~state.low('sfmask') & ~RFLAGS.RF) | RFLAGS.one;
  flatCode(p, selector, 0, true);
  flatStack(p, selector + 8, 0);
  // Single steps go by the flag as SYSCALL and SYSRET leave it (SDM vol. 3B, 18.3.1.4).
  p.tracing = (p.flags & RFLAGS.TF) !== 0;
  return Step.jump;
};

export const sysret: Instruction = (p, d) => {
  if (!systemCallsEnabled(p) || !p.code64) return retire(p.fault(Exception.invalidOpcode));
  if (!privileged(p)) return Step.fault;
  const { state } = p, base = state.high('star') >>> 16, wide = d.operandSize === 64, target = p.address('rcx');
  if (wide && !canonical(target)) return retire(p.protection(0));
  p.flags = (state.low('r11') & 0x3c_7fd7) | RFLAGS.one;
  p.rip = wide ? target : target >>> 0;
  flatCode(p, (base + (wide ? 16 : 0)) | 3, 3, wide);
  flatStack(p, (base + 8) | 3, 3);
  p.tracing = (p.flags & RFLAGS.TF) !== 0;
  return Step.jump;
};

export const sysenter: Instruction = (p, d) => {
  if (p.control.intercepts('sysenter')) return intercept(p, d.length, { what: 'sysenter' });
  const { state } = p, selector = state.low('sysenterCs') & 0xfffc;
  if (!p.protectedMode || selector === 0) return retire(p.protection(0));
  const wide = p.longMode;
  p.flags &= ~(RFLAGS.VM | RFLAGS.IF | RFLAGS.RF);
  p.setAddress('rsp', wide ? p.address('sysenterEsp') : p.address('sysenterEsp') >>> 0);
  p.rip = wide ? p.address('sysenterEip') : p.address('sysenterEip') >>> 0;
  flatCode(p, selector, 0, wide);
  flatStack(p, selector + 8, 0);
  return Step.jump;
};

export const sysexit: Instruction = (p, d) => {
  const selector = p.state.low('sysenterCs') & 0xfffc, wide = d.operandSize === 64;
  if (!p.protectedMode || selector === 0 || p.cpl !== 0) return retire(p.protection(0));
  const target = p.address('rdx'), pointer = p.address('rcx');
  if (wide && (!canonical(target) || !canonical(pointer))) return retire(p.protection(0));
  p.rip = wide ? target : target >>> 0;
  p.setAddress('rsp', wide ? pointer : pointer >>> 0);
  flatCode(p, (selector + (wide ? 32 : 16)) | 3, 3, wide);
  flatStack(p, (selector + (wide ? 40 : 24)) | 3, 3);
  return Step.jump;
};

/** Delivers a software interrupt, whose return address is the next instruction. */
function interrupt(p: Processor, d: Decoded, vector: number, software: boolean): Step {
  const rip = p.rip, task = p.segment('tr').base;
  p.rip = nextRip(p, d);
  if (deliver(p, { vector, errorCode: -1, software, resume: false })) return Step.jump;
  // An exception of a task that was switched to is that task's.
  if (p.segment('tr').base === task) p.rip = rip;
  return p.exit === undefined ? Step.fault : Step.exit;
}

export const int: Instruction = (p, d) => {
  const vector = d.imm & 0xff;
  if (p.virtual8086 && p.iopl < 3) {
    const redirected = redirect(p, vector);
    if (redirected === 'fault') return Step.fault;
    if (redirected === 'program') return interruptInProgram(p, d, vector);
    if (redirected === 'denied') return retire(p.protection(0));
  } else if (p.virtual8086 && (p.state.low('cr4') & CR4.VME) !== 0) {
    const redirected = redirect(p, vector);
    if (redirected === 'fault') return Step.fault;
    if (redirected === 'program') return interruptInProgram(p, d, vector);
  }
  if (p.control.intercepts('softwareInterrupt')) return intercept(p, d.length, { what: 'softwareInterrupt', vector });
  return interrupt(p, d, vector, true);
};

/** Where INT n goes in virtual-8086 mode: to the program's own table by the redirection bitmap (vol. 3A, 20.3.3). */
function redirect(p: Processor, vector: number): 'program' | 'monitor' | 'denied' | 'fault' {
  if ((p.state.low('cr4') & CR4.VME) === 0) return 'denied';
  const tss = p.segment('tr'), base = Number(tss.base);
  if (tss.limit < 103) return 'denied';
  if (!p.memory.load(linearOf(p, base + 102), 2, SYSTEM_READ)) return 'fault';
  const at = p.memory.low - 32 + (vector >> 3);
  if (at > tss.limit) return 'denied';
  if (!p.memory.load(linearOf(p, base + at), 1, SYSTEM_READ)) return 'fault';
  if (((p.memory.low >> (vector & 7)) & 1) === 0) return 'program';
  return p.iopl === 3 ? 'monitor' : 'denied';
}

/** An interrupt of a virtual-8086 program that its own handler gets, as in real-address mode. */
function interruptInProgram(p: Processor, d: Decoded, vector: number): Step {
  if (!p.memory.load(vector * 4, 4, Access.read)) return Step.fault;
  const pointer = p.memory.low, stack = Stack.current(p), below = p.iopl < 3;
  // With IOPL below 3 the image shows VIF in the place of IF and IOPL 3.
  const image = below ? (p.flags & ~RFLAGS.IF) | ((p.flags & RFLAGS.VIF) !== 0 ? RFLAGS.IF : 0) | RFLAGS.IOPL : p.flags;
  const pushed = stack.push(2, image) && stack.push(2, p.segment('cs').selector) && stack.push(2, nextRip(p, d));
  if (!pushed) return Step.fault;
  stack.commit();
  p.setVirtualSegment('cs', pointer >>> 16);
  p.state.setHalves('rip', pointer & 0xffff, 0);
  p.flags &= ~(RFLAGS.TF | RFLAGS.NT | (below ? RFLAGS.VIF : RFLAGS.IF));
  return Step.jump;
}

export const int3: Instruction = (p, d) => softwareException(p, d, Exception.breakpoint);
export const into: Instruction = (p, d) => ((p.flags & RFLAGS.OF) !== 0 ? softwareException(p, d, Exception.overflow) : Step.done);
/** INT1 acts as an exception from outside: its gate's privilege is not checked. */
export const int1: Instruction = (p, d) => interrupt(p, d, Exception.debug, false);

function softwareException(p: Processor, d: Decoded, vector: number): Step {
  if (p.control.interceptsException(vector)) return intercept(p, d.length, { what: 'exception', vector, errorCode: -1, linear: 0 });
  return interrupt(p, d, vector, true);
}

export const iret: Instruction = (p, d) => {
  if (p.control.intercepts('iret')) return intercept(p, d.length, { what: 'iret' });
  return interruptReturn(p, bytesOf(d), d.length);
};
export const retf: Instruction = (p, d) => farReturn(p, bytesOf(d), d.opcode === 0xca ? d.imm & 0xffff : 0);

/** JMP and CALL far: a pointer in the instruction or in memory. */
export const far = (call: boolean): Instruction => (p, d) => {
  const size = bytesOf(d), transfer = { call, size, next: nextRip(p, d), length: d.length };
  if (d.hasMemory === 0) return farTransfer(p, d.imm2 & 0xffff, size === 2 ? d.imm & 0xffff : d.imm >>> 0, transfer);
  const linear = segmentLinear(p, segmentName(d.segment), effectiveAddress(p, d), size + 2, Access.read);
  if (Number.isNaN(linear) || !loadOperand(p, d, linear, size)) return Step.fault;
  const offset = size === 8 ? p.memory.address : p.memory.low >>> 0;
  if (!loadOperand(p, d, isLong(d) ? linear + size : (linear + size) >>> 0, 2)) return Step.fault;
  return farTransfer(p, p.memory.low & 0xffff, offset, transfer);
};
