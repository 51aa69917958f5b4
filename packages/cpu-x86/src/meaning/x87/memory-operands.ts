/** Numbers in memory: how each format is loaded and stored. */
import { i32, i64, type Value } from '@polyvisor/wasm';
import { as32, as64, type Size } from '../words.ts';
import type { X87Instruction } from './instruction.ts';

/** Operand codes of the tables. */
export type Format = 'Mf32' | 'Mf64' | 'Mf80' | 'Mw' | 'Md' | 'Mq' | 'Mbcd';

/** A number and the status of its loading. */
export interface Loaded {
  readonly sig: Value<'i64'>;
  readonly se: Value<'i32'>;
  readonly status: Value<'i32'>;
}
type Raw = readonly [low: Value<'i64'>, high: Value<'i32'>];

const BITS: Readonly<Record<Exclude<Format, 'Mf80' | 'Mbcd'>, Size>> = { Mf32: 32, Mf64: 64, Mw: 16, Md: 32, Mq: 64 };

/** The operand's bytes; integers sign-extended. */
export const fetch = (format: Format) => ({ c, s }: X87Instruction, linear: Value<'i64'>): Raw => {
  if (format === 'Mf80' || format === 'Mbcd') {
    const at = c.peek(linear, 10);
    return [s.let(i64.load(at, 0, 1)), s.let(i32.load16_u(at, 8, 1))];
  }
  const bits = BITS[format], word = c.load(linear, bits), zero = i32.const(0);
  if (bits === 64) return [as64(word), zero];
  if (format === 'Mf32') return [s.let(i64.extend_i32_u(as32(word))), zero];
  return [s.let(i64.extend_i32_s(bits === 16 ? i32.extend16_s(as32(word)) : as32(word))), zero];
};

/** What the bytes are as a number. */
export const convert = (format: Format, { s, f }: X87Instruction, [low, high]: Raw): Loaded => {
  if (format === 'Mf80') return { sig: low, se: high, status: i32.const(0) };
  if (format === 'Mf32' || format === 'Mf64') {
    const [sig, se, status] = s.call(format === 'Mf32' ? f.x87.fromF32 : f.x87.fromF64, low);
    return { sig, se, status };
  }
  const [sig, se] = format === 'Mbcd' ? s.call(f.x87.fromBcd, low, high) : s.call(f.x87.fromI64, low);
  return { sig, se, status: i32.const(0) };
};

const BYTES: Readonly<Record<Format, number>> = { Mf32: 4, Mf64: 8, Mf80: 10, Mw: 2, Md: 4, Mq: 8, Mbcd: 10 };
/** Rounding control of truncation, for FISTTP. */
const TRUNCATE = 0xc00;

type Pinned = ReturnType<X87Instruction['c']['pin']>;
export const pin = (format: Format) => ({ c }: X87Instruction, linear: Value<'i64'>): Pinned => c.pin(linear, BYTES[format]);

/** Stores ST(0) where that is allowed, and says so. */
export const deliver = (format: Format, truncate: boolean, { s, f, state }: X87Instruction, pinned: Pinned): Value<'i32'> => {
  const { at } = pinned;
  const when = (go: Value<'i32'>, write: () => void): Value<'i32'> => {
    s.if(go, () => {
      write();
      pinned.finish();
    });
    return go;
  };
  if (format === 'Mf80' || format === 'Mbcd') {
    const [low, high, go] = s.call(format === 'Mf80' ? f.toF80 : f.toBcd, state);
    return when(go, () => {
      s.i64.store(at, low, 0, 1);
      s.i32.store16(at, high, 8, 1);
    });
  }
  const [bits, go] = format === 'Mf32' ? s.call(f.toF32, state) : format === 'Mf64' ? s.call(f.toF64, state)
    : s.call(f.toInteger, state, truncate ? TRUNCATE : 0, BITS[format]);
  return when(go, () => {
    if (BYTES[format] === 8) s.i64.store(at, bits, 0, 1);
    else if (BYTES[format] === 4) s.i64.store32(at, bits, 0, 1);
    else s.i64.store16(at, bits, 0, 1);
  });
};
