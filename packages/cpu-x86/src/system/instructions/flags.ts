/** PUSHF, POPF, CLI and STI where generated code does not execute them itself (Intel SDM vol. 2; vol. 3A, 20.3, 20.4). */
import { InterruptShadow } from '@polyvisor/core';
import { CR4, RFLAGS } from '../../state/bits.ts';
import { bytesOf } from '../operands.ts';
import { Step, type Processor } from '../processor.ts';
import { Stack } from '../stack.ts';
import { type Instruction, retire } from './instruction.ts';

const cr4 = (p: Processor, bit: number): boolean => (p.state.low('cr4') & bit) !== 0;
/** VIF takes the place of IF: virtual-8086 mode with VME, protected mode at CPL 3 with PVI, IOPL below 3 in both. */
const virtualInterrupts = (p: Processor): boolean => p.cpl === 3 && p.iopl < 3 && cr4(p, p.virtual8086 ? CR4.VME : CR4.PVI);

export const pushFlags: Instruction = (p, d) => {
  const size = bytesOf(d), stack = Stack.current(p);
  let image = p.flags & ~(RFLAGS.VM | RFLAGS.RF);
  if (p.virtual8086 && p.iopl < 3) {
    if (size !== 2 || !cr4(p, CR4.VME)) return retire(p.protection(0));
    image = (image & ~RFLAGS.IF) | ((p.flags & RFLAGS.VIF) !== 0 ? RFLAGS.IF : 0) | RFLAGS.IOPL;
  }
  if (!stack.push(size, image)) return Step.fault;
  stack.commit();
  return Step.done;
};

const USER = 0x4dd5 | RFLAGS.AC | RFLAGS.ID | RFLAGS.TF;
export const popFlags: Instruction = (p, d) => {
  const size = bytesOf(d), stack = Stack.current(p);
  const virtual = p.virtual8086 && p.iopl < 3;
  if (virtual && (size !== 2 || !cr4(p, CR4.VME))) return retire(p.protection(0));
  if (!stack.pop(size)) return Step.fault;
  const image = p.memory.low;
  if (virtual) {
    const enables = (image & RFLAGS.IF) !== 0;
    if ((image & RFLAGS.TF) !== 0 || (enables && (p.flags & RFLAGS.VIP) !== 0)) return retire(p.protection(0));
    stack.commit();
    p.flags = (p.flags & ~(0x4dd5 | RFLAGS.VIF)) | (image & 0x4dd5) | (enables ? RFLAGS.VIF : 0) | RFLAGS.one;
    return Step.done;
  }
  let mask = USER;
  if (p.cpl <= p.iopl) mask |= RFLAGS.IF;
  if (p.cpl === 0) mask |= RFLAGS.IOPL;
  if (size === 2) mask &= 0xffff;
  const cleared = RFLAGS.RF | (size !== 2 && p.cpl === 0 ? RFLAGS.VIF | RFLAGS.VIP : 0);
  stack.commit();
  p.flags = (p.flags & ~(mask | cleared)) | (image & mask) | RFLAGS.one;
  return Step.done;
};

export const clearInterrupts: Instruction = (p) => {
  if (p.cpl <= p.iopl) p.flags &= ~RFLAGS.IF;
  else if (virtualInterrupts(p)) p.flags &= ~RFLAGS.VIF;
  else return retire(p.protection(0));
  return Step.done;
};

export const setInterrupts: Instruction = (p) => {
  if (p.cpl <= p.iopl) {
    if ((p.flags & RFLAGS.IF) === 0) p.shadow = p.shadow | InterruptShadow.sti;
    p.flags |= RFLAGS.IF;
  } else if (virtualInterrupts(p) && (p.flags & RFLAGS.VIP) === 0) p.flags |= RFLAGS.VIF;
  else return retire(p.protection(0));
  return Step.done;
};
