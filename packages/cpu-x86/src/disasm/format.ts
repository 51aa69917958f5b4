import { PREFIX, REASON_NAMES, SEGMENT, VERDICT } from '../decode/codes.ts';
import type { Decoded } from '../decode/decoded.ts';
import { rows } from '../tables/rows.ts';
import type { Row } from '../tables/types.ts';
import { attMnemonic, attOperands } from './att.ts';
import { intelOperands, modeBits } from './intel.ts';
import { SEGMENT_NAMES } from './register-names.ts';
import { hiddenSize } from './shown-operands.ts';

/** `intel` as MASM and NASM write it (destination first), `att` as GNU as does. */
export type Syntax = 'intel' | 'att';

/** What a listing may be told. */
export interface FormatOptions {
  /** Address of the instruction; relative branches and RIP-relative operands show where they lead. Default 0. */
  readonly address?: number;
  /** Name of an address, shown behind it in angle brackets. */
  readonly symbol?: (address: number) => string | undefined;
}

/** Operands that assemblers leave out, though a segment override or an address size may concern them. */
const IMPLIED: ReadonlySet<string> = new Set(['string-src', 'string-dst', 'xlat', 'maskmov']);
/** LOOP and its kin count in CX, ECX or RCX by the address size. */
const COUNTS = /^LOOP/;

/** Repeat and lock prefixes that have a meaning, and in Intel syntax what the operands do not show. */
function prefixText(row: Row, d: Decoded, syntax: Syntax): string {
  const parts: string[] = [];
  const mode = modeBits(d);
  const sources = row.operands.map((o) => o.kind.source);
  const implied = sources.some((source) => IMPLIED.has(source));
  // GNU as writes the operands of string instructions, which show segment and address size.
  const shows = syntax === 'att' && !sources.includes('maskmov');
  if (syntax === 'intel' && hiddenSize(row, d, mode)) parts.push(`o${d.operandSize}`);
  if (d.addressSize !== mode && ((implied && !shows) || COUNTS.test(row.mnemonic))) parts.push(syntax === 'intel' ? `a${d.addressSize}` : `addr${d.addressSize}`);
  if (implied && !shows && d.segment !== SEGMENT.DS && sources.some((source) => IMPLIED.has(source) && source !== 'string-dst')) {
    parts.push(SEGMENT_NAMES[d.segment] ?? '?');
  }
  const repeat = (d.prefixes & PREFIX.REP) !== 0 ? 'rep' : (d.prefixes & PREFIX.REPNE) !== 0 ? 'repne' : '';
  if ((d.prefixes & PREFIX.LOCK) !== 0) parts.push('lock');
  if (repeat !== '' && row.rep === 'rep') parts.push(repeat);
  if (repeat !== '' && row.rep === 'repe') parts.push(repeat === 'rep' ? 'repe' : repeat);
  if (repeat === 'repne' && row.rep === 'bnd') parts.push('bnd');
  return parts.length === 0 ? '' : `${parts.join(' ')} `;
}

/**
 * Writes a decoded instruction as text. Instructions that did not decode become `(bad: reason)`; nothing is guessed.
 */
export function formatInstruction(d: Decoded, syntax: Syntax = 'intel', options: FormatOptions = {}): string {
  const row = rows[d.row];
  if (d.verdict !== VERDICT.OK || row === undefined) {
    return d.verdict === VERDICT.TRUNCATED ? '(truncated)' : d.verdict === VERDICT.TOO_LONG ? '(too long)' : `(bad: ${REASON_NAMES[d.reason] ?? '?'})`;
  }
  const mnemonic = syntax === 'att' ? attMnemonic(row, d) : row.mnemonic.toLowerCase();
  const operands = syntax === 'att' ? attOperands(row, d, options) : intelOperands(row, d, options);
  return prefixText(row, d, syntax) + (operands.length === 0 ? mnemonic : `${mnemonic} ${operands.join(', ')}`);
}
