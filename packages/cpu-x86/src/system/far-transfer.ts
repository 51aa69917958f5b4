/** Far JMP and CALL, directly and through call gates and tasks (Intel SDM vol. 2A, "CALL", "JMP"; vol. 3A, 5.8). */
import { SEGMENT_RIGHTS as RIGHTS } from '../state/bits.ts';
import {
  dplOf, isCode, isConforming, isNull, isPresent, markDescriptor, readDescriptor, readUpperHalf, rightsOf, segmentOf, SystemType,
  type Descriptor,
} from './descriptors.ts';
import { intercept } from './exits.ts';
import { innerStack } from './interrupt.ts';
import { loadReal } from './load-segment.ts';
import { SYSTEM_READ } from './linear-memory.ts';
import { canonical, Exception, Step, type Processor } from './processor.ts';
import { Stack } from './stack.ts';
import { switchTask } from './task.ts';

interface Transfer {
  readonly call: boolean;
  /** Bytes of a pushed word. */
  readonly size: 2 | 4 | 8;
  /** RIP behind the instruction. */
  readonly next: number;
  readonly length: number;
}

/** JMP or CALL to a far pointer. */
export function farTransfer(p: Processor, selector: number, offset: number, transfer: Transfer): Step {
  if (!p.protectedMode || p.virtual8086) return realTransfer(p, selector, offset, transfer);
  if (isNull(selector)) return failed(p.protection(0));
  const d = readDescriptor(p, selector);
  if (d === undefined) return Step.fault;
  const rights = rightsOf(d);
  if (isCode(rights)) return toCode(p, d, offset, transfer);
  const type = rights & 0x1f;
  if (p.longMode) return type === SystemType.callGate32 ? toGate(p, d, transfer) : failed(p.protection(selector));
  switch (type) {
    case SystemType.callGate16: case SystemType.callGate32: return toGate(p, d, transfer);
    case SystemType.taskGate: case SystemType.tss16: case SystemType.tss32: return toTask(p, d, transfer);
    default: return failed(p.protection(selector));
  }
}

const failed = (_: false): Step => Step.fault;
const notPresent = (p: Processor, selector: number): Step => failed(p.fault(Exception.notPresent, selector & 0xfffc));

function realTransfer(p: Processor, selector: number, offset: number, { call, size, next }: Transfer): Step {
  if (offset > p.segment('cs').limit) return failed(p.protection(0));
  if (call) {
    const stack = Stack.current(p);
    if (!stack.push(size, p.segment('cs').selector) || !stack.push(size, next)) return Step.fault;
    stack.commit();
  }
  if (p.virtual8086) p.setVirtualSegment('cs', selector);
  else loadReal(p, 'cs', selector);
  p.state.setHalves('rip', offset, 0);
  return Step.jump;
}

/** In IA-32e mode a code segment is 64-bit or has a default size, not both. */
const badLong = (p: Processor, rights: number): boolean => p.longMode && (rights & (RIGHTS.long | RIGHTS.big)) === (RIGHTS.long | RIGHTS.big);
const toLong = (p: Processor, rights: number): boolean => p.longMode && (rights & RIGHTS.long) !== 0;

/** Whether an offset is one of a code segment. */
const inside = (p: Processor, d: Descriptor, offset: number): boolean =>
  toLong(p, rightsOf(d)) ? canonical(offset) : (offset >>> 0) <= segmentOf(d).limit;

/** Loads CS with a checked descriptor at a privilege level. */
function putCode(p: Processor, d: Descriptor, level: number): void {
  const segment = segmentOf(d);
  p.state.setSegment('cs', { ...segment, selector: (d.selector & 0xfffc) | level, rights: segment.rights | RIGHTS.accessed });
  p.cpl = level;
}

function toCode(p: Processor, d: Descriptor, offset: number, { call, size, next }: Transfer): Step {
  const rights = rightsOf(d), dpl = dplOf(rights), { selector } = d;
  const allowed = isConforming(rights) ? dpl <= p.cpl : dpl === p.cpl && (selector & 3) <= p.cpl;
  if (!allowed || badLong(p, rights)) return failed(p.protection(selector));
  if (!isPresent(rights)) return notPresent(p, selector);
  const target = toLong(p, rights) ? offset : offset >>> 0;
  if (call) {
    const stack = Stack.current(p);
    if (!stack.push(size, p.segment('cs').selector) || !stack.pushNumber(size, next)) return Step.fault;
    if (!inside(p, d, target)) return failed(p.protection(0));
    if (!markDescriptor(p, d, RIGHTS.accessed)) return Step.fault;
    stack.commit();
  } else {
    if (!inside(p, d, target)) return failed(p.protection(0));
    if (!markDescriptor(p, d, RIGHTS.accessed)) return Step.fault;
  }
  putCode(p, d, p.cpl);
  p.rip = target;
  return Step.jump;
}

function toTask(p: Processor, d: Descriptor, { call, next, length }: Transfer): Step {
  const rights = rightsOf(d), dpl = dplOf(rights), { selector } = d;
  if (dpl < p.cpl || dpl < (selector & 3)) return failed(p.protection(selector));
  if (!isPresent(rights)) return notPresent(p, selector);
  const tss = (rights & 0x1f) === SystemType.taskGate ? taskOfGate(p, d) : d;
  if (tss === undefined) return Step.fault;
  const reason = call ? 'call' : 'jmp';
  if (p.control.intercepts('taskSwitch')) return intercept(p, length, { what: 'taskSwitch', selector: tss.selector, reason, errorCode: -1 });
  const rip = p.rip, from = p.segment('tr').base;
  p.state.setHalves('rip', next, 0);
  if (switchTask(p, tss, reason)) return Step.jump;
  // Before the switch the exception is this instruction's.
  if (p.segment('tr').base === from) p.rip = rip;
  return Step.fault;
}

/** The task state segment that a task gate names. */
function taskOfGate(p: Processor, gate: Descriptor): Descriptor | undefined {
  const selector = gate.low >>> 16;
  if ((selector & 4) !== 0) return void p.protection(selector);
  const d = readDescriptor(p, selector);
  if (d === undefined) return undefined;
  const type = rightsOf(d) & 0x1f;
  if (type !== SystemType.tss16 && type !== SystemType.tss32) return void p.protection(selector);
  if (!isPresent(rightsOf(d))) return void p.fault(Exception.notPresent, selector & 0xfffc);
  return d;
}

function toGate(p: Processor, gate: Descriptor, transfer: Transfer): Step {
  const rights = rightsOf(gate), dpl = dplOf(rights);
  if (dpl < p.cpl || dpl < (gate.selector & 3)) return failed(p.protection(gate.selector));
  if (!isPresent(rights)) return notPresent(p, gate.selector);
  const upper = p.longMode ? readUpperHalf(p, gate) : undefined;
  if (p.longMode && upper === undefined) return Step.fault;
  const selector = gate.low >>> 16, wide = (rights & 8) !== 0;
  const size = p.longMode ? 8 : wide ? 4 : 2;
  let offset = wide ? ((gate.high & 0xffff_0000) | (gate.low & 0xffff)) >>> 0 : gate.low & 0xffff;
  if (upper !== undefined) offset += upper.low * 2 ** 32;
  if (isNull(selector)) return failed(p.protection(0));
  const d = readDescriptor(p, selector);
  if (d === undefined) return Step.fault;
  const target = rightsOf(d);
  if (!isCode(target) || dplOf(target) > p.cpl) return failed(p.protection(selector));
  if (p.longMode && (!toLong(p, target) || badLong(p, target))) return failed(p.protection(selector));
  if (!transfer.call && !isConforming(target) && dplOf(target) !== p.cpl) return failed(p.protection(selector));
  if (!isPresent(target)) return notPresent(p, selector);
  if (!inside(p, d, offset)) return failed(p.protection(0));
  if (!markDescriptor(p, d, RIGHTS.accessed)) return Step.fault;
  const inner = transfer.call && !isConforming(target) && dplOf(target) < p.cpl;
  if (inner) return callInner(p, d, offset, { ...transfer, size }, gate.high & 31);
  if (transfer.call) {
    const stack = Stack.current(p);
    if (!stack.push(size, p.segment('cs').selector) || !stack.pushNumber(size, transfer.next)) return Step.fault;
    stack.commit();
  }
  putCode(p, d, p.cpl);
  p.rip = offset;
  return Step.jump;
}

/** A call to an inner level: stack switch, and parameters copied outside IA-32e mode. */
function callInner(p: Processor, d: Descriptor, offset: number, { size, next }: Transfer, count: number): Step {
  const level = dplOf(rightsOf(d)), old = p.cpl, ss = p.segment('ss'), { state } = p;
  const outer = Stack.current(p);
  let stack: Stack, segment = { selector: level, rights: RIGHTS.unusable | (level << RIGHTS.dplShift), limit: 0, base: 0n };
  if (p.longMode) {
    const tss = p.segment('tr'), at = 4 + 8 * level;
    if (at + 7 > tss.limit) return failed(p.fault(Exception.invalidTss, tss.selector & 0xfffc));
    if (!p.memory.load(Number(BigInt.asIntN(64, tss.base)) + at, 8, SYSTEM_READ)) return Step.fault;
    if (!canonical(p.memory.address)) return failed(p.fault(Exception.stack, 0));
    stack = new Stack(p, ss, p.memory.address, true);
  } else {
    const inner = innerStack(p, level);
    if (inner === undefined) return Step.fault;
    segment = inner.segment;
    stack = new Stack(p, segment, inner.pointer, false, segment.selector & 0xfffc);
  }
  const parameters: number[] = [];
  for (let i = 0; i < (p.longMode ? 0 : count); i++) {
    if (!outer.peek(i * size, size)) return Step.fault;
    parameters.push(p.memory.low);
  }
  p.cpl = level;
  const pushed = stack.push(size, ss.selector) && stack.push(size, state.low('rsp'), state.high('rsp'))
    && parameters.reverse().every((value) => stack.push(size, value))
    && stack.push(size, p.segment('cs').selector) && stack.pushNumber(size, next);
  p.cpl = old;
  if (!pushed) return Step.fault;
  state.setSegment('ss', segment);
  if (p.longMode) p.setAddress('rsp', stack.pointer);
  else stack.commit();
  putCode(p, d, level);
  p.rip = offset;
  return Step.jump;
}

