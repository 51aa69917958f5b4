import type { Meanings } from '../context.ts';
import { arrange } from './arrange.ts';
import { crypto } from './crypto.ts';
import { floatArithmetic } from './float/arithmetic.ts';
import { floatConversions } from './float/convert.ts';
import { fused } from './float/fused.ts';
import { integer } from './integer.ts';
import { masked } from './masked.ts';
import { moves } from './moves.ts';
import { permute } from './permute.ts';
import { reductions } from './reduce.ts';
import { vectorShifts } from './shifts.ts';
import { textComparisons } from './text.ts';

/** Meanings of vector instructions. */
export const vectors: Meanings = {
  ...moves, ...integer, ...arrange, ...permute, ...vectorShifts, ...reductions, ...masked, ...textComparisons, ...crypto,
  ...floatArithmetic, ...floatConversions, ...fused,
};
