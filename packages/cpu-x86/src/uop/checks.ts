/**
 * Accesses that must be checked against their segments before an instruction runs: for each a µop in front of the
 * instruction's own. They exist only where segments are not flat, so that flat code pays nothing.
 */
import { QUAD_OFFSETS } from '@polyvisor/core';
import { MODE, PREFIX, SEGMENT } from '../decode/codes.ts';
import type { Decoded } from '../decode/decoded.ts';
import { sizeInBits } from '../decode/operands.ts';
import { ENGINE } from '../state/engine-layout.ts';
import type { Operand, Row } from '../tables/types.ts';
import { MODE_BIT } from './mode.ts';
import { CHECK } from './record.ts';
import type { Plan } from './plans.ts';
import { registerPlace } from './vector-shapes.ts';

/** One access: the fields of its µop. */
export interface AccessCheck {
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  readonly displacement: number;
  /** One of `SEGMENT`. */
  readonly segment: number;
  readonly addressBits: number;
  readonly kind: number;
}

const { rsp, rbp, rsi, rdi, rbx, rax } = QUAD_OFFSETS;
/** Instructions with so many stack accesses that TypeScript executes them where segments are not flat. */
export const MANY_ACCESSES = /^(PUSHA|POPA|ENTER)$/;

const memorySize = (operand: Operand, row: Row, d: Decoded): number => {
  // Legacy region and header; how much lies behind them is known when it runs.
  if (/^X(SAVE|RSTOR)/.test(row.mnemonic)) return 576;
  const bits = operand.kind.memSize === 'none' ? d.operandSize : sizeInBits(operand.kind.memSize, d);
  return row.mnemonic === 'BOUND' ? d.operandSize / 4 : bits / 8;
};
const writes = (operand: Operand): boolean => operand.access.includes('w');

/** Net bytes that an instruction pushes (positive) or reads from the top (negative). */
function stackBytes(spec: Plan): number {
  const bytes = spec.size / 8;
  switch (spec.meaning) {
    case 'PUSH': case 'PUSHF': case 'CALL': case 'CALLREL': return bytes;
    case 'POP': case 'POPF': case 'RET': case 'LEAVE': return -bytes;
    default: return 0;
  }
}

/** The checks of an instruction outside 64-bit mode, in the order of its accesses. */
export function accessChecks(row: Row, d: Decoded, spec: Plan, mode: number): AccessCheck[] {
  const all = (mode & MODE_BIT.checked) !== 0;
  const found: AccessCheck[] = [];
  if ((mode & MODE.BITS64) !== 0) return found;
  const rights = (mode & MODE_BIT.anyRights) !== 0 ? CHECK.anyRights : 0;
  const add = (segment: number, size: number, write: boolean, from: Partial<AccessCheck>): void => {
    // Flat DS, ES and SS need nothing; FS and GS are rarely flat and CS is not writable.
    if (!all && segment !== SEGMENT.FS && segment !== SEGMENT.GS && segment !== SEGMENT.CS) return;
    const kind = size | (write ? CHECK.write : 0) | rights | (from.kind ?? 0);
    const none = { base: ENGINE.zero, index: ENGINE.zero, scale: 0, displacement: 0, addressBits: d.addressSize };
    found.push({ ...none, ...from, segment, kind });
  };
  const counted = spec.repeat !== '' && (d.prefixes & (PREFIX.REP | PREFIX.REPNE)) !== 0 ? CHECK.counted : 0;
  const stackBits = (mode & MODE_BIT.stack16) !== 0 ? 16 : 32;
  const pushed = spec.stack ? stackBytes(spec) : 0;
  for (const operand of row.operands) {
    const { source } = operand.kind;
    // A gather's addresses are many, and its index is no general register.
    if (operand.access === 'n' || row.modrm === 'vsib') continue;
    const size = memorySize(operand, row, d);
    if (source === 'rm' && d.hasMemory !== 0) {
      // POP forms its address after the stack pointer has moved.
      const moved = spec.meaning === 'POP' && d.base === 4 ? spec.size / 8 : 0;
      add(d.segment, size, writes(operand), {
        // CLFLUSH may name execute-only code.
        kind: spec.meaning === 'TOUCH' ? CHECK.anyRights : 0,
        base: d.base >= 0 ? registerPlace('gpr', d.base) : ENGINE.zero, index: d.index >= 0 ? registerPlace('gpr', d.index) : ENGINE.zero,
        scale: d.scale, displacement: d.disp + moved,
      });
    } else if (source === 'moffs') add(d.segment, size, writes(operand), { displacement: d.disp });
    else if (source === 'string-src') add(d.segment, size, false, { base: rsi, kind: counted });
    else if (source === 'string-dst') add(SEGMENT.ES, size, writes(operand), { base: rdi, kind: counted });
    else if (source === 'maskmov') add(d.segment, size, true, { base: rdi });
    else if (source === 'xlat') add(d.segment, 1, false, { base: rbx, index: rax, kind: CHECK.byteIndex });
  }
  if (pushed > 0) add(SEGMENT.SS, pushed, true, { base: rsp, displacement: -pushed, addressBits: stackBits });
  else if (pushed < 0) add(SEGMENT.SS, -pushed, false, { base: spec.meaning === 'LEAVE' ? rbp : rsp, addressBits: stackBits });
  return found;
}
