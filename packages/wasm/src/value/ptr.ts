import type { PlainOps } from '../opcodes/index.ts';
import { fail } from './session.ts';
import type { OpArgs } from './op-types.ts';
import { i32, i64 } from './ops.ts';
import { i32Const, i64OfNumber, type Arg, type Value } from './value.ts';

type ArithmeticName = 'add' | 'sub' | 'mul' | 'and' | 'or' | 'xor' | 'shl' | 'shr_u' | 'div_u' | 'rem_u';
type ComparisonName = 'eq' | 'ne' | 'lt_u' | 'gt_u' | 'le_u' | 'ge_u';

type Arithmetic = { readonly [N in ArithmeticName]: (a: Arg<'ptr'>, b: Arg<'ptr'>) => Value<'ptr'> };
type Comparison = { readonly [N in ComparisonName]: (a: Arg<'ptr'>, b: Arg<'ptr'>) => Value<'i32'> };
type LoadArgs = OpArgs<PlainOps['i32.load']>;

/** Address arithmetic of one width. Get it from `ModuleBuilder.ptr` or `FunctionBuilder.ptr`. */
export interface PtrOps extends Arithmetic, Comparison {
  /** The type of WebAssembly that `ptr` is. */
  readonly type: 'i32' | 'i64';
  /** Bytes of a pointer in memory: 4 or 8. */
  readonly size: 4 | 8;
  const(value: number): Value<'ptr'>;
  eqz(a: Arg<'ptr'>): Value<'i32'>;
  /** Loads a pointer. */
  load(...args: LoadArgs): Value<'ptr'>;
  /** The address that an unsigned 32-bit number is; costs nothing with memory32. */
  from_i32_u(a: Arg<'i32'>): Value<'ptr'>;
  from_i32_s(a: Arg<'i32'>): Value<'ptr'>;
  /** The low bits of a 64-bit number, as many as a pointer has; costs nothing with memory64. */
  from_i64(a: Arg<'i64'>): Value<'ptr'>;
  /** The low 32 bits. */
  to_i32(a: Arg<'ptr'>): Value<'i32'>;
  /** The pointer, zero extended. */
  to_i64(a: Arg<'ptr'>): Value<'i64'>;
}

const PLAIN_NAMES: readonly (ArithmeticName | ComparisonName | 'eqz' | 'load')[] = [
  'add', 'sub', 'mul', 'and', 'or', 'xor', 'shl', 'shr_u', 'div_u', 'rem_u',
  'eq', 'ne', 'lt_u', 'gt_u', 'le_u', 'ge_u', 'eqz', 'load',
];

const pick = (ops: typeof i32 | typeof i64): Record<string, unknown> =>
  Object.fromEntries(PLAIN_NAMES.map((name) => [name, ops[name]]));

const ptrConst32 = (value: number): Value =>
  value === value >>> 0
    ? i32Const(value)
    : fail({ code: 'bad-immediate', op: 'ptr.const', problem: `${value} is no 32-bit address` });

// A pointer's value is an i32 or i64 at run time; only the type checker tells `ptr` from them.
const ptr32 = {
  ...pick(i32),
  type: 'i32',
  size: 4,
  const: ptrConst32,
  from_i32_u: (a: Arg<'i32'>) => i32.or(a, 0),
  from_i32_s: (a: Arg<'i32'>) => i32.or(a, 0),
  from_i64: i32.wrap_i64,
  to_i32: (a: Arg<'i32'>) => i32.or(a, 0),
  to_i64: i64.extend_i32_u,
} as unknown as PtrOps;

const ptr64 = {
  ...pick(i64),
  type: 'i64',
  size: 8,
  const: i64OfNumber,
  from_i32_u: i64.extend_i32_u,
  from_i32_s: i64.extend_i32_s,
  from_i64: (a: Arg<'i64'>) => i64.or(a, 0),
  to_i32: i32.wrap_i64,
  to_i64: (a: Arg<'i64'>) => i64.or(a, 0),
} as unknown as PtrOps;

export const ptrOps = (width: 32 | 64): PtrOps => (width === 32 ? ptr32 : ptr64);
