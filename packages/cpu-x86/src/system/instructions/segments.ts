/** MOV, PUSH, POP and LDS with segment registers; descriptor-table registers; LAR and its kin (Intel SDM vol. 2). */
import { Access, InterruptShadow } from '@polyvisor/core';
import { CR4, RFLAGS, SEGMENT_RIGHTS as RIGHTS } from '../../state/bits.ts';
import {
  dplOf, isConforming, isData, isCode, isNull, isPresent, isSystem, linearOf, markDescriptor, readUpperHalf, rightsOf, segmentOf, SystemType, type Descriptor,
} from '../descriptors.ts';
import { SYSTEM_READ } from '../linear-memory.ts';
import { intercept } from '../exits.ts';
import { loadSegment, type DataSegment } from '../load-segment.ts';
import {
  bytesOf, isLong, loadOperand, operandLinear, readOperand, registerLow, segmentName, setRegister, storeOperand, writeWord,
} from '../operands.ts';
import { canonical, Exception, Step, type Processor } from '../processor.ts';
import { Stack } from '../stack.ts';
import type { Instruction } from './instruction.ts';
import { privileged, retire } from './instruction.ts';

/** Loads of SS hold off interrupts and debug traps for one instruction (vol. 3A, 6.8.3). */
function shadow(p: Processor, name: string): void {
  if (name === 'ss') p.shadow = p.shadow | InterruptShadow.movSs;
}

export const movFromSegment: Instruction = (p, d) => retire(writeWord(p, d, p.segment(segmentName(d.reg & 7)).selector));

export const movToSegment: Instruction = (p, d) => {
  const name = segmentName(d.reg & 7);
  if (!readOperand(p, d, 2) || !loadSegment(p, name as DataSegment, p.memory.low & 0xffff)) return Step.fault;
  shadow(p, name);
  return Step.done;
};

const NAMED: Readonly<Record<string, DataSegment | 'cs'>> = { ES: 'es', CS: 'cs', SS: 'ss', DS: 'ds', FS: 'fs', GS: 'gs' };
export const pushSegment = (register: string): Instruction => (p, d) => {
  const stack = Stack.current(p), { selector } = p.segment(NAMED[register] ?? 'ds'), size = bytesOf(d);
  // A 32-bit push writes 16 bits of the selector and leaves the rest of its place alone, as processors do.
  if (!stack.push(size, selector, 0, size === 4 ? 2 : size)) return Step.fault;
  stack.commit();
  return Step.done;
};
export const popSegment = (register: string): Instruction => (p, d) => {
  const name = NAMED[register] as DataSegment, stack = Stack.current(p);
  if (!stack.pop(bytesOf(d)) || !loadSegment(p, name, p.memory.low & 0xffff)) return Step.fault;
  stack.commit();
  shadow(p, name);
  return Step.done;
};

/** LES, LDS, LSS, LFS and LGS. */
export const loadPointer = (register: string): Instruction => (p, d) => {
  const name = NAMED[register] as DataSegment, size = bytesOf(d);
  const linear = operandLinear(p, d, size + 2, Access.read);
  if (Number.isNaN(linear) || !loadOperand(p, d, linear, size)) return Step.fault;
  const { low, high } = p.memory;
  if (!loadOperand(p, d, isLong(d) ? linear + size : (linear + size) >>> 0, 2)) return Step.fault;
  if (!loadSegment(p, name, p.memory.low)) return Step.fault;
  setRegister(p, d.reg, d.operandSize, low, high);
  shadow(p, name);
  return Step.done;
};

/** UMIP: at CPL 3 these tell nothing of the system (vol. 3A, 2.5). */
const hidden = (p: Processor): boolean => (p.state.low('cr4') & CR4.UMIP) !== 0 && p.cpl > 0;

type Table = 'gdtr' | 'idtr';
const tableIntercept = (p: Processor, name: 'readGdtr' | 'readIdtr' | 'writeGdtr' | 'writeIdtr' | 'readLdtr' | 'readTr' | 'writeLdtr' | 'writeTr'): boolean =>
  p.control.intercepts(name);

export const storeTable = (table: Table): Instruction => (p, d) => {
  if (hidden(p)) return retire(p.protection(0));
  const wide = isLong(d), linear = operandLinear(p, d, wide ? 10 : 6, Access.write);
  if (Number.isNaN(linear)) return Step.fault;
  if (tableIntercept(p, table === 'gdtr' ? 'readGdtr' : 'readIdtr')) {
    return intercept(p, d.length, { what: 'descriptorTable', table, access: 'read', linear, general: -1 });
  }
  const base = table === 'gdtr' ? 'gdtrBase' : 'idtrBase', limit = p.state.word(table === 'gdtr' ? 'gdtrLimit' : 'idtrLimit');
  if (!p.memory.probe(linear, wide ? 10 : 6, Access.write)) return Step.fault;
  const stored = storeOperand(p, d, linear, 2, limit)
    && storeOperand(p, d, linear + 2, wide ? 8 : 4, p.state.low(base), p.state.high(base));
  return retire(stored);
};

export const loadTable = (table: Table): Instruction => (p, d) => {
  if (!privileged(p)) return Step.fault;
  const wide = isLong(d), linear = operandLinear(p, d, wide ? 10 : 6, Access.read);
  if (Number.isNaN(linear)) return Step.fault;
  if (tableIntercept(p, table === 'gdtr' ? 'writeGdtr' : 'writeIdtr')) {
    return intercept(p, d.length, { what: 'descriptorTable', table, access: 'write', linear, general: -1 });
  }
  if (!loadOperand(p, d, linear, 2)) return Step.fault;
  const limit = p.memory.low;
  if (!loadOperand(p, d, wide ? linear + 2 : (linear + 2) >>> 0, wide ? 8 : 4)) return Step.fault;
  if (wide && !canonical(p.memory.address)) return retire(p.protection(0));
  // With 16-bit operands the base has 24 bits.
  const low = !wide && d.operandSize === 16 ? p.memory.low & 0xff_ffff : p.memory.low;
  p.state.setHalves(table === 'gdtr' ? 'gdtrBase' : 'idtrBase', low, p.memory.high);
  p.state.setWord(table === 'gdtr' ? 'gdtrLimit' : 'idtrLimit', limit);
  return Step.done;
};

export const storeSelector = (register: 'ldtr' | 'tr'): Instruction => (p, d) => {
  if (hidden(p)) return retire(p.protection(0));
  if (tableIntercept(p, register === 'ldtr' ? 'readLdtr' : 'readTr')) return selectorIntercept(p, d, register, 'read');
  return retire(writeWord(p, d, p.segment(register).selector));
};

const selectorIntercept = (p: Processor, d: Parameters<Instruction>[1], table: 'ldtr' | 'tr', access: 'read' | 'write'): Step => {
  const linear = d.hasMemory !== 0 ? operandLinear(p, d, 2, access === 'read' ? Access.write : Access.read) : -1;
  if (Number.isNaN(linear)) return Step.fault;
  return intercept(p, d.length, { what: 'descriptorTable', table, access, linear, general: d.hasMemory !== 0 ? -1 : d.rm });
};

/** A system descriptor for LLDT and LTR, 16 bytes in IA-32e mode. */
function systemSegment(p: Processor, d: Descriptor): ReturnType<typeof segmentOf> | undefined {
  const segment = segmentOf(d);
  if (!p.longMode) return segment;
  const upper = readUpperHalf(p, d);
  if (upper === undefined) return undefined;
  const base = BigInt.asUintN(64, (BigInt(upper.low) << 32n) | segment.base);
  if (!canonical(Number(BigInt.asIntN(64, base)))) return void p.protection(d.selector);
  return { ...segment, base };
}

/** Descriptors of the global table only. */
function globalDescriptor(p: Processor, selector: number): Descriptor | undefined {
  if ((selector & 4) !== 0 || (selector & 0xfff8) + (p.longMode ? 15 : 7) > p.state.word('gdtrLimit')) return void p.protection(selector);
  const at = Number(BigInt.asIntN(64, p.state.get('gdtrBase'))) + (selector & 0xfff8);
  if (!p.memory.load(linearOf(p, at), 8, SYSTEM_READ)) return undefined;
  return { selector, low: p.memory.low, high: p.memory.high, at };
}

export const loadLdt: Instruction = (p, d) => {
  if (!privileged(p)) return Step.fault;
  if (tableIntercept(p, 'writeLdtr')) return selectorIntercept(p, d, 'ldtr', 'write');
  if (!readOperand(p, d, 2)) return Step.fault;
  const selector = p.memory.low;
  if (isNull(selector)) {
    p.clearSegment('ldtr', selector);
    return Step.done;
  }
  const descriptor = globalDescriptor(p, selector);
  if (descriptor === undefined) return Step.fault;
  const rights = rightsOf(descriptor);
  if ((rights & 0x1f) !== SystemType.ldt) return retire(p.protection(selector));
  if (!isPresent(rights)) return retire(p.fault(Exception.notPresent, selector & 0xfffc));
  const segment = systemSegment(p, descriptor);
  if (segment === undefined) return Step.fault;
  p.state.setSegment('ldtr', segment);
  return Step.done;
};

export const loadTask: Instruction = (p, d) => {
  if (!privileged(p)) return Step.fault;
  if (tableIntercept(p, 'writeTr')) return selectorIntercept(p, d, 'tr', 'write');
  if (!readOperand(p, d, 2)) return Step.fault;
  const selector = p.memory.low;
  if (isNull(selector)) return retire(p.protection(0));
  const descriptor = globalDescriptor(p, selector);
  if (descriptor === undefined) return Step.fault;
  const rights = rightsOf(descriptor), type = rights & 0x1f;
  if (type !== SystemType.tss32 && (p.longMode || type !== SystemType.tss16)) return retire(p.protection(selector));
  if (!isPresent(rights)) return retire(p.fault(Exception.notPresent, selector & 0xfffc));
  const segment = systemSegment(p, descriptor);
  if (segment === undefined || !markDescriptor(p, descriptor, 2)) return Step.fault;
  p.state.setSegment('tr', { ...segment, rights: segment.rights | 2 });
  return Step.done;
};

/** Reads a descriptor without faulting for selectors that name none; page faults stay. */
function quietDescriptor(p: Processor, selector: number): Descriptor | undefined | 'fault' {
  if (isNull(selector)) return undefined;
  const local = (selector & 4) !== 0, ldt = p.segment('ldtr');
  const limit = local ? ((ldt.rights & RIGHTS.unusable) !== 0 ? -1 : ldt.limit) : p.state.word('gdtrLimit');
  if ((selector & 0xfff8) + 7 > limit) return undefined;
  const at = Number(BigInt.asIntN(64, local ? ldt.base : p.state.get('gdtrBase'))) + (selector & 0xfff8);
  if (!p.memory.load(linearOf(p, at), 8, SYSTEM_READ)) return 'fault';
  return { selector, low: p.memory.low, high: p.memory.high, at };
}

const setZero = (p: Processor, on: boolean): Step => {
  p.flags = on ? p.flags | RFLAGS.ZF : p.flags & ~RFLAGS.ZF;
  return Step.done;
};

/** Whether code or data of this descriptor is visible at CPL and RPL. */
function visible(p: Processor, d: Descriptor): boolean {
  const rights = rightsOf(d);
  return isConforming(rights) || (dplOf(rights) >= p.cpl && dplOf(rights) >= (d.selector & 3));
}
/** System descriptors that LAR and LSL tell of (vol. 2A, tables of "LAR" and "LSL"). */
const LAR_LEGACY = new Set([1, 2, 3, 4, 5, 9, 11, 12]), LSL_LEGACY = new Set([1, 2, 3, 9, 11]);
const LAR_LONG = new Set([2, 9, 11, 12]), LSL_LONG = new Set([2, 9, 11]);

const tell = (known: (p: Processor) => ReadonlySet<number>, result: (d: Descriptor) => number): Instruction => (p, d) => {
  if (!readOperand(p, d, 2)) return Step.fault;
  const found = quietDescriptor(p, p.memory.low);
  if (found === 'fault') return Step.fault;
  if (found === undefined || (isSystem(rightsOf(found)) && !known(p).has(rightsOf(found) & 15)) || !visible(p, found)) return setZero(p, false);
  setRegister(p, d.reg, d.operandSize, result(found));
  return setZero(p, true);
};
export const loadAccessRights = tell((p) => (p.longMode ? LAR_LONG : LAR_LEGACY), (d) => d.high & 0x00ff_ff00);
export const loadSegmentLimit = tell((p) => (p.longMode ? LSL_LONG : LSL_LEGACY), (d) => segmentOf(d).limit | 0);

export const verify = (writing: boolean): Instruction => (p, d) => {
  if (!readOperand(p, d, 2)) return Step.fault;
  const found = quietDescriptor(p, p.memory.low);
  if (found === 'fault') return Step.fault;
  if (found === undefined) return setZero(p, false);
  const rights = rightsOf(found), bit = (rights & RIGHTS.writable) !== 0;
  const allowed = writing ? isData(rights) && bit : isData(rights) || (isCode(rights) && bit);
  return setZero(p, allowed && visible(p, found));
};

export const adjustRpl: Instruction = (p, d) => {
  const linear = d.hasMemory !== 0 ? operandLinear(p, d, 2, Access.read | Access.write) : -1;
  if (Number.isNaN(linear) || (linear >= 0 && !p.memory.probe(linear, 2, Access.write)) || !readOperand(p, d, 2)) return Step.fault;
  const selector = p.memory.low, rpl = registerLow(p, d.reg) & 3;
  if ((selector & 3) >= rpl) return setZero(p, false);
  const adjusted = (selector & ~3) | rpl;
  if (linear >= 0) {
    if (!storeOperand(p, d, linear, 2, adjusted)) return Step.fault;
  } else setRegister(p, d.rm, 16, adjusted);
  return setZero(p, true);
};
