import type { ByteWriter } from '../encode/byte-writer.ts';
import { opName } from '../opcodes/index.ts';
import type { Global } from '../value/items.ts';
import { fail } from '../value/session.ts';
import { K_GLOBAL, K_INDEX, K_LOCAL, K_PLAIN, KIND, type Value } from '../value/value.ts';
import { Emitter } from './emitter.ts';

/** i32 and i64 add, sub and mul, as constant expressions may have since WebAssembly 3.0. */
const ARITHMETIC: ReadonlySet<number> = new Set([0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e]);
const REFERENCES: ReadonlySet<number> = new Set([0xd0, 0xd2]);

const isConstant = (value: Value): boolean => {
  const kind = value.flags & KIND;
  if (kind < K_LOCAL) return true;
  if (kind === K_GLOBAL) return !(value.data as Global).mutable;
  if (kind === K_INDEX) return REFERENCES.has(value.op);
  if (kind !== K_PLAIN || !ARITHMETIC.has(value.op) || value.a === null || value.b === null) return false;
  return isConstant(value.a) && isConstant(value.b);
};

/** Writes an initializer (3.4.13): constants, immutable globals, references, and sums and products of these. */
export const writeConstant = (out: ByteWriter, value: Value, type: number, ptrType: number): void => {
  if (!isConstant(value)) fail({ code: 'bad-module', problem: `${opName(value.op)}: an initializer must be constant` });
  const emitter = new Emitter(out, ptrType, [type], true);
  emitter.expr(value);
  emitter.checker?.end();
  out.u8(0x0b);
};
