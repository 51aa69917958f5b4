/** Instructions that TypeScript executes: the generated code leaves at them. */
import type { Row } from '../../tables/types.ts';
import type { MeaningName } from '../meaning-of.ts';

/** By mnemonic, in the families of tables that hold other instructions as well. */
const MNEMONICS = /^(PAUSE|HLT|INT|INT1|INT3|SYSCALL|CPUID|RDTSC|RETF|IRET[DQ]?|L[EDSFG]S|LSS|INS[BWD]|OUTS[BWD]|IN|OUT|RDRAND|RDSEED)$/;
/** System instructions that generated code executes. */
const ELSEWHERE = /^(FX|X(SAVE|RSTOR)|LDMXCSR|STMXCSR|CLFLUSH|CLWB|[LMS]FENCE)/;

const isSystem = (row: Row): boolean => {
  if (row.family === 'system' || row.family === 'virtualization') return MNEMONICS.test(row.mnemonic) || !ELSEWHERE.test(row.mnemonic);
  if (!row.family.startsWith('integer')) return false;
  if (MNEMONICS.test(row.mnemonic)) return true;
  const kinds = row.operands.map((o) => o.kind);
  return kinds.some((k) => k.registers === 'seg' || k.source === 'far' || (k.memSize === 'p' && k.source === 'rm'));
};

export function systemMeaning(row: Row): MeaningName | undefined {
  return isSystem(row) ? { name: 'SYSTEM', condition: 0 } : undefined;
}
