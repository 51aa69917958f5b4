import { BASE, MODE, SEGMENT } from '../decode/codes.ts';
import type { Decoded } from '../decode/decoded.ts';
import { branchTarget, OPERAND, type ResolvedOperand, ripRelativeAddress } from '../decode/operands.ts';
import { rows } from '../tables/rows.ts';
import type { Row } from '../tables/types.ts';
import type { FormatOptions } from './format.ts';
import { absoluteDisplacement, addressText, hex, unsigned } from './numbers.ts';
import { registerName, SEGMENT_NAMES } from './register-names.ts';
import { shownOperands } from './shown-operands.ts';

/** Names of operand sizes in bits. Sizes without a name (FXSAVE and the like) are not written. */
const SIZE_NAMES: Readonly<Record<number, string>> = {
  8: 'byte', 16: 'word', 32: 'dword', 48: 'fword', 64: 'qword', 80: 'tbyte', 128: 'xmmword', 256: 'ymmword',
};

/** Memory that has a layout of its own: no size is written. */
const UNNAMED: ReadonlySet<string> = new Set(['s', 'env', 'st', 'fx']);

/** The segment that the addressing form implies. */
function impliedSegment(d: Decoded): number {
  return d.base === 4 || d.base === 5 ? SEGMENT.SS : SEGMENT.DS;
}

function inside(d: Decoded, options: FormatOptions, vsibBits: number): string {
  if (d.base === BASE.RIP) return `rel ${addressText(ripRelativeAddress(d, options.address ?? 0), options.symbol)}`;
  const parts: string[] = [];
  if (d.base >= 0) parts.push(registerName('gpr', d.addressSize, d.base));
  if (d.index >= 0) {
    const index = vsibBits > 0 ? registerName('vec', vsibBits, d.index) : registerName('gpr', d.addressSize, d.index);
    // Without a base the scale is written even when it is one, to tell the index from a base.
    parts.push(d.scale > 0 || (d.base < 0 && d.addressSize !== 16) ? `${index}*${1 << d.scale}` : index);
  }
  const text = parts.join('+');
  if (text === '') return absoluteDisplacement(d);
  if (d.disp === 0) return text;
  return d.disp < 0 ? `${text}-${hex(-d.disp)}` : `${text}+${hex(d.disp)}`;
}

/** Bits of the index vector of a VSIB row, or 0. */
export function vsibBits(o: ResolvedOperand, d: Decoded): number {
  const { vsib } = o.operand.kind;
  return vsib === 'none' ? 0 : vsib === 'x' ? d.vectorLength : 128;
}

/** A segment is written when it is not the one the address implies. LEA forms an offset: a segment has no part in it. */
export function showsSegment(d: Decoded): boolean {
  return d.segment !== impliedSegment(d) && rows[d.row]?.mnemonic !== 'LEA';
}

function memoryText(o: ResolvedOperand, d: Decoded, options: FormatOptions): string {
  const size = SIZE_NAMES[o.size];
  const segment = showsSegment(d) ? `${SEGMENT_NAMES[d.segment] ?? '?'}:` : '';
  const named = size !== undefined && !UNNAMED.has(o.operand.kind.memSize);
  return `${named ? `${size} ptr ` : ''}${segment}[${inside(d, options, vsibBits(o, d))}]`;
}

function operandText(o: ResolvedOperand, d: Decoded, options: FormatOptions): string {
  switch (o.form) {
    case OPERAND.REGISTER: return operandRegister(o);
    case OPERAND.MEMORY: return memoryText(o, d, options);
    case OPERAND.RELATIVE: return addressText(branchTarget(d, options.address ?? 0), options.symbol);
    case OPERAND.FAR: return `far ptr ${hex(d.imm2)}:${hex(d.imm >>> 0)}`;
    default: return immediateText(o, d);
  }
}

/** Name of a register operand. ST(i) keeps its number even when that is 0, as assemblers write it. */
export function operandRegister(o: ResolvedOperand): string {
  return o.operand.code === 'STi' ? `st(${o.register})` : registerName(o.operand.kind.registers, o.size, o.register);
}

/** An immediate as the unsigned number of its extended size. */
export function immediateText(o: ResolvedOperand, d: Decoded): string {
  if (o.operand.kind.source === 'one') return '0x1';
  if (o.operand.kind.source === 'imm2') return hex(d.imm2);
  return hex(unsigned(d.imm, d.immHigh, o.size));
}

/** Operands in Intel's order. */
export function intelOperands(row: Row, d: Decoded, options: FormatOptions): string[] {
  return shownOperands(row, d).map((o) => operandText(o, d, options));
}

/** Bits of the mode, for suffixes that depend on it. */
export function modeBits(d: Decoded): number {
  return (d.mode & MODE.BITS64) !== 0 ? 64 : (d.mode & MODE.BITS32) !== 0 ? 32 : 16;
}
