/** From a decoded instruction to a µop. */
import { SEGMENT_AT, SEGMENT_OFFSETS } from '@polyvisor/core';
import { BASE, MODE, SEGMENT } from '../decode/codes.ts';
import type { Decoded } from '../decode/decoded.ts';
import { resolveOperand } from '../decode/operands.ts';
import { ENGINE } from '../state/engine-layout.ts';
import { rows } from '../tables/rows.ts';
import type { Row } from '../tables/types.ts';
import { type Plan, planOf, systemPlan } from './plans.ts';
import { PSEUDO } from './pseudo.ts';
import { accessChecks, MANY_ACCESSES, type AccessCheck } from './checks.ts';
import { MODE_BIT } from './mode.ts';
import { STACK16, STACK_SEGMENT, UOP, UOP_SIZE } from './record.ts';
import { escapeOpcode } from './state-operands.ts';
import { registerPlace } from './vector-shapes.ts';

const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;
/** Most µops that one instruction becomes. */
export const MAX_UOPS = 6;

/** Byte offset of a segment's base; in 64-bit mode only FS and GS have one (Intel SDM vol. 1, 3.4.2.1). */
export function segmentBase(segment: number, long: boolean): number {
  const name = SEGMENT_NAMES[segment];
  if (name === undefined || (long && segment < SEGMENT.FS)) return ENGINE.zero;
  return SEGMENT_AT[name] + SEGMENT_OFFSETS.base;
}

/** What takes an instruction's place when its unit is switched off (SDM vol. 2A, 2.5; vol. 3A, table 2-2, 13.1). */
function switchedOff(row: Row, mode: number): number {
  const bit = (mask: number): boolean => (mode & mask) !== 0;
  const vector = row.operands.some((o) => o.kind.registers === 'vec'), mmx = row.operands.some((o) => o.kind.registers === 'mmx');
  if (row.mnemonic === 'WAIT') return bit(MODE_BIT.noWait) ? PSEUDO.unavailable : -1;
  if (row.vex && row.family !== 'bmi') return bit(MODE_BIT.noAvx) ? PSEUDO.invalid : bit(MODE_BIT.sseUnavailable) ? PSEUDO.unavailable : -1;
  if (row.exceptions === 'x87' || /^FX(SAVE|RSTOR)/.test(row.mnemonic)) return bit(MODE_BIT.noX87) ? PSEUDO.unavailable : -1;
  if (row.family === 'mmx' || (mmx && !vector)) return bit(MODE_BIT.noMmx) ? PSEUDO.invalid : bit(MODE_BIT.noX87) ? PSEUDO.unavailable : -1;
  if (/^X(SAVE|RSTOR)/.test(row.mnemonic)) return bit(MODE_BIT.noXsave) ? PSEUDO.invalid : bit(MODE_BIT.sseUnavailable) ? PSEUDO.unavailable : -1;
  if (vector || mmx || /^(LD|ST)MXCSR$/.test(row.mnemonic)) {
    return bit(MODE_BIT.noSse) ? PSEUDO.invalid : bit(MODE_BIT.sseUnavailable) ? PSEUDO.unavailable : -1;
  }
  return -1;
}

/** What was compiled. */
export interface Compiled {
  readonly handler: number;
  readonly spec: Plan | undefined;
  /** Address behind the last µop: checks come in front of the instruction's own. */
  readonly end: number;
}

/** Where in a page a relative branch goes, or a distance beyond it; cut to 16 bits by the handler. */
const isNear = (d: Decoded, target: number): boolean =>
  d.operandSize !== 16 && target >= 0 && target < 4096;

/**
 * Writes the µops for `d`, which lies at `offset` of its page, to `at`: checks, then its own. `apart` says that it is not reached through the
 * page's map (it crosses into the next page), so that its branches name their target in full.
 */
export function compileUop(view: DataView, at: number, d: Decoded, offset: number, mode: number, apart: boolean): Compiled {
  const row = rows[d.row];
  if (row === undefined) throw new Error(`no row ${d.row}`);
  const long = (mode & MODE.BITS64) !== 0;
  const relative = row.operands.some((o) => o.kind.source === 'rel');
  const target = offset + d.length + d.imm;
  const near = relative && !apart && (mode & MODE_BIT.limited) === 0 && isNear(d, target);
  const segment = segmentBase(d.segment, long);
  const displacement = d.disp + (d.base === BASE.RIP ? offset + d.length : 0);
  const fits = displacement === (displacement | 0);
  const spec = planOf(d, near, segment === ENGINE.zero && long && fits);
  if ((mode & MODE_BIT.edge) !== 0) at = writeHead(view, at, d, offset, PSEUDO.limit);
  const off = switchedOff(row, mode);
  if (spec === undefined || off >= 0) {
    const instead = off >= 0 ? off : PSEUDO.unimplemented;
    return { handler: instead, spec: undefined, end: writeHead(view, at, d, offset, instead) };
  }
  if ((mode & MODE_BIT.checked) !== 0 && MANY_ACCESSES.test(spec.meaning)) {
    return { handler: systemPlan.number, spec: systemPlan, end: writeHead(view, at, d, offset, systemPlan.number) };
  }
  for (const check of accessChecks(row, d, spec, mode)) at = writeCheck(view, at, d, offset, check);
  writeHead(view, at, d, offset, spec.number);
  view.setUint8(at + UOP.scale, d.scale | ((mode & MODE_BIT.stack16) !== 0 ? STACK16 : 0) | (d.hasMemory !== 0 && d.segment === SEGMENT.SS ? STACK_SEGMENT : 0));
  writeAddress(view, at, d, spec, segment, displacement);
  const fields = [UOP.dst, UOP.src, UOP.base];
  let field = 0;
  if (spec.operands.length > 0) {
    for (const operand of row.operands) {
      const resolved = resolveOperand(operand, d);
      const place = registerPlace(operand.kind.registers, resolved.register);
      // A register that an immediate names has no field of its own: it stays in the immediate's place.
      if (operand.kind.source === 'is4') view.setUint16(at + UOP.immediate, place, true);
      else if (resolved.form === 1) view.setUint16(at + (fields[field++] ?? UOP.src), place, true);
    }
  }
  if (row.operands.some((o) => o.kind.source === 'string-dst')) view.setUint16(at + UOP.dst, segmentBase(SEGMENT.ES, long), true);
  view.setUint8(at + UOP.addressShift, 64 - d.addressSize);
  view.setUint8(at + UOP.linearShift, long ? 0 : 32);
  writeImmediate(view, at, d, relative, target, spec);
  return { handler: spec.number, spec, end: at + UOP_SIZE };
}

/** Writes what every µop has, and gives the address behind it. */
function writeHead(view: DataView, at: number, d: Decoded, offset: number, handler: number): number {
  view.setUint16(at + UOP.handler, handler, true);
  view.setUint16(at + UOP.offset, offset, true);
  view.setUint8(at + UOP.length, d.length);
  view.setUint8(at + UOP.scale, 0);
  return at + UOP_SIZE;
}

function writeCheck(view: DataView, at: number, d: Decoded, offset: number, check: AccessCheck): number {
  const end = writeHead(view, at, d, offset, PSEUDO.segment);
  view.setUint8(at + UOP.scale, check.scale | (check.segment === SEGMENT.SS ? STACK_SEGMENT : 0));
  view.setUint16(at + UOP.base, check.base, true);
  view.setUint16(at + UOP.index, check.index, true);
  view.setUint16(at + UOP.segment, segmentBase(check.segment, false), true);
  view.setInt32(at + UOP.displacement, check.displacement, true);
  view.setUint8(at + UOP.addressShift, 64 - check.addressBits);
  view.setInt32(at + UOP.immediate, check.kind, true);
  return end;
}

function writeAddress(view: DataView, at: number, d: Decoded, spec: Plan, segment: number, displacement: number): void {
  const relative = d.base === BASE.RIP;
  view.setUint16(at + UOP.base, relative ? ENGINE.ripPage : d.base >= 0 ? registerPlace('gpr', d.base) : ENGINE.zero, true);
  view.setUint16(at + UOP.index, d.index >= 0 ? registerPlace(spec.form === 'x' ? 'vec' : 'gpr', d.index) : ENGINE.zero, true);
  view.setUint16(at + UOP.segment, segment, true);
  // A general address adds the distance from the page's start itself, in 64 bits.
  const whole = spec.form === 'b';
  // POP to memory forms its address after the stack pointer has moved (SDM vol. 2B, "POP").
  const popped = spec.meaning === 'POP' && d.base === 4 ? spec.size / 8 : 0;
  view.setInt32(at + UOP.displacement, (whole ? displacement : d.disp) + popped, true);
  view.setUint16(at + UOP.ripDelta, relative && !whole ? view.getUint16(at + UOP.offset, true) + d.length : 0, true);
}

function writeImmediate(view: DataView, at: number, d: Decoded, relative: boolean, target: number, spec: Plan): void {
  if (spec.operands.some((o) => o.kind === 'l')) return;
  let low = d.imm, high = d.immHigh;
  if (relative) {
    low = target | 0;
    high = Math.floor(target / 0x1_0000_0000);
  } else if (spec.form === 'o') {
    low = d.disp;
    high = d.dispHigh;
  } else if (rows[d.row]?.family === 'x87') {
    low = escapeOpcode(d);
  } else if (rows[d.row]?.operands.some((o) => o.kind.source === 'one') === true) {
    low = 1;
    high = 0;
  }
  if (spec.meaning === 'ENTER') view.setInt32(at + UOP.displacement, d.imm2, true);
  view.setInt32(at + UOP.immediate, low, true);
  view.setInt32(at + UOP.immediate + 4, high, true);
}

/** Whether the instruction after this one is not reached by falling through. */
export const endsRun = (spec: Plan | undefined): boolean => spec === undefined || spec.ends;
