import { arithmetic } from './arithmetic.ts';
import { bits } from './bits.ts';
import { checksum } from './checksum.ts';
import type { Meanings } from './context.ts';
import { control } from './control.ts';
import { data } from './data.ts';
import { decimal } from './decimal.ts';
import { multiplication } from './multiply.ts';
import { shifts } from './shifts.ts';
import { strings } from './strings.ts';
import { extendedState } from './extended-state/meanings.ts';
import { x87 } from './x87/meanings.ts';
import { vectors } from './vector/vectors.ts';

/** Every meaning by the name that `meaningOf` gives a row. */
export const meanings: Meanings = {
  ...arithmetic, ...shifts, ...multiplication, ...data, ...bits, ...control, ...strings, ...decimal,
  ...x87, ...extendedState,
  ...vectors, ...checksum,
};
