/** RET far and IRET (Intel SDM vol. 2B, "RET"; vol. 2A, "IRET/IRETD/IRETQ"). */
import { InterruptShadow, type Segment } from '@polyvisor/core';
import { CR4, RFLAGS, SEGMENT_RIGHTS as RIGHTS } from '../state/bits.ts';
import {
  dplOf, isCode, isConforming, isNull, isPresent, linearOf, markDescriptor, readDescriptor, rightsOf, segmentOf, SystemType, type Descriptor,
} from './descriptors.ts';
import { intercept } from './exits.ts';
import { dropInnerSegments, loadReal, readStackSegment } from './load-segment.ts';
import { SYSTEM_READ } from './linear-memory.ts';
import { canonical, Exception, Step, type Processor } from './processor.ts';
import { Stack } from './stack.ts';
import { switchTask } from './task.ts';

type Size = 2 | 4 | 8;
const failed = (_: false): Step => Step.fault;

/** Reads the code segment to return to; `undefined` when an exception is due. */
function returnSegment(p: Processor, selector: number): Descriptor | undefined {
  if (isNull(selector)) return void p.protection(0);
  const d = readDescriptor(p, selector);
  if (d === undefined) return undefined;
  const rights = rightsOf(d), rpl = selector & 3;
  const good = isCode(rights) && rpl >= p.cpl && (isConforming(rights) ? dplOf(rights) <= rpl : dplOf(rights) === rpl)
    && !(p.longMode && (rights & (RIGHTS.long | RIGHTS.big)) === (RIGHTS.long | RIGHTS.big));
  if (!good) return void p.protection(selector);
  if (!isPresent(rights)) return void p.fault(Exception.notPresent, selector & 0xfffc);
  return d;
}

const is64 = (p: Processor, d: Descriptor): boolean => p.longMode && (rightsOf(d) & RIGHTS.long) !== 0;

/** The stack segment to return to. 64-bit code outside CPL 3 may have a null one. */
function returnStack(p: Processor, selector: number, level: number, to64: boolean): Segment | undefined {
  if (isNull(selector) && to64 && level !== 3 && (selector & 3) === level) {
    return { selector, rights: RIGHTS.unusable | (level << RIGHTS.dplShift), limit: 0, base: 0n };
  }
  return readStackSegment(p, selector, level, Exception.protection);
}

/** Reads a word of the stack as a number: signed where it has 64 bits. */
const wordOf = (p: Processor, size: Size): number => (size === 8 ? p.memory.address : p.memory.low >>> 0);

/** A stack to return to. The pointer is in halves: a program's need not be canonical, and a number would lose its low bits. */
interface OuterStack {
  readonly segment: Segment;
  readonly low: number;
  readonly high: number;
}

interface Return {
  readonly code: Descriptor;
  readonly rip: number;
  /** The outer stack, when the level changes or the mode has it always. */
  readonly stack: OuterStack | undefined;
}

/** Pops the pointer, which `extra` bytes of parameters are dropped from, and the segment. */
function popOuterStack(p: Processor, from: Stack, size: Size, code: Descriptor, extra: number): OuterStack | undefined {
  if (!from.pop(size)) return undefined;
  const low = (p.memory.low >>> 0) + extra, high = size === 8 ? p.memory.high + (low > 0xffff_ffff ? 1 : 0) : 0;
  if (!from.pop(size)) return undefined;
  const segment = returnStack(p, p.memory.low & 0xffff, code.selector & 3, is64(p, code));
  return segment && { segment, low: low | 0, high: high | 0 };
}

/** Checks shared by both instructions behind the reading of the words. */
function finishReturn(p: Processor, { code, rip, stack }: Return, inner: Stack): boolean {
  const level = code.selector & 3, wide = is64(p, code);
  if (wide ? !canonical(rip) : (rip >>> 0) > segmentOf(code).limit) return p.protection(0);
  if (!markDescriptor(p, code, RIGHTS.accessed)) return false;
  const outer = level > p.cpl;
  const segment = segmentOf(code);
  p.state.setSegment('cs', { ...segment, rights: segment.rights | RIGHTS.accessed });
  p.cpl = level;
  p.rip = wide ? rip : rip >>> 0;
  if (stack === undefined) inner.commit();
  else {
    p.state.setSegment('ss', stack.segment);
    const { low, high } = stack;
    if (wide) p.state.setHalves('rsp', low, high);
    else if ((stack.segment.rights & RIGHTS.big) !== 0) p.state.setHalves('rsp', low, 0);
    // A 16-bit stack takes SP alone, whatever was popped.
    else p.state.setHalves('rsp', (p.state.low('rsp') & 0xffff_0000) | (low & 0xffff), p.state.high('rsp'));
  }
  if (outer) dropInnerSegments(p);
  return true;
}

/** RET far, which drops `extra` bytes of parameters from both stacks. */
export function farReturn(p: Processor, size: Size, extra: number): Step {
  const stack = Stack.current(p);
  if (!stack.pop(size)) return Step.fault;
  const rip = wordOf(p, size);
  if (!stack.pop(size)) return Step.fault;
  const selector = p.memory.low & 0xffff;
  if (!p.protectedMode || p.virtual8086) {
    if (rip > p.segment('cs').limit) return failed(p.protection(0));
    stack.skip(extra);
    stack.commit();
    return returnReal(p, selector, rip);
  }
  const code = returnSegment(p, selector);
  if (code === undefined) return Step.fault;
  stack.skip(extra);
  const level = selector & 3;
  let outer: Return['stack'];
  if (level > p.cpl) {
    outer = popOuterStack(p, stack, size, code, extra);
    if (outer === undefined) return Step.fault;
  }
  return finishReturn(p, { code, rip, stack: outer }, stack) ? Step.jump : Step.fault;
}

function returnReal(p: Processor, selector: number, rip: number): Step {
  if (p.virtual8086) p.setVirtualSegment('cs', selector);
  else loadReal(p, 'cs', selector);
  p.state.setHalves('rip', rip, 0);
  return Step.jump;
}

/** Flags that an image may change; IF and IOPL as privilege allows. */
function setFlags(p: Processor, image: number, size: Size, cpl: number): void {
  let mask = 0x4dd5 | RFLAGS.RF | RFLAGS.AC | RFLAGS.ID;
  if (cpl <= p.iopl) mask |= RFLAGS.IF;
  if (cpl === 0) mask |= RFLAGS.IOPL | RFLAGS.VIF | RFLAGS.VIP;
  mask |= RFLAGS.TF;
  if (size === 2) mask &= 0xffff;
  p.flags = (p.flags & ~mask) | (image & mask) | RFLAGS.one;
}

/** IRET in all modes. NMIs are possible again, whatever comes of it. */
export function interruptReturn(p: Processor, size: Size, length: number): Step {
  p.shadow = p.shadow & ~InterruptShadow.nmi;
  if (!p.protectedMode) return returnPlain(p, size, false);
  if (p.virtual8086) return returnVirtual(p, size);
  if ((p.flags & RFLAGS.NT) !== 0) return p.longMode ? failed(p.protection(0)) : returnTask(p, length);
  const stack = Stack.current(p);
  if (!stack.pop(size)) return Step.fault;
  const rip = wordOf(p, size);
  if (!stack.pop(size)) return Step.fault;
  const selector = p.memory.low & 0xffff;
  if (!stack.pop(size)) return Step.fault;
  const image = p.memory.low;
  if (!p.longMode && size === 4 && (image & RFLAGS.VM) !== 0 && p.cpl === 0) return returnToVirtual(p, stack, selector, rip, image);
  const code = returnSegment(p, selector);
  if (code === undefined) return Step.fault;
  const level = selector & 3, old = p.cpl;
  let outer: Return['stack'];
  // From 64-bit code SS and RSP are always popped.
  if (level > old || p.code64) {
    outer = popOuterStack(p, stack, size, code, 0);
    if (outer === undefined) return Step.fault;
  }
  if (!finishReturn(p, { code, rip, stack: outer }, stack)) return Step.fault;
  setFlags(p, image, size, old);
  return Step.jump;
}

/** Real-address mode, and virtual-8086 mode with IOPL 3. */
function returnPlain(p: Processor, size: Size, virtual: boolean): Step {
  const stack = Stack.current(p);
  if (!stack.pop(size)) return Step.fault;
  const rip = p.memory.low >>> 0;
  if (!stack.pop(size)) return Step.fault;
  const selector = p.memory.low & 0xffff;
  if (!stack.pop(size)) return Step.fault;
  const image = p.memory.low;
  if (rip > p.segment('cs').limit) return failed(p.protection(0));
  stack.commit();
  // IOPL, VM, VIF and VIP stay in virtual-8086 mode; VM, VIF and VIP in real-address mode.
  const mask = (virtual ? 0x24_4fd5 : 0x24_7fd5) | RFLAGS.RF | RFLAGS.IF | RFLAGS.TF;
  const effective = size === 2 ? mask & 0xffff : mask;
  p.flags = (p.flags & ~effective) | (image & effective) | RFLAGS.one;
  return returnReal(p, selector, rip);
}

/** With IOPL below 3 the virtual interrupt flag takes the place of IF, if the extensions are on (vol. 3A, 20.3.3). */
function returnVirtual(p: Processor, size: Size): Step {
  if (p.iopl === 3) return returnPlain(p, size, true);
  if ((p.state.low('cr4') & CR4.VME) === 0 || size !== 2) return failed(p.protection(0));
  const stack = Stack.current(p);
  if (!stack.pop(2)) return Step.fault;
  const rip = p.memory.low;
  if (!stack.pop(2)) return Step.fault;
  const selector = p.memory.low;
  if (!stack.pop(2)) return Step.fault;
  const image = p.memory.low, enables = (image & RFLAGS.IF) !== 0;
  if ((image & RFLAGS.TF) !== 0 || (enables && (p.flags & RFLAGS.VIP) !== 0)) return failed(p.protection(0));
  stack.commit();
  const kept = p.flags & ~(0x4dd5 | RFLAGS.VIF);
  p.flags = kept | (image & 0x4dd5) | (enables ? RFLAGS.VIF : 0) | RFLAGS.one;
  return returnReal(p, selector, rip);
}

function returnToVirtual(p: Processor, stack: Stack, cs: number, rip: number, image: number): Step {
  const words: number[] = [];
  for (let i = 0; i < 6; i++) {
    if (!stack.pop(4)) return Step.fault;
    words.push(p.memory.low);
  }
  if (rip > 0xffff) return failed(p.protection(0));
  const [esp = 0, ss = 0, es = 0, ds = 0, fs = 0, gs = 0] = words;
  p.flags = (image & 0x3f_7fd5) | RFLAGS.one;
  p.cpl = 3;
  const names = { cs, ss, es, ds, fs, gs } as const;
  for (const name of ['cs', 'ss', 'es', 'ds', 'fs', 'gs'] as const) p.setVirtualSegment(name, names[name] & 0xffff);
  p.state.setHalves('rip', rip & 0xffff, 0);
  p.state.setHalves('rsp', esp, 0);
  return Step.jump;
}

/** To the task that the back link names. */
function returnTask(p: Processor, length: number): Step {
  const tss = p.segment('tr');
  if (!p.memory.load(linearOf(p, Number(tss.base)), 2, SYSTEM_READ)) return Step.fault;
  const selector = p.memory.low;
  if ((selector & 4) !== 0) return failed(p.fault(Exception.invalidTss, selector & 0xfffc));
  const d = readDescriptor(p, selector, Exception.invalidTss);
  if (d === undefined) return Step.fault;
  const type = rightsOf(d) & 0x1f;
  if (type !== SystemType.busyTss16 && type !== SystemType.busyTss32) return failed(p.fault(Exception.invalidTss, selector & 0xfffc));
  if (!isPresent(rightsOf(d))) return failed(p.fault(Exception.notPresent, selector & 0xfffc));
  if (p.control.intercepts('taskSwitch')) return intercept(p, length, { what: 'taskSwitch', selector, reason: 'iret', errorCode: -1 });
  const rip = p.rip;
  p.rip = rip + length;
  if (switchTask(p, d, 'iret')) return Step.jump;
  if (p.segment('tr').base === tss.base) p.rip = rip;
  return Step.fault;
}
