/** Conversions (Intel SDM vol. 2A, "CVTDQ2PD" to "CVTTSS2SI", vol. 2C, "VCVTPH2PS" and "VCVTPS2PH"). */
import { i64x2, type Value } from '@polyvisor/wasm';
import type { EmitContext, Meaning } from '../../context.ts';
import type { Vector128 } from '../operands.ts';
import { firstSource, immediate, shuffle, vectorMeanings } from '../shapes.ts';
import { BITS, type Single } from './arithmetic.ts';
import { compute, computeNumber, operation } from './operations.ts';

const ZERO = i64x2.const(0, 0);

const convert = (c: EmitContext, name: string, operands: Value[]): Vector128[] => compute(c, operation(c, 'convert', name), operands) as Vector128[];
/** Whether either side is a YMM register, or memory of that size. */
const isWide = (c: EmitContext): boolean => c.vectors.bits(0) === 256 || c.vectors.bits(1) === 256;

/** Between vectors; operations of 128 and of 256 bits. Where the results are fewer than a register has, zero fills it. */
const packed = (short: string, wide: string): Meaning => (c) => {
  const name = isWide(c) ? wide : short;
  c.vectors.set(0, convert(c, name, c.vectors.get(1)));
};

/** Between two numbers in vector registers. */
const resize = (from: Single, to: Single, name: string): Meaning => (c) => {
  const x = c.vectors.low(firstSource(c) + 1, BITS[from]);
  c.vectors.setLow(computeNumber(c, 'convert', name, [x]), BITS[to]);
};
const fromInteger = (to: Single): Meaning => (c) => {
  const source = firstSource(c) + 1, bits = c.vectors.bits(source) === 64 ? 64 : 32;
  const x = c.vectors.low(source, bits);
  c.vectors.setLow(computeNumber(c, 'convert', `i${bits}ToF${BITS[to]}`, [x]), BITS[to]);
};
const toInteger = (from: Single, truncating: boolean): Meaning => (c) => {
  const x = c.vectors.low(1, BITS[from]);
  c.set(0, computeNumber(c, 'convert', `f${BITS[from]}ToI${c.sizeOf(0)}${truncating ? 'Truncating' : ''}`, [x]));
};

/** Before exceptions of the numbers: no manual says, AMD's processors of family 26 do it. */
const enterMmx = (c: EmitContext): void => {
  if (c.vectors.mmx) c.vectors.enterMmx();
};
/** The low half of a lane, above it zero, which raises nothing. */
const lowHalf = (c: EmitContext, a: Vector128): Vector128 => c.s.let(shuffle(a, ZERO, 8, [0, 2]));
/** Two numbers of the source, of which the XMM register's low half may be the rest. */
const toMmx = (name: string, half: boolean): Meaning => (c) => {
  const [a = ZERO] = c.vectors.get(1);
  enterMmx(c);
  c.vectors.set(0, convert(c, name, [half && !c.isMemory(1) ? lowHalf(c, a) : a]));
};
const mmxToSingles: Meaning = (c) => {
  const [b = ZERO] = c.vectors.get(1), [a = ZERO] = c.vectors.get(0);
  enterMmx(c);
  const [both = ZERO] = convert(c, 'i32x4ToF32x4', [b]);
  c.vectors.set(0, [c.s.let(shuffle(both, a, 8, [0, 3]))]);
};

const singlesToHalves: Meaning = (c) => {
  const { s } = c, lanes = c.vectors.get(1), imm = immediate(c), name = lanes.length === 2 ? 'f32x8ToF16x8' : 'f32x4ToF16x8';
  if (!c.isMemory(0)) {
    c.vectors.set(0, convert(c, name, [...lanes, imm]));
    return;
  }
  // A page that cannot be written comes before any exception of the numbers.
  const bytes = c.vectors.bits(0) / 8, place = c.pin(c.linear(), bytes);
  const [halves = ZERO] = convert(c, name, [...lanes, imm]);
  if (bytes === 8) s.v128.store64_lane(place.at, halves, 0, 0, 1);
  else s.v128.store(place.at, halves, 0, 1);
  place.finish();
};

export const floatConversions = vectorMeanings({
  CVTPS2PD: packed('f32x4ToF64x2', 'f32x4ToF64x4'), CVTPD2PS: packed('f64x2ToF32x4', 'f64x4ToF32x4'),
  CVTDQ2PS: packed('i32x4ToF32x4', 'i32x8ToF32x8'), CVTDQ2PD: packed('i32x4ToF64x2', 'i32x4ToF64x4'),
  CVTPS2DQ: packed('f32x4ToI32x4', 'f32x8ToI32x8'), CVTTPS2DQ: packed('f32x4ToI32x4Truncating', 'f32x8ToI32x8Truncating'),
  CVTPD2DQ: packed('f64x2ToI32x4', 'f64x4ToI32x4'), CVTTPD2DQ: packed('f64x2ToI32x4Truncating', 'f64x4ToI32x4Truncating'),
  CVTSS2SD: resize('f32', 'f64', 'f32ToF64'), CVTSD2SS: resize('f64', 'f32', 'f64ToF32'),
  CVTSI2SS: fromInteger('f32'), CVTSI2SD: fromInteger('f64'),
  CVTSS2SI: toInteger('f32', false), CVTTSS2SI: toInteger('f32', true), CVTSD2SI: toInteger('f64', false), CVTTSD2SI: toInteger('f64', true),
  CVTPI2PS: mmxToSingles, CVTPI2PD: packed('i32x4ToF64x2', 'i32x4ToF64x4'),
  CVTPS2PI: toMmx('f32x4ToI32x4', true), CVTTPS2PI: toMmx('f32x4ToI32x4Truncating', true),
  CVTPD2PI: toMmx('f64x2ToI32x4', false), CVTTPD2PI: toMmx('f64x2ToI32x4Truncating', false),
  CVTPH2PS: packed('f16x8ToF32x4', 'f16x8ToF32x8'), CVTPS2PH: singlesToHalves,
});
