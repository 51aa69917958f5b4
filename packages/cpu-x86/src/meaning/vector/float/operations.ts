/** What meanings of floating-point instructions share: the operations of `sse-float` and their exceptions. */
import { QUAD_OFFSETS } from '@polyvisor/core';
import { i32, select, type ModuleBuilder, type Value } from '@polyvisor/wasm';
import { addSseFloat, type SseFloat } from '../../../sse-float/add-sse-float.ts';
import { type AnyOperation, callOf } from '../../../sse-float/operation.ts';
import { CR4 } from '../../../state/bits.ts';
import { type EmitContext, Vector } from '../../context.ts';
import type { Vector128 } from '../operands.ts';

export type Group = keyof SseFloat;
/** Shapes of XMM registers, and those of YMM registers with the same numbers. */
export type PackedShape = 'f32x4' | 'f64x2';
const DOUBLED = { f32x4: 'f32x8', f64x2: 'f64x4' } as const;

const made = new WeakMap<ModuleBuilder, SseFloat>();

/** An operation by its name, of a module to which all are added when the first meaning asks. */
export function operation(c: EmitContext, group: Group, name: string): AnyOperation {
  let known = made.get(c.module);
  if (known === undefined) made.set(c.module, known = addSseFloat(c.module));
  const found = (known[group] as unknown as Partial<Record<string, AnyOperation>>)[name];
  if (found === undefined) throw new Error(`no operation ${group}.${name}`);
  return found;
}

/** #XM, or #UD where the system does not expect it (Intel SDM vol. 3A, 2.5 "OSXMMEXCPT"). */
const raise = (c: EmitContext): void => {
  const expected = i32.and(i32.load(c.module.ptr.from_i32_u(c.state), QUAD_OFFSETS.cr4), CR4.OSXMMEXCPT);
  c.raise(c.s.let(select(i32.const(Vector.simd), Vector.invalidOpcode, expected)));
};

/** Emits an operation: in place where speed matters, else a call. It leaves if an exception is not masked. */
export function compute(c: EmitContext, of: AnyOperation, operands: Value[]): Value[] {
  const fault = (): void => raise(c);
  const results = c.inPlace ? of.emit(c.s, c.state, operands, fault) : callOf(of.func)(c.s, c.state, operands, fault);
  return results.map((value) => c.s.let(value));
}

/** The same for whole registers: one or two lanes of each operand, and further operands behind them. */
export function computeLanes(c: EmitContext, shape: PackedShape, name: string, operands: readonly (readonly Vector128[])[], ...extras: Value<'i32'>[]): Vector128[] {
  const group = operands[0]?.length === 2 ? DOUBLED[shape] : shape;
  return compute(c, operation(c, group, name), [...operands.flat(), ...extras]) as Vector128[];
}

/** A scalar operation, the bits of its number. */
export function computeNumber<T extends 'i32' | 'i64'>(c: EmitContext, group: Group, name: string, operands: Value[]): Value<T> {
  const [result] = compute(c, operation(c, group, name), operands);
  return result as Value<T>;
}
