/** Delivery of interrupts and exceptions (Intel SDM vol. 3A, 6.12 and 6.14; 20.1.4 and 20.3 for real and virtual-8086 mode). */
import type { Segment } from '@polyvisor/core';
import { RFLAGS, SEGMENT_RIGHTS as RIGHTS } from '../state/bits.ts';
import {
  dplOf, isCode, isConforming, isNull, isPresent, linearOf, markDescriptor, readDescriptor, rightsOf, segmentOf, SystemType, type Descriptor,
} from './descriptors.ts';
import { intercept } from './exits.ts';
import { clearsInterruptFlag, readGate, type Gate } from './gate.ts';
import { SYSTEM_READ } from './linear-memory.ts';
import { readStackSegment } from './load-segment.ts';
import { canonical, Exception, EXTERNAL, type Processor } from './processor.ts';
import { Stack } from './stack.ts';
import { switchTask } from './task.ts';

/** An event to deliver. RIP in the state is the one to return to. */
export interface Event {
  readonly vector: number;
  /** −1: none. */
  readonly errorCode: number;
  /** INT n, INT3 and INTO: the gate's privilege is checked, and errors are not external. */
  readonly software: boolean;
  /** RF in the pushed flags: for faults, so that an instruction breakpoint does not come twice. */
  readonly resume: boolean;
}

/** Enters an event's handler; false when an exception or an exit (`p.exit`) came on the way, and then nothing has changed. */
export function deliver(p: Processor, event: Event): boolean {
  p.external = event.software ? 0 : EXTERNAL;
  const delivered = p.protectedMode ? deliverProtected(p, event) : deliverReal(p, event.vector);
  p.external = 0;
  if (delivered) {
    // Blocking by STI and MOV SS ends; by NMI it lasts.
    p.shadow = p.shadow & ~3;
    // The handler is not traced: TF is clear, and the instruction that came here is not traced either.
    p.tracing = false;
    if (event.vector === Exception.debug && !event.software) takePendingDebug(p);
  }
  return delivered;
}

/**
 * A debug exception reports what MOV SS held back, too. A second one at once would meet its handler before the first
 * instruction, on the same stack of the interrupt stack table, and the way back would be lost (INT1 behind MOV SS).
 */
function takePendingDebug(p: Processor): void {
  if (p.pendingDebug === 0) return;
  p.state.setHalves('dr6', p.state.low('dr6') | p.pendingDebug, 0);
  p.pendingDebug = 0;
}

/** Real-address mode: the table of far pointers. There are no error codes. */
function deliverReal(p: Processor, vector: number): boolean {
  if (vector * 4 + 3 > p.state.word('idtrLimit')) return p.fault(Exception.protection, 0);
  const base = Number(p.state.get('idtrBase')), { memory } = p;
  if (!memory.load((base + vector * 4) >>> 0, 4, SYSTEM_READ)) return false;
  const pointer = memory.low, stack = Stack.current(p);
  const cs = p.segment('cs');
  if (!stack.push(2, p.flags) || !stack.push(2, cs.selector) || !stack.push(2, p.state.low('rip'))) return false;
  stack.commit();
  const selector = pointer >>> 16;
  p.state.setSegment('cs', { ...cs, selector, base: BigInt(selector << 4) });
  p.state.setHalves('rip', pointer & 0xffff, 0);
  p.flags &= ~(RFLAGS.IF | RFLAGS.TF | RFLAGS.AC | RFLAGS.RF);
  return true;
}

function deliverProtected(p: Processor, event: Event): boolean {
  const gate = readGate(p, event.vector, event.software);
  if (gate === undefined) return false;
  if (gate.type === SystemType.taskGate) return deliverToTask(p, event, gate);
  if (isNull(gate.selector)) return p.fault(Exception.protection, p.external);
  const d = readDescriptor(p, gate.selector);
  if (d === undefined) return false;
  const rights = rightsOf(d), dpl = dplOf(rights);
  if (!isCode(rights) || dpl > p.cpl) return p.protection(gate.selector);
  // In IA-32e mode handlers are 64-bit code.
  if (p.longMode && ((rights & RIGHTS.long) === 0 || (rights & RIGHTS.big) !== 0)) return p.protection(gate.selector);
  if (!isPresent(rights)) return p.fault(Exception.notPresent, (gate.selector & 0xfffc) | p.external);
  const level = isConforming(rights) ? p.cpl : dpl;
  // From virtual-8086 mode handlers run at CPL 0.
  if (p.virtual8086 && level !== 0) return p.protection(gate.selector);
  return p.longMode ? enterLong(p, event, gate, d, level) : enterLegacy(p, event, gate, d, level);
}

function deliverToTask(p: Processor, event: Event, gate: Gate): boolean {
  const d = readDescriptor(p, gate.selector);
  if (d === undefined) return false;
  const type = rightsOf(d) & 0x1f;
  if ((gate.selector & 4) !== 0 || (type !== SystemType.tss16 && type !== SystemType.tss32)) return p.protection(gate.selector);
  if (!isPresent(rightsOf(d))) return p.fault(Exception.notPresent, (gate.selector & 0xfffc) | p.external);
  if (p.control.intercepts('taskSwitch')) {
    intercept(p, 0, { what: 'taskSwitch', selector: gate.selector, reason: 'gate', errorCode: event.errorCode });
    return false;
  }
  return switchTask(p, d, 'gate', event.errorCode);
}

const pushedFlags = (p: Processor, event: Event): number => (event.resume ? p.flags | RFLAGS.RF : p.flags);

/** The new state, all checks and pushes being done. */
function enterHandler(p: Processor, gate: Gate, code: Descriptor, level: number): void {
  const selector = (gate.selector & 0xfffc) | level;
  const segment = segmentOf(code);
  p.state.setSegment('cs', { ...segment, selector, rights: segment.rights | RIGHTS.accessed });
  p.cpl = level;
  p.rip = gate.offset;
  p.flags &= ~(RFLAGS.TF | RFLAGS.VM | RFLAGS.RF | RFLAGS.NT | (clearsInterruptFlag(gate) ? RFLAGS.IF : 0));
}

/** IA-32e mode: the frame always has SS and RSP, and the stack is aligned (6.14.2, 6.14.4, 6.14.5). */
function enterLong(p: Processor, event: Event, gate: Gate, code: Descriptor, level: number): boolean {
  const old = p.cpl, switches = level < old;
  let pointer = p.address('rsp');
  if (gate.stack > 0 || switches) {
    const at = gate.stack > 0 ? 36 + 8 * (gate.stack - 1) : 4 + 8 * level;
    const tss = p.segment('tr');
    if (at + 7 > tss.limit) return p.fault(Exception.invalidTss, (tss.selector & 0xfffc) | p.external);
    if (!p.memory.load(Number(BigInt.asIntN(64, tss.base)) + at, 8, SYSTEM_READ)) return false;
    pointer = p.memory.address;
    if (!canonical(pointer)) return p.fault(Exception.stack, p.external);
  }
  if (!canonical(gate.offset)) return p.fault(Exception.protection, p.external);
  if (!markDescriptor(p, code, RIGHTS.accessed)) return false;
  const stack = new Stack(p, p.segment('ss'), pointer - (((pointer % 16) + 16) % 16), true, p.external);
  const { state } = p;
  p.cpl = level;
  const pushed = stack.push(8, p.segment('ss').selector) && stack.push(8, state.low('rsp'), state.high('rsp'))
    && stack.push(8, pushedFlags(p, event)) && stack.push(8, p.segment('cs').selector)
    && stack.push(8, state.low('rip'), state.high('rip')) && (event.errorCode < 0 || stack.push(8, event.errorCode));
  p.cpl = old;
  if (!pushed) return false;
  if (switches) p.state.setSegment('ss', { selector: level, rights: RIGHTS.unusable | (level << RIGHTS.dplShift), limit: 0, base: 0n });
  p.setAddress('rsp', stack.pointer);
  enterHandler(p, gate, code, level);
  return true;
}

/** The stack for an inner level from the task state segment: `undefined` when an exception is due. */
export function innerStack(p: Processor, level: number): { segment: Segment; pointer: number } | undefined {
  const tss = p.segment('tr'), wide = (tss.rights & 8) !== 0;
  const at = wide ? 4 + 8 * level : 2 + 4 * level, size = wide ? 4 : 2;
  if (at + size + 1 > tss.limit) return void p.fault(Exception.invalidTss, (tss.selector & 0xfffc) | p.external);
  const base = Number(tss.base), { memory } = p;
  if (!memory.load(linearOf(p, base + at), size, SYSTEM_READ)) return undefined;
  const pointer = memory.low >>> 0;
  if (!memory.load(linearOf(p, base + at + size), 2, SYSTEM_READ)) return undefined;
  const segment = readStackSegment(p, memory.low, level, Exception.invalidTss);
  return segment && { segment, pointer };
}

function enterLegacy(p: Processor, event: Event, gate: Gate, code: Descriptor, level: number): boolean {
  const old = p.cpl, { size } = gate, { state } = p;
  const ss = p.segment('ss'), switches = level < old;
  const inner = switches ? innerStack(p, level) : undefined;
  if (switches && inner === undefined) return false;
  if (gate.offset > segmentOf(code).limit) return p.fault(Exception.protection, p.external);
  if (!markDescriptor(p, code, RIGHTS.accessed)) return false;
  const errorOfStack = (switches ? (inner?.segment.selector ?? 0) & 0xfffc : 0) | p.external;
  const stack = inner === undefined ? new Stack(p, ss, p.address('rsp'), false, errorOfStack)
    : new Stack(p, inner.segment, inner.pointer, false, errorOfStack);
  p.cpl = level;
  const virtual = p.virtual8086;
  const saved = !virtual || (['gs', 'fs', 'ds', 'es'] as const).every((name) => stack.push(size as 2 | 4, p.segment(name).selector));
  const outer = !switches || (saved && stack.push(size, ss.selector) && stack.push(size, state.low('rsp')));
  const pushed = saved && outer && stack.push(size, pushedFlags(p, event)) && stack.push(size, p.segment('cs').selector)
    && stack.push(size, state.low('rip')) && (event.errorCode < 0 || stack.push(size, event.errorCode));
  p.cpl = old;
  if (!pushed) return false;
  if (inner !== undefined) state.setSegment('ss', inner.segment);
  if (virtual) for (const name of ['gs', 'fs', 'ds', 'es'] as const) p.clearSegment(name);
  stack.commit();
  enterHandler(p, gate, code, level);
  return true;
}
