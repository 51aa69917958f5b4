/** Meanings of the x87 instructions and of those on the extended state. */
import type { Row } from '../../tables/types.ts';
import type { MeaningName } from '../meaning-of.ts';

const STATE = /^(FXSAVE|FXRSTOR|XSAVE|XRSTOR|V?(LD|ST)MXCSR)/;
/** Encodings that do what others do. */
const ALIAS = /_D[0-9A-F](_D[0-9A-F])?$/;

export function x87Meaning(row: Row): MeaningName | undefined {
  // Their operands differ, so the rows' names tell more than the mnemonics.
  if (row.family === 'x87') return { name: row.id.replace(ALIAS, ''), condition: 0 };
  return STATE.test(row.mnemonic) ? { name: row.mnemonic.replace(/^V/, ''), condition: 0 } : undefined;
}
