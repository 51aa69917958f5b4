import type { Meanings } from '../context.ts';
import { arrange } from './arrange.ts';
import { integer } from './integer.ts';
import { moves } from './moves.ts';

/** Meanings of vector instructions other than floating-point arithmetic. */
export const vectors: Meanings = { ...moves, ...integer, ...arrange };
