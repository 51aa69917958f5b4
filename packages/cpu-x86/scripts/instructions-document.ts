/**
 * The list of instruction forms, generated from the tables.
 */
import { flagLetters } from '../src/tables/flags.ts';
import { rows } from '../src/tables/rows.ts';
import type { Row } from '../src/tables/types.ts';
import { meaningOf } from '../src/uop/meaning-of.ts';

/** What the package does with a form: executes it, or only decodes and disassembles it. */
export type Status = 'executed' | 'decoded';

function modes(row: Row): string {
  const parts = [row.inReal ? 'R' : '', row.inV86 ? 'V' : '', row.inLegacy ? 'P' : '', row.in64 ? 'L' : ''];
  return parts.map((part) => (part === '' ? '-' : part)).join('');
}

function flags(row: Row): string {
  const f = row.flags;
  const word = (sign: string, mask: number): string => (mask === 0 ? '' : `${sign}=${flagLetters(mask)}`);
  return [word('r', f.tested), word('w', f.written), word('c', f.cleared), word('s', f.set), word('u', f.undef)].filter((w) => w !== '').join(' ');
}

function attributes(row: Row): string {
  const words: string[] = [];
  if (row.lock) words.push('lock');
  if (row.rep === 'rep' || row.rep === 'repe' || row.rep === 'bnd') words.push(row.rep);
  if (row.privilege !== 'any') words.push(row.privilege);
  if (row.serialising) words.push('serialising');
  if (row.aligned) words.push('aligned');
  if (row.alias) words.push('alias');
  if (row.note !== '') words.push(row.note);
  return words.join(', ');
}

function line(row: Row): string {
  const operands = row.operands.map((o) => (o.access === 'r' ? o.code : `${o.code}:${o.access}`)).join(', ');
  const status: Status = meaningOf(row) === undefined ? 'decoded' : 'executed';
  const cells = [`\`${row.mnemonic}${operands === '' ? '' : ` ${operands}`}\``, `\`${row.encoding}\``, modes(row), row.features.join(' '), flags(row), attributes(row), status];
  return `| ${cells.join(' | ')} |`;
}

/** The whole document. */
export function instructionsDocument(): string {
  const families = [...new Set(rows.map((row) => row.family))];
  const out = [
    '# Instructions',
    '',
    'Generated from `src/tables` by `scripts/write-instructions.ts`; do not edit.',
    '',
    `${rows.length} forms, of which ${rows.filter((row) => meaningOf(row) !== undefined).length} are executed. A form may stand for several operand sizes and, with \`VEX.x\`, for both vector lengths.`,
    '',
    '- **Form**: mnemonic and operands in the codes of the Intel SDM, Vol. 2D, Appendix A; `:w`, `:rw`, `:cw`, `:rcw`, `:cr` and `:n`',
    '  give the access where it is not a plain read (written, both, conditionally so, or not accessed).',
    '- **Encoding**: see `src/tables/notation.ts`.',
    '- **Modes**: R real-address, V virtual-8086, P 16-bit and 32-bit protected, L 64-bit.',
    '- **Flags**: r tested, w written, c cleared, s set, u undefined; O S Z A P C D I T N L(IOPL) R(RF) V(VM) X(AC) F(VIF) G(VIP) U(ID),',
    '  and 0 to 3 for the x87 condition codes.',
    '- **Status**: `executed` by the interpreter, or only `decoded` and disassembled.',
    '',
  ];
  for (const family of families) {
    out.push(`## ${family}`, '', '| Form | Encoding | Modes | CPUID | Flags | Notes | Status |', '|---|---|---|---|---|---|---|');
    for (const row of rows) if (row.family === family) out.push(line(row));
    out.push('');
  }
  return out.join('\n');
}
