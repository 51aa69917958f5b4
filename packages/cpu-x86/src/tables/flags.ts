import type { FlagEffects } from './types.ts';

/**
 * Bits of the flag masks. The first group is EFLAGS as the SDM lays it out (Vol. 1, 3.4.3). The x87 condition codes live
 * in the FPU status word, not in EFLAGS; they ride in bits 24 to 27, which EFLAGS reserves, so that one mask holds both.
 */
export const FLAG = {
  CF: 1 << 0, PF: 1 << 2, AF: 1 << 4, ZF: 1 << 6, SF: 1 << 7, TF: 1 << 8, IF: 1 << 9, DF: 1 << 10, OF: 1 << 11,
  IOPL: 3 << 12, NT: 1 << 14, RF: 1 << 16, VM: 1 << 17, AC: 1 << 18, VIF: 1 << 19, VIP: 1 << 20, ID: 1 << 21,
  C0: 1 << 24, C1: 1 << 25, C2: 1 << 26, C3: 1 << 27,
} as const;

/** The six status flags that arithmetic sets. */
export const STATUS_FLAGS = FLAG.CF | FLAG.PF | FLAG.AF | FLAG.ZF | FLAG.SF | FLAG.OF;

const LETTERS: Readonly<Record<string, number>> = {
  O: FLAG.OF, S: FLAG.SF, Z: FLAG.ZF, A: FLAG.AF, P: FLAG.PF, C: FLAG.CF, D: FLAG.DF, I: FLAG.IF, T: FLAG.TF,
  N: FLAG.NT, L: FLAG.IOPL, R: FLAG.RF, V: FLAG.VM, X: FLAG.AC, F: FLAG.VIF, G: FLAG.VIP, U: FLAG.ID,
  '0': FLAG.C0, '1': FLAG.C1, '2': FLAG.C2, '3': FLAG.C3,
};

/** Names for effects that many rows share; each expands to the notation that {@link parseFlags} reads. */
const PRESETS: Readonly<Record<string, string>> = {
  arith: 'w=OSZAPC',
  arithc: 'r=C w=OSZAPC',
  logic: 'w=SZP c=OC u=A',
  incdec: 'w=OSZAP',
  shift: 'w=OSZPC u=A',
  bits: 'w=C u=OSAP',
  compare: 'w=ZPC c=OSA',
  string: 'r=D',
  x87: 'w=1 u=023',
  popf: 'w=OSZAPCDITNLRXFGU',
};

/**
 * Parses the flag column of a table: words `r=` (tested), `w=` (written), `c=` (cleared), `s=` (set), `u=` (undefined),
 * each followed by flag letters, or the name of a preset. An empty column means no effect.
 */
export function parseFlags(text: string): FlagEffects {
  let effects = known.get(text);
  if (effects === undefined) known.set(text, effects = readFlags(text));
  return effects;
}

const known = new Map<string, FlagEffects>();

function readFlags(text: string): FlagEffects {
  let tested = 0, written = 0, cleared = 0, set = 0, undef = 0;
  for (const word of text.split(' ').flatMap((w) => (PRESETS[w] ?? w).split(' '))) {
    if (word === '') continue;
    let mask = 0;
    for (const letter of word.slice(2)) {
      const bit = LETTERS[letter];
      if (bit === undefined) throw new Error(`unknown flag letter "${letter}" in "${text}"`);
      mask |= bit;
    }
    switch (word.slice(0, 2)) {
      case 'r=': tested |= mask; break;
      case 'w=': written |= mask; break;
      case 'c=': cleared |= mask; break;
      case 's=': set |= mask; break;
      case 'u=': undef |= mask; break;
      default: throw new Error(`unknown flag effect "${word}" in "${text}"`);
    }
  }
  return { tested, written, cleared, set, undef, modified: written | cleared | set | undef };
}

/** Writes a mask as letters, for lists and messages ("OSZAPC"). */
export function flagLetters(mask: number): string {
  return Object.entries(LETTERS).filter(([, bit]) => (mask & bit) !== 0).map(([letter]) => letter).join('');
}
