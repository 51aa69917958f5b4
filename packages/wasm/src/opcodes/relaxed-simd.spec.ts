import { describe, expect, it } from 'vitest';
import { buildOps, OpRunner } from '../testing/op-module.ts';
import { readFloats, readLanes, writeFloats, writeLanes } from '../testing/vector-reference.ts';
import { relaxedSimdOps } from './relaxed-simd.ts';

// Older engines lack the extension; the encoding is then only checked by the disassembler's tests.
const supported = WebAssembly.validate(buildOps((name) => name === 'i8x16.relaxed_swizzle'));

const f32 = (...lanes: number[]): Uint8Array => writeFloats(lanes, 32);
const f64 = (...lanes: number[]): Uint8Array => writeFloats(lanes, 64);
const all = (lane: bigint, bits: number): Uint8Array => writeLanes(new Array<bigint>(128 / bits).fill(lane), bits);

/** Operands for which every processor agrees, the lanes expected, and how to read them. */
const samples: Record<string, readonly [Uint8Array[], number[], (bytes: Uint8Array) => unknown]> = {
  'i8x16.relaxed_swizzle': [[writeLanes([0x0f0e0d0c0b0a0908_0706050403020100n], 128), all(5n, 8)], new Array<number>(16).fill(5), (b) => lanes(b, 8)],
  'i32x4.relaxed_trunc_f32x4_s': [[f32(-1.5, 2.9, 0, 7)], [0xffffffff, 2, 0, 7], (b) => lanes(b, 32)],
  'i32x4.relaxed_trunc_f32x4_u': [[f32(3e9, 2.9, 0, 7)], [3e9, 2, 0, 7], (b) => lanes(b, 32)],
  'i32x4.relaxed_trunc_f64x2_s_zero': [[f64(-1.5, 2.9)], [0xffffffff, 2, 0, 0], (b) => lanes(b, 32)],
  'i32x4.relaxed_trunc_f64x2_u_zero': [[f64(3e9, 2.9)], [3e9, 2, 0, 0], (b) => lanes(b, 32)],
  'f32x4.relaxed_madd': [[f32(1, 2, 3, 4), f32(5, 6, 7, 8), f32(1, 1, 1, 1)], [6, 13, 22, 33], (b) => readFloats(b, 32)],
  'f32x4.relaxed_nmadd': [[f32(1, 2, 3, 4), f32(5, 6, 7, 8), f32(1, 1, 1, 1)], [-4, -11, -20, -31], (b) => readFloats(b, 32)],
  'f64x2.relaxed_madd': [[f64(2, 3), f64(4, 5), f64(1, 1)], [9, 16], (b) => readFloats(b, 64)],
  'f64x2.relaxed_nmadd': [[f64(2, 3), f64(4, 5), f64(1, 1)], [-7, -14], (b) => readFloats(b, 64)],
  'i8x16.relaxed_laneselect': [[all(1n, 8), all(2n, 8), writeLanes([0xffn], 8)], [1, ...new Array<number>(15).fill(2)], (b) => lanes(b, 8)],
  'i16x8.relaxed_laneselect': [[all(1n, 16), all(2n, 16), writeLanes([0xffffn], 16)], [1, ...new Array<number>(7).fill(2)], (b) => lanes(b, 16)],
  'i32x4.relaxed_laneselect': [[all(1n, 32), all(2n, 32), writeLanes([0xffffffffn], 32)], [1, 2, 2, 2], (b) => lanes(b, 32)],
  'i64x2.relaxed_laneselect': [[all(1n, 64), all(2n, 64), all(-1n, 64)], [1, 1], (b) => lanes(b, 64)],
  'f32x4.relaxed_min': [[f32(1, 5, -2, 8), f32(3, 4, -1, 9)], [1, 4, -2, 8], (b) => readFloats(b, 32)],
  'f32x4.relaxed_max': [[f32(1, 5, -2, 8), f32(3, 4, -1, 9)], [3, 5, -1, 9], (b) => readFloats(b, 32)],
  'f64x2.relaxed_min': [[f64(1, 5), f64(3, 4)], [1, 4], (b) => readFloats(b, 64)],
  'f64x2.relaxed_max': [[f64(1, 5), f64(3, 4)], [3, 5], (b) => readFloats(b, 64)],
  'i16x8.relaxed_q15mulr_s': [[all(0x4000n, 16), all(0x2000n, 16)], new Array<number>(8).fill(0x1000), (b) => lanes(b, 16)],
  'i16x8.relaxed_dot_i8x16_i7x16_s': [[all(0xffn, 8), all(3n, 8)], new Array<number>(8).fill(0xfffa), (b) => lanes(b, 16)],
  'i32x4.relaxed_dot_i8x16_i7x16_add_s': [[all(2n, 8), all(3n, 8), all(100n, 32)], new Array<number>(4).fill(124), (b) => lanes(b, 32)],
};

function lanes(bytes: Uint8Array, bits: number): number[] {
  return readLanes(bytes, bits).map(Number);
}

describe('relaxed vector instructions', () => {
  it('each have a sample', () => {
    expect(Object.keys(samples).toSorted()).toEqual(Object.keys(relaxedSimdOps).toSorted());
  });

  it.skipIf(!supported).each(Object.keys(relaxedSimdOps))('%s agrees with its sample', (name) => {
    const runner = new OpRunner((other) => other === name);
    const [operands, expected, read] = samples[name] ?? [[], [], () => undefined];
    expect(read(runner.run(name, operands))).toEqual(expected);
  });
});
