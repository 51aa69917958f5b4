import type { ModuleBuilder } from '@polyvisor/wasm';
import { addDivide, addMultiply, addSquareRoot, addSum, type Binary, type Unary } from './arithmetic.ts';
import { addOperands } from './operands.ts';
import { addRound } from './round.ts';
import { addWide } from './wide.ts';

/** The functions of the x87 FPU. See README.md for how they are called. */
export interface X87 {
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly sqrt: Unary;
}

/** Adds the functions to a module. It needs no memory, table or global. */
export function addX87(m: ModuleBuilder): X87 {
  const wide = addWide(m);
  const operands = addOperands(m);
  const round = addRound(m, wide);
  return {
    ...addSum(m, wide, operands, round),
    mul: addMultiply(m, operands, round),
    div: addDivide(m, wide, operands, round),
    sqrt: addSquareRoot(m, wide, operands, round),
  };
}
