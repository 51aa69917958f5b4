import { type Func, i32, i32x4, i64x2, type ModuleBuilder, type TypeList, v128, type Value } from '@polyvisor/wasm';
import { type AnyOperation, callOf } from './operation.ts';

type I32 = Value<'i32'>;
type V128 = Value<'v128'>;

/** The operations of a shape of which a dot product is made. */
interface Parts {
  readonly mul: AnyOperation;
  readonly horizontalAdd: AnyOperation;
}

/** All ones in the lanes whose bits are set. */
const laneMask = (bits: I32, single: boolean): V128 => single
  ? i32x4.ne(v128.and(i32x4.splat(bits), i32x4.const(1, 2, 4, 8)), i32x4.const(0, 0, 0, 0))
  : i64x2.ne(v128.and(i32x4.splat(bits), i64x2.const(1, 2)), i64x2.const(0, 0));

/**
 * DPPS and DPPD: the products that the high four bits of the immediate name, sums of neighbours, sums of these; the low
 * bits name the lanes that get the result (Intel SDM vol. 2A, DPPS). Each step raises its exceptions before the next
 * one computes, and an unmasked one ends the instruction.
 */
export function addDot(m: ModuleBuilder, name: string, parts: Parts, halves: 1 | 2, single: boolean): AnyOperation {
  const types: TypeList = Array<'v128'>(halves).fill('v128');
  const func = m.func(name, { params: ['i32', ...types, ...types, 'i32'], results: [...types, 'i32'] }, (s, ...list) => {
    const state = list[0], imm = list.at(-1) as I32;
    const used = s.let(laneMask(i32.shr_u(imm, 4), single));
    const run = (f: Func, operands: readonly Value[]): Value[] => {
      const all = s.call(f, state, ...operands);
      const unmasked = all.at(-1) as I32;
      s.if(unmasked, () => s.return(...operands.slice(0, halves), unmasked));
      return all.slice(0, -1);
    };
    let sums = run(parts.mul.func, list.slice(1, -1).map((x) => v128.and(x as V128, used)));
    for (let width = single ? 4 : 2; width > 1; width /= 2) sums = run(parts.horizontalAdd.func, [...sums, ...sums]);
    const given = s.let(laneMask(imm, single));
    s.return(...sums.map((x) => v128.and(x as V128, given)), 0);
  });
  return { func: func, emit: callOf(func) };
}
