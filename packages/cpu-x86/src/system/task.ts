/** Hardware task switches (Intel SDM vol. 3A, 7.3 and 7.4). They exist outside IA-32e mode only. */
import { GENERAL_REGISTERS, type SegmentName, type TaskSwitchIntercept } from '@polyvisor/core';
import { CR0, RFLAGS, SEGMENT_RIGHTS as RIGHTS } from '../state/bits.ts';
import {
  dplOf, isCode, isConforming, isData, isNull, isPresent, isWritableData, linearOf, markDescriptor, putSegment, readDescriptor, rightsOf,
  segmentOf, SystemType, type Descriptor,
} from './descriptors.ts';
import { SYSTEM_READ, SYSTEM_WRITE } from './linear-memory.ts';
import { Exception, type Processor } from './processor.ts';
import { Stack } from './stack.ts';

/** Offsets in a task state segment (figures 7-2 and 7-10). */
const TSS32 = { size: 104, cr3: 28, eip: 32, flags: 36, registers: 40, segments: 72, ldt: 96, trap: 100, word: 4 } as const;
const TSS16 = { size: 44, eip: 14, flags: 16, registers: 18, segments: 34, ldt: 42, word: 2 } as const;
const ORDER_32 = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const, ORDER_16 = ['es', 'cs', 'ss', 'ds'] as const;
const BUSY = 2;

export type SwitchReason = TaskSwitchIntercept['reason'];

interface Incoming {
  readonly cr3: number;
  readonly eip: number;
  readonly flags: number;
  readonly registers: readonly number[];
  readonly segments: readonly number[];
  readonly ldt: number;
  readonly trap: boolean;
}

/**
 * Switches to the task of a descriptor, whose type and presence were checked. `errorCode` is pushed on the new task's
 * stack unless it is −1. False when an exception is due: before the switch nothing has changed, behind it the new task
 * is there and the exception belongs to it.
 */
export function switchTask(p: Processor, to: Descriptor, reason: SwitchReason, errorCode = -1): boolean {
  const target = segmentOf(to), wide = (target.rights & 8) !== 0, layout = wide ? TSS32 : TSS16;
  if (target.limit < layout.size - 1) return p.fault(Exception.invalidTss, (to.selector & 0xfffc) | p.external);
  const { memory, state } = p;
  const old = p.segment('tr'), oldWide = (old.rights & 8) !== 0, oldLayout = oldWide ? TSS32 : TSS16;
  const oldAt = Number(old.base), newAt = Number(target.base);
  // What may fault comes first: both segments must be there.
  if (!memory.probe(linearOf(p, newAt), layout.size, SYSTEM_READ)) return false;
  if (!memory.probe(linearOf(p, oldAt), oldLayout.size, SYSTEM_WRITE)) return false;
  const incoming = read(p, newAt, wide);
  let flags = p.flags;
  if (reason === 'iret' || reason === 'jmp') {
    const busy = readDescriptor(p, old.selector);
    if (busy === undefined || !markDescriptor(p, busy, 0, BUSY)) return false;
    if (reason === 'iret') flags &= ~RFLAGS.NT;
  }
  save(p, oldAt, oldWide, flags);
  if (reason === 'call' || reason === 'gate') memory.store(linearOf(p, newAt), 2, old.selector, 0, SYSTEM_WRITE);
  if (reason !== 'iret' && !markDescriptor(p, to, BUSY)) return false;

  state.setHalves('cr0', state.low('cr0') | CR0.TS, 0);
  state.setSegment('tr', { ...target, rights: target.rights | BUSY });
  // Local breakpoints are of the old task.
  state.setHalves('dr7', state.low('dr7') & ~0x155, 0);
  if (wide && (state.low('cr0') & CR0.PG) !== 0 && !p.msrs.loadCr3(incoming.cr3)) return false;
  return enter(p, incoming, reason, wide) && (errorCode < 0 || pushError(p, wide, errorCode));
}

function save(p: Processor, at: number, wide: boolean, flags: number): void {
  const { memory, state } = p, layout = wide ? TSS32 : TSS16, size = layout.word;
  const put = (offset: number, value: number, bytes: 2 | 4 = size): void => void memory.store(linearOf(p, at + offset), bytes, value, 0, SYSTEM_WRITE);
  put(layout.eip, state.low('rip'));
  put(layout.flags, flags);
  for (let i = 0; i < 8; i++) put(layout.registers + i * size, state.low(GENERAL_REGISTERS[i]!));
  (wide ? ORDER_32 : ORDER_16).forEach((name, i) => put(layout.segments + i * size, p.segment(name).selector, 2));
}

function read(p: Processor, at: number, wide: boolean): Incoming {
  const { memory } = p, layout = wide ? TSS32 : TSS16, size = layout.word;
  const get = (offset: number, bytes: 2 | 4 = size): number => {
    memory.load(linearOf(p, at + offset), bytes, SYSTEM_READ);
    return memory.low;
  };
  return {
    cr3: wide ? get(TSS32.cr3) : 0, eip: get(layout.eip), flags: get(layout.flags),
    registers: Array.from({ length: 8 }, (_, i) => (wide ? get(layout.registers + i * 4) : get(layout.registers + i * 2) | 0xffff_0000)),
    segments: (wide ? ORDER_32 : ORDER_16).map((_, i) => get(layout.segments + i * size, 2)),
    ldt: get(layout.ldt, 2), trap: wide && (get(TSS32.trap, 2) & 1) !== 0,
  };
}

/** Loads what the new task has. An exception from here on is one of the new task. */
function enter(p: Processor, incoming: Incoming, reason: SwitchReason, wide: boolean): boolean {
  const { state } = p;
  state.setHalves('rip', incoming.eip, 0);
  const kept = wide ? 0x3f_7fd5 : 0x7fd5;
  p.flags = (incoming.flags & kept) | RFLAGS.one | (reason === 'call' || reason === 'gate' ? RFLAGS.NT : 0);
  incoming.registers.forEach((value, i) => state.setHalves(GENERAL_REGISTERS[i]!, value, 0));
  const names: readonly SegmentName[] = wide ? ORDER_32 : ORDER_16;
  const selectorOf = (name: SegmentName): number => incoming.segments[names.indexOf(name)] ?? 0;
  // Selectors first, hidden parts invalid: what is not loaded because of a fault must not be usable.
  for (const name of ORDER_32) p.clearSegment(name, selectorOf(name));
  p.clearSegment('ldtr', incoming.ldt);
  const cs = selectorOf('cs');
  const virtual = (p.flags & RFLAGS.VM) !== 0;
  p.cpl = virtual ? 3 : cs & 3;
  if (!loadLdt(p, incoming.ldt)) return false;
  if (virtual) for (const name of ORDER_32) p.setVirtualSegment(name, selectorOf(name));
  else if (!loadSegments(p, cs, selectorOf)) return false;
  if (incoming.trap) p.pendingDebug |= 1 << 15;
  if ((incoming.eip >>> 0) > p.segment('cs').limit) return p.fault(Exception.protection, p.external);
  return true;
}

function loadLdt(p: Processor, selector: number): boolean {
  if (isNull(selector)) return true;
  const code = (selector & 0xfffc) | p.external;
  if ((selector & 4) !== 0) return p.fault(Exception.invalidTss, code);
  const d = readDescriptor(p, selector, Exception.invalidTss);
  if (d === undefined) return false;
  if ((rightsOf(d) & 0x9f) !== (RIGHTS.present | SystemType.ldt)) return p.fault(Exception.invalidTss, code);
  p.state.setSegment('ldtr', segmentOf(d));
  return true;
}

function loadSegments(p: Processor, cs: number, selectorOf: (name: SegmentName) => number): boolean {
  const bad = (selector: number, vector: number = Exception.invalidTss): false => p.fault(vector, (selector & 0xfffc) | p.external);
  if (isNull(cs)) return bad(cs);
  const code = readDescriptor(p, cs, Exception.invalidTss);
  if (code === undefined) return false;
  const rights = rightsOf(code), rpl = cs & 3;
  if (!isCode(rights) || (isConforming(rights) ? dplOf(rights) > rpl : dplOf(rights) !== rpl)) return bad(cs);
  if (!isPresent(rights)) return bad(cs, Exception.notPresent);
  const ss = selectorOf('ss');
  if (isNull(ss)) return bad(ss);
  const stack = readDescriptor(p, ss, Exception.invalidTss);
  if (stack === undefined) return false;
  if ((ss & 3) !== p.cpl || dplOf(rightsOf(stack)) !== p.cpl || !isWritableData(rightsOf(stack))) return bad(ss);
  if (!isPresent(rightsOf(stack))) return bad(ss, Exception.stack);
  if (!putSegment(p, 'cs', code) || !putSegment(p, 'ss', stack)) return false;
  for (const name of ['ds', 'es', 'fs', 'gs'] as const) {
    const selector = selectorOf(name);
    if (isNull(selector)) continue;
    const d = readDescriptor(p, selector, Exception.invalidTss);
    if (d === undefined) return false;
    const r = rightsOf(d);
    if (!isData(r) && !(isCode(r) && (r & RIGHTS.readable) !== 0)) return bad(selector);
    if (!isConforming(r) && ((selector & 3) > dplOf(r) || p.cpl > dplOf(r))) return bad(selector);
    if (!isPresent(r)) return bad(selector, Exception.notPresent);
    if (!putSegment(p, name, d)) return false;
  }
  return true;
}

function pushError(p: Processor, wide: boolean, errorCode: number): boolean {
  const stack = Stack.current(p);
  if (!stack.push(wide ? 4 : 2, errorCode)) return false;
  stack.commit();
  return true;
}

