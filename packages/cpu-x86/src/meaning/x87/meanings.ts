import type { Meanings } from '../context.ts';
import { arithmetic } from './arithmetic.ts';
import { comparisons } from './comparisons.ts';
import { controls } from './control.ts';
import { moves } from './moves.ts';

/** The x87 instructions, by the names of their rows. */
export const x87: Meanings = { ...arithmetic, ...comparisons, ...moves, ...controls };
