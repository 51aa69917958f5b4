import { avxFloat } from './avx-float.ts';
import { avxInteger } from './avx-integer.ts';
import { bmi } from './bmi.ts';
import { crypto } from './crypto.ts';
import { fma } from './fma.ts';
import { integerArithmetic } from './integer-arithmetic.ts';
import { integerControl } from './integer-control.ts';
import { integerData } from './integer-data.ts';
import { mmx } from './mmx.ts';
import { sse } from './sse.ts';
import { sse2 } from './sse2.ts';
import { sse3to4 } from './sse3-4.ts';
import { system } from './system.ts';
import type { Row } from './types.ts';
import { virtualization } from './virtualization.ts';
import { x87 } from './x87.ts';

/** Every instruction form, in the order of its dense index, as the tables say it. */
export const allRows: readonly Row[] = [
  ...integerArithmetic, ...integerData, ...integerControl, ...system, ...virtualization, ...x87, ...mmx,
  ...sse, ...sse2, ...sse3to4, ...crypto, ...bmi, ...avxFloat, ...avxInteger, ...fma,
].map((row, index) => {
  row.index = index;
  return row;
});
