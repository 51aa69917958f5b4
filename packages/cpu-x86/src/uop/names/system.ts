/** Instructions that TypeScript executes: the generated code leaves at them. */
import type { Row } from '../../tables/types.ts';
import type { MeaningName } from '../meaning-of.ts';

const MNEMONICS = /^(HLT|INT|INT3|SYSCALL|CPUID|RDTSC)$/;

export function systemMeaning(row: Row): MeaningName | undefined {
  return MNEMONICS.test(row.mnemonic) ? { name: 'SYSTEM', condition: 0 } : undefined;
}
