/** Segment descriptors (Intel SDM vol. 3A, 3.4.5, 3.5, 7.2). */
import type { Segment, SegmentName } from '@polyvisor/core';
import { SEGMENT_RIGHTS as RIGHTS } from '../state/bits.ts';
import { SYSTEM_READ, SYSTEM_WRITE } from './linear-memory.ts';
import { Exception, type Processor } from './processor.ts';

/** Types of system descriptors (vol. 3A, table 3-2). */
export const SystemType = {
  tss16: 1, ldt: 2, busyTss16: 3, callGate16: 4, taskGate: 5, interruptGate16: 6, trapGate16: 7,
  tss32: 9, busyTss32: 11, callGate32: 12, interruptGate32: 14, trapGate32: 15,
} as const;

/** A descriptor as read: the two halves of its first eight bytes, and where it stands. */
export interface Descriptor {
  readonly selector: number;
  readonly low: number;
  readonly high: number;
  /** Linear address. */
  readonly at: number;
}

export const rightsOf = (d: Descriptor): number => (d.high >>> 8) & 0xf0ff;
export const dplOf = (rights: number): number => (rights >> RIGHTS.dplShift) & 3;
export const isPresent = (rights: number): boolean => (rights & RIGHTS.present) !== 0;
export const isCode = (rights: number): boolean => (rights & (RIGHTS.ordinary | RIGHTS.code)) === (RIGHTS.ordinary | RIGHTS.code);
export const isData = (rights: number): boolean => (rights & (RIGHTS.ordinary | RIGHTS.code)) === RIGHTS.ordinary;
export const isSystem = (rights: number): boolean => (rights & RIGHTS.ordinary) === 0;
export const isConforming = (rights: number): boolean => isCode(rights) && (rights & RIGHTS.conforming) !== 0;
export const isWritableData = (rights: number): boolean => isData(rights) && (rights & RIGHTS.writable) !== 0;
export const isNull = (selector: number): boolean => (selector & 0xfffc) === 0;

/** Base, limit in bytes and rights of a code or data descriptor, or of an eight-byte system one. */
export function segmentOf(d: Descriptor): Segment {
  const base = ((d.low >>> 16) | ((d.high & 0xff) << 16) | (d.high & 0xff00_0000)) >>> 0;
  const raw = (d.low & 0xffff) | (d.high & 0xf_0000);
  const limit = (d.high & 0x80_0000) !== 0 ? ((raw << 12) | 0xfff) >>> 0 : raw;
  return { selector: d.selector, rights: rightsOf(d), limit, base: BigInt(base) };
}

/** Linear address of a selector's descriptor of `size` bytes, or −1 when it lies outside its table. */
function descriptorAddress(p: Processor, selector: number, size: number): number {
  const index = selector & 0xfff8;
  if ((selector & 4) === 0) {
    return index + size - 1 > p.state.word('gdtrLimit') ? -1 : Number(BigInt.asIntN(64, p.state.get('gdtrBase'))) + index;
  }
  const ldt = p.segment('ldtr');
  return (ldt.rights & RIGHTS.unusable) !== 0 || index + size - 1 > ldt.limit ? -1 : Number(BigInt.asIntN(64, ldt.base)) + index;
}

/** Reads a selector's descriptor; outside its table `vector` with the selector is due. */
export function readDescriptor(p: Processor, selector: number, vector: number = Exception.protection): Descriptor | undefined {
  const at = descriptorAddress(p, selector, 8);
  if (at === -1) {
    p.fault(vector, (selector & 0xfffc) | p.external);
    return undefined;
  }
  const { memory } = p;
  if (!memory.load(linearOf(p, at), 8, SYSTEM_READ)) return undefined;
  return { selector, low: memory.low, high: memory.high, at };
}

/** The upper half of a 16-byte descriptor of IA-32e mode. */
export function readUpperHalf(p: Processor, d: Descriptor): { low: number; high: number } | undefined {
  if (descriptorAddress(p, d.selector, 16) === -1) {
    p.protection(d.selector);
    return undefined;
  }
  if (!p.memory.load(linearOf(p, d.at + 8), 8, SYSTEM_READ)) return undefined;
  const { low, high } = p.memory;
  // Bits 12 to 8 of its last word would be the type of a descriptor there (vol. 3A, 7.2.3).
  if ((high & 0x1f00) !== 0) {
    p.protection(d.selector);
    return undefined;
  }
  return { low, high };
}

/** Linear addresses outside IA-32e mode have 32 bits. */
export const linearOf = (p: Processor, at: number): number => (p.longMode ? at : at >>> 0);

/** Sets bits in the byte of a descriptor that holds its type, for the accessed and busy bits. */
export function markDescriptor(p: Processor, d: Descriptor, set: number, clear = 0): boolean {
  const type = (d.high >>> 8) & 0xff, marked = (type | set) & ~clear;
  return marked === type || p.memory.store(linearOf(p, d.at + 5), 1, marked, 0, SYSTEM_WRITE);
}

/** Puts a descriptor into a segment register and marks it accessed. */
export function putSegment(p: Processor, name: SegmentName, d: Descriptor, selector = d.selector): boolean {
  if (!markDescriptor(p, d, RIGHTS.accessed)) return false;
  const segment = segmentOf(d);
  p.state.setSegment(name, { ...segment, selector, rights: segment.rights | RIGHTS.accessed });
  return true;
}
