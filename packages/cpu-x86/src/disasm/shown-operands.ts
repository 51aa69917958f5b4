import type { Decoded } from '../decode/decoded.ts';
import { type ResolvedOperand, resolveOperand } from '../decode/operands.ts';
import type { Row } from '../tables/types.ts';

/** x87 instructions of which only ST(i) is written. */
const ONE_OPERAND: ReadonlySet<string> = new Set(['FCOM', 'FCOMP', 'FUCOM', 'FUCOMP', 'FXCH']);

/**
 * Tells whether the operand size differs from what the mode gives, and no operand shows it: stack instructions, branches
 * and returns. Assemblers then write a prefix or a suffix.
 */
export function hiddenSize(row: Row, d: Decoded, mode: number): boolean {
  if (row.sizeRule !== 'd64' && row.sizeRule !== 'f64' && row.mnemonic !== 'RETF') return false;
  if (row.opSizes !== 7 || row.operands.some((o) => o.kind.registers === 'gpr') || row.operands.some((o) => o.kind.memSize === 's')) return false;
  const usual = row.sizeRule === 'v' && mode === 64 ? 32 : mode;
  return d.operandSize !== usual;
}

/**
 * Operands that assemblers write. String instructions carry the size in the mnemonic and have no choice of registers, so
 * nothing is written but a segment or an address size in front; XLAT and the masked stores imply their memory.
 */
export function shownOperands(row: Row, d: Decoded): ResolvedOperand[] {
  const sources = row.operands.map((o) => o.kind.source);
  if (sources.includes('string-src') || sources.includes('string-dst') || sources.includes('xlat')) return [];
  const hidesTop = ONE_OPERAND.has(row.mnemonic);
  return row.operands.filter((o) => o.kind.source !== 'maskmov' && !(hidesTop && o.code === 'ST0')).map((o) => resolveOperand(o, d));
}
