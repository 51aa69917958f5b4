import type { RegisterClass } from '../tables/operand-kinds.ts';

const LEGACY = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'] as const;
/** 8-bit registers; 16 to 19 are the high bytes. */
const BYTES = [
  'al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil', 'r8b', 'r9b', 'r10b', 'r11b', 'r12b', 'r13b', 'r14b', 'r15b', 'ah', 'ch', 'dh', 'bh',
] as const;
/** Segment registers in the order of their encoding. */
export const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;

function general(size: number, n: number): string {
  if (size === 8) return BYTES[n] ?? '?';
  const name = LEGACY[n];
  if (size === 16) return name ?? `r${n}w`;
  if (size === 32) return name === undefined ? `r${n}d` : `e${name}`;
  return name === undefined ? `r${n}` : `r${name}`;
}

/** Name of a register, lower case, by its file, size in bits and number (SDM Vol. 1, 3.4.1). */
export function registerName(registers: RegisterClass, size: number, n: number): string {
  switch (registers) {
    case 'gpr': return general(size, n);
    case 'seg': return SEGMENT_NAMES[n] ?? '?';
    case 'cr': return `cr${n}`;
    case 'dr': return `dr${n}`;
    case 'st': return n === 0 ? 'st' : `st(${n})`;
    case 'mmx': return `mm${n}`;
    case 'vec': return `${size === 256 ? 'ymm' : 'xmm'}${n}`;
    case 'none': return '?';
  }
}
