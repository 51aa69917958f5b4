/** Operands of x87 instructions and of those that save and restore state: registers are implied or numbered by ST(i). */
import type { Decoded } from '../decode/decoded.ts';
import type { Row } from '../tables/types.ts';
import type { OperandShape } from './specs.ts';

const STATE = /^(FX|X)(SAVE|RSTOR)/;

export const hasStateOperands = (row: Row): boolean => row.family === 'x87' || STATE.test(row.mnemonic);

/** Only memory is a shape here. Environments come in two lengths; of the others the meaning knows the length. */
export const stateShapes = (row: Row, d: Decoded): OperandShape[] => row.operands.flatMap(({ kind }): OperandShape[] => {
  if (kind.source !== 'rm' || !kind.allowsMem) return [];
  const varies = kind.memSize === 'env' || kind.memSize === 'st';
  return [{ kind: 'm', size: !varies ? 8 : d.operandSize === 16 ? 16 : 32 }];
});

/** What FOP holds: the low bits of the first opcode byte, then ModRM (Intel SDM vol. 1, 8.1.9). */
export const escapeOpcode = (d: Decoded): number => ((d.opcode & 7) << 8) | (d.modrm & 0xff);
