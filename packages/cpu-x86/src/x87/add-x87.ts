import type { ModuleBuilder } from '@polyvisor/wasm';
import { addDivide, addMultiply, addSquareRoot, addSum, type Binary, type Unary } from './arithmetic.ts';
import { addArctangent } from './arctangent.ts';
import { addCompare, addExamine, type Compare, type Examine } from './compare.ts';
import { addConstants, type Constants } from './constants.ts';
import { addConversions, type Conversions } from './convert.ts';
import { addExponential } from './exponential.ts';
import { addLogarithm } from './logarithm.ts';
import { addOperands } from './operands.ts';
import { addRound } from './round.ts';
import { addExtract, addRemainder, addRoundToInteger, addScale, type Extract } from './scaling.ts';
import { addTrigonometry, type Trigonometry } from './trigonometry.ts';
import { addWide } from './wide.ts';
import { addWideFloats } from './wide-float.ts';

/** The functions of the x87 FPU. See README.md for how they are called. */
export interface X87 extends Conversions, Constants, Trigonometry {
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly sqrt: Unary;
  readonly compareOrdered: Compare;
  readonly compareUnordered: Compare;
  readonly examine: Examine;
  readonly roundToInteger: Unary;
  readonly scale: Binary;
  readonly extract: Extract;
  readonly remainder: Binary;
  readonly remainderNearest: Binary;
  readonly fpatan: Binary;
  readonly f2xm1: Unary;
  readonly fyl2x: Binary;
  readonly fyl2xp1: Binary;
}

/** Adds the functions to a module. It needs no memory, table or global. */
export function addX87(m: ModuleBuilder): X87 {
  const wide = addWide(m);
  const operands = addOperands(m);
  const round = addRound(m, wide);
  const floats = addWideFloats(m, wide);
  return {
    ...addSum(m, wide, operands, round),
    mul: addMultiply(m, operands, round),
    div: addDivide(m, wide, operands, round),
    sqrt: addSquareRoot(m, wide, operands, round),
    ...addCompare(m, operands),
    examine: addExamine(m),
    roundToInteger: addRoundToInteger(m, wide, operands),
    scale: addScale(m, operands, round),
    extract: addExtract(m, operands),
    ...addRemainder(m, wide, operands, round),
    ...addConversions(m, wide, operands),
    ...addConstants(m),
    ...addTrigonometry(m, wide, floats, operands, round),
    fpatan: addArctangent(m, wide, floats, operands, round),
    f2xm1: addExponential(m, wide, floats, operands, round),
    ...addLogarithm(m, wide, floats, operands, round),
  };
}
