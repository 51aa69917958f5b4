import type { Meanings } from '../context.ts';
import { fx } from './fxsave.ts';
import { xsave } from './xsave.ts';

/** Instructions that save and restore the extended state, by mnemonic. */
export const extendedState: Meanings = { ...fx, ...xsave };
