/** Operands of the instructions that TypeScript executes. */
import { Access, GENERAL_REGISTERS, QUAD_OFFSETS, type SegmentName } from '@polyvisor/core';
import { BASE, MODE, PREFIX } from '../decode/codes.ts';
import type { Decoded } from '../decode/decoded.ts';
import { SEGMENT_RIGHTS as RIGHTS } from '../state/bits.ts';
import { NOT_CANONICAL } from '../state/engine-layout.ts';
import { Exception, type Processor } from './processor.ts';

const NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;
export const segmentName = (n: number): (typeof NAMES)[number] => NAMES[n] ?? 'ds';

/** Low and high half of a general register. */
export const registerLow = (p: Processor, n: number): number => p.state.low(GENERAL_REGISTERS[n]!);
export const registerHigh = (p: Processor, n: number): number => p.state.high(GENERAL_REGISTERS[n]!);
/** Writes 16, 32 or 64 bits; 32 bits are zero-extended. */
export function setRegister(p: Processor, n: number, bits: number, low: number, high = 0): void {
  const name = GENERAL_REGISTERS[n]!;
  if (bits === 16) p.state.view.setInt16(QUAD_OFFSETS[name], low, true);
  else p.state.setHalves(name, low, bits === 64 ? high : 0);
}
/** Writes AL, AX or EAX as the result of IN and the like. */
export function setAccumulator(p: Processor, bytes: number, value: number): void {
  const at = QUAD_OFFSETS.rax;
  if (bytes === 1) p.state.view.setInt8(at, value);
  else if (bytes === 2) p.state.view.setInt16(at, value, true);
  else p.state.setHalves('rax', value, 0);
}

/** An offset cut to the address size, as a number: signed with 64 bits. */
export function cutAddress(value: bigint, bits: number): number {
  return bits === 64 ? Number(BigInt.asIntN(64, value)) : Number(BigInt.asUintN(bits, value));
}

/** The effective address of the memory operand. */
export function effectiveAddress(p: Processor, d: Decoded): number {
  let sum = BigInt(d.disp);
  if (d.base === BASE.RIP) sum += p.state.get('rip') + BigInt(d.length);
  else if (d.base >= 0) sum += p.state.get(GENERAL_REGISTERS[d.base]!);
  if (d.index >= 0) sum += p.state.get(GENERAL_REGISTERS[d.index]!) << BigInt(d.scale);
  return cutAddress(sum, d.addressSize);
}

/**
 * Linear address of `bytes` bytes at an offset of a segment, checked for an access; NaN when an exception is due.
 * `code` is the error code of #SS and #GP.
 */
export function segmentLinear(p: Processor, name: SegmentName, offset: number, bytes: number, access: number): number {
  const vector = name === 'ss' ? Exception.stack : Exception.protection;
  const segment = p.segment(name);
  if (p.code64) {
    const base = name === 'fs' || name === 'gs' ? segment.base : 0n;
    const linear = BigInt.asIntN(64, BigInt(offset) + base);
    if (BigInt.asIntN(48, linear) === linear) return Number(linear);
    p.fault(vector, 0);
    return NaN;
  }
  const { rights, limit } = segment, last = offset + bytes - 1;
  const plain = !p.protectedMode || p.virtual8086;
  const isCode = (rights & RIGHTS.code) !== 0, writing = (access & Access.write) !== 0;
  const allowed = plain || (writing ? !isCode && (rights & RIGHTS.writable) !== 0 : !isCode || (rights & RIGHTS.readable) !== 0);
  const down = (rights & (RIGHTS.code | RIGHTS.expandDown)) === RIGHTS.expandDown;
  const top = (rights & RIGHTS.big) !== 0 ? 0xffff_ffff : 0xffff;
  const inside = down ? offset > limit && last <= top : last <= limit;
  if (allowed && inside && (rights & RIGHTS.unusable) === 0) return (Number(segment.base) + offset) >>> 0;
  p.fault(vector, 0);
  return NaN;
}

/** Linear address of the memory operand, `offset` bytes into it; NaN when an exception is due. */
export function operandLinear(p: Processor, d: Decoded, bytes: number, access: number, offset = 0): number {
  const at = effectiveAddress(p, d) + offset;
  return segmentLinear(p, segmentName(d.segment), d.addressSize === 64 ? at : d.addressSize === 32 ? at >>> 0 : at & 0xffff, bytes, access);
}

/** Reads a register or memory operand of 16, 32 or 64 bits into the processor's memory halves. */
export function readOperand(p: Processor, d: Decoded, bytes: 1 | 2 | 4 | 8): boolean {
  if (d.hasMemory === 0) {
    const low = registerLow(p, d.rm);
    p.memory.low = bytes === 2 ? low & 0xffff : bytes === 1 ? low & 0xff : low;
    p.memory.high = bytes === 8 ? registerHigh(p, d.rm) : 0;
    return true;
  }
  const linear = operandLinear(p, d, bytes, Access.read);
  return !Number.isNaN(linear) && loadOperand(p, d, linear, bytes);
}

/** Loads from a checked linear address; a second page that is not canonical is told by the segment. */
export function loadOperand(p: Processor, d: Decoded, linear: number, bytes: 1 | 2 | 4 | 8): boolean {
  return p.memory.load(linear, bytes) || notCanonical(p, d.segment);
}
export function storeOperand(p: Processor, d: Decoded, linear: number, bytes: 1 | 2 | 4 | 8, low: number, high = 0): boolean {
  return p.memory.store(linear, bytes, low, high) || notCanonical(p, d.segment);
}
function notCanonical(p: Processor, segment: number): false {
  if (p.faultVector === NOT_CANONICAL) p.fault(segment === 2 ? Exception.stack : Exception.protection, 0);
  return false;
}

/** Writes a 16-bit value: to memory as 16 bits, to a register of the operand size zero-extended (SLDT, STR, SMSW). */
export function writeWord(p: Processor, d: Decoded, value: number, high = 0): boolean {
  if (d.hasMemory === 0) {
    setRegister(p, d.rm, d.operandSize, value, high);
    return true;
  }
  const linear = operandLinear(p, d, 2, Access.write);
  return !Number.isNaN(linear) && storeOperand(p, d, linear, 2, value & 0xffff);
}

export const isLong = (d: Decoded): boolean => (d.mode & MODE.BITS64) !== 0;
export const isRepeated = (d: Decoded): boolean => (d.prefixes & (PREFIX.REP | PREFIX.REPNE)) !== 0;
/** Bytes of the operand size. */
export const bytesOf = (d: Decoded): 2 | 4 | 8 => (d.operandSize / 8) as 2 | 4 | 8;
/** RIP behind an instruction. */
export function nextRip(p: Processor, d: Decoded): number {
  const next = p.rip + d.length;
  return p.code64 ? next : next >>> 0;
}
