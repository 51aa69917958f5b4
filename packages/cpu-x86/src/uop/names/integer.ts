/** Meanings of the integer instructions by row. */
import type { Row } from '../../tables/types.ts';
import type { MeaningName } from '../meaning-of.ts';

const ALIASES: Readonly<Record<string, string>> = {
  MOVSXD: 'MOVSX', CBW: 'CBW', CWDE: 'CBW', CDQE: 'CBW', CWD: 'CWD', CDQ: 'CWD', CQO: 'CWD', MOVNTI: 'MOV',
  PUSHAD: 'PUSHA', POPAD: 'POPA', PUSHFD: 'PUSHF', PUSHFQ: 'PUSHF', POPFD: 'POPF', POPFQ: 'POPF',
  JECXZ: 'JCXZ', JRCXZ: 'JCXZ', ENDBR64: 'NOP', ENDBR32: 'NOP', PREFETCHNTA: 'NOP', PREFETCHT0: 'NOP',
  PREFETCHT1: 'NOP', PREFETCHT2: 'NOP', PREFETCH: 'NOP', PREFETCHW: 'NOP', CLFLUSH: 'TOUCH', CLFLUSHOPT: 'TOUCH', CLWB: 'TOUCH', LFENCE: 'NOP', MFENCE: 'NOP', SFENCE: 'NOP',
};
const STRING = /^(MOVS|CMPS|STOS|LODS|SCAS)[BWDQ]$/;
/** Opcodes with a condition in their low four bits. */
const CONDITIONAL: Readonly<Record<string, string>> = { 'one7': 'J', '0F8': 'J', '0F9': 'SET', '0F4': 'CMOV' };

const isInteger = (row: Row): boolean =>
  row.family.startsWith('integer') || row.family === 'bmi' || /^([LMS]FENCE|CLFLUSH(OPT)?|CLWB)$/.test(row.mnemonic);

export function integerMeaning(row: Row): MeaningName | undefined {
  if (!isInteger(row)) return undefined;
  const sources = row.operands.map((o) => o.kind);
  if (sources.some((k) => k.registers !== 'none' && k.registers !== 'gpr')) return undefined;
  if (sources.some((k) => k.source === 'far' || (k.memSize === 'p' && k.source === 'rm'))) return undefined;
  const conditional = CONDITIONAL[`${row.map}${(row.opcode >> 4).toString(16)}`];
  if (conditional !== undefined && row.prefix === 'any') return { name: conditional, condition: row.opcode & 15 };
  const relative = sources.some((k) => k.source === 'rel');
  let name = ALIASES[row.mnemonic] ?? STRING.exec(row.mnemonic)?.[1] ?? row.mnemonic;
  if (name === 'IMUL' && row.operands.length === 1) name = 'IMUL1';
  if (relative && (name === 'JMP' || name === 'CALL')) name += 'REL';
  return { name, condition: 0 };
}
