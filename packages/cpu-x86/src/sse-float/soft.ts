import type { ModuleBuilder } from '@polyvisor/wasm';
import { addWide, type Wide } from '../x87/wide.ts';
import { addComparisons, type SoftComparisons } from './compare.ts';
import { addFormats, type SoftConversions } from './convert.ts';
import { addEstimates, type Estimates } from './estimate.ts';
import type { Soft1, Soft2 } from './format.ts';
import { addFused, type SoftFused } from './fused.ts';
import { addIntegers, type SoftIntegers } from './integral.ts';
import { addOperands } from './operands.ts';
import { addDivide, addMultiply, addSquareRoot } from './product.ts';
import { addRound } from './round.ts';
import { addAddition, addSum } from './sum.ts';

/** The exact functions of one number, in integers: bits in an i64, the mode last, bits and exceptions as results. */
export interface Soft extends SoftComparisons, SoftConversions, SoftIntegers, Estimates {
  readonly add: Soft2;
  readonly sub: Soft2;
  readonly mul: Soft2;
  readonly div: Soft2;
  readonly sqrt: Soft1;
  readonly fused: SoftFused;
}

export function addSoft(m: ModuleBuilder, wide: Wide = addWide(m)): Soft {
  const operands = addOperands(m);
  const round = addRound(m, wide);
  const sum = addSum(m, wide, round);
  return {
    ...addAddition(m, operands, sum),
    mul: addMultiply(m, operands, round),
    div: addDivide(m, wide, operands, round),
    sqrt: addSquareRoot(m, operands, round),
    fused: addFused(m, operands, sum),
    ...addComparisons(m, operands),
    ...addIntegers(m, operands, round),
    ...addFormats(m, operands, round),
    ...addEstimates(m),
  };
}
