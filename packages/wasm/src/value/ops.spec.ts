import { describe, expect, expectTypeOf, it } from 'vitest';
import { ModuleBuilder } from '../build/module-builder.ts';
import { WasmBuildError } from '../errors.ts';
import { listing } from '../testing/listing.ts';
import { f32, f32x4, f64, f64x2, i16x8, i32, i32x4, i64, i64x2, i8x16, memory, v128 } from './ops.ts';
import type { Value } from './value.ts';

const x = i32.const(1);
const y = i64.const(1);
const { ptr } = new ModuleBuilder();

const constants = (make: () => Value<'v128'>): string[] =>
  listing((m) => m.func('f', { params: [], results: ['v128'] }, () => make()));

describe('the types of values', () => {
  it('refuse operands of another type at compile time and, where a cast hid it, when built', () => {
    // @ts-expect-error an i64 is no i32
    expect(() => i32.add(x, y)).toThrow('i32.add: expected i32, got i64');
    // @ts-expect-error an i32 is no i64
    expect(() => i64.add(x, 1)).toThrow(WasmBuildError);
    // @ts-expect-error a comparison gives an i32
    expect(() => i64.eqz(i64.eq(y, y))).toThrow(WasmBuildError);
    // @ts-expect-error a float is no vector
    expect(() => f32x4.add(f32.const(1), f32x4.splat(1))).toThrow(WasmBuildError);
  });

  it('tell addresses from integers', () => {
    // @ts-expect-error an i32 is no address until it is made one
    expect(i32.load(x)).toBeDefined();
    // @ts-expect-error nor is an address an i32
    expect(i32.add(ptr.const(4), 1)).toBeDefined();
    expectTypeOf(ptr.from_i32_u(x)).toEqualTypeOf<Value<'ptr'>>();
    expectTypeOf(memory.size()).toEqualTypeOf<Value<'ptr'>>();
  });

  it('follow from the table', () => {
    expectTypeOf(i32.load8_u(0)).toEqualTypeOf<Value<'i32'>>();
    expectTypeOf(i64.atomic.rmw32.cmpxchg_u(0, 1, 2)).toEqualTypeOf<Value<'i64'>>();
    expectTypeOf(i64.extend_i32_u(x)).toEqualTypeOf<Value<'i64'>>();
    expectTypeOf(f64x2.extract_lane(f64x2.splat(1), 1)).toEqualTypeOf<Value<'f64'>>();
    expectTypeOf<keyof typeof i64.atomic>().toEqualTypeOf<
      'load' | 'load8_u' | 'load16_u' | 'load32_u' | 'rmw' | 'rmw8' | 'rmw16' | 'rmw32'
    >();
    // @ts-expect-error a store gives no value
    expect(i32.store).toBeUndefined();
    // @ts-expect-error there is no such instruction
    expect(i32.nand).toBeUndefined();
  });
});

describe('constants', () => {
  it('of 64 bits come from safe integers, bigints and halves alike', () => {
    const [a, b, c] = [i64.const(-2), i64.const(-2n), i64.const(-2, -1)];
    expect([a.x, a.y]).toEqual([-2, -1]);
    expect([b.x, b.y]).toEqual([-2, -1]);
    expect([c.x, c.y]).toEqual([-2, -1]);
    expect([i64.const(2 ** 40 + 5).x, i64.const(2 ** 40 + 5).y]).toEqual([5, 256]);
    expect([i64.const(0x8000_0000_0000_0000n).x, i64.const(0x8000_0000_0000_0000n).y]).toEqual([0, -0x80000000]);
  });

  it('of 32 bits may be signed or unsigned, and must fit', () => {
    expect(i32.const(0xffffffff).x).toBe(-1);
    expect(() => i32.const(2 ** 32)).toThrow('4294967296 does not fit 32 bits');
    expect(() => i32.add(x, 0.5)).toThrow('does not fit');
    expect(() => i64.const(2 ** 53)).toThrow('no safe integer');
  });

  it('of vectors are written lane by lane', () => {
    const ones = 'v128.const i8x16 1 0 0 0 1 0 0 0 1 0 0 0 1 0 0 0';
    expect(constants(() => i32x4.const(1, 1, 1, 1))).toEqual([ones]);
    expect(constants(() => i64x2.const(0x1_0000_0001, 0x1_0000_0001n))).toEqual([ones]);
    expect(constants(() => i16x8.const(1, 0, 1, 0, 1, 0, 1, 0))).toEqual([ones]);
    expect(constants(() => i8x16.const(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0))).toEqual([ones]);
    expect(constants(() => v128.const([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]))).toEqual([ones]);
    expect(constants(() => f32x4.const(1, 0, 0, 0))).toEqual(['v128.const i8x16 0 0 128 63 0 0 0 0 0 0 0 0 0 0 0 0']);
    expect(constants(() => f64x2.const(1, 0))).toEqual(['v128.const i8x16 0 0 0 0 0 0 240 63 0 0 0 0 0 0 0 0']);
    expect(() => i32x4.const(1)).toThrow('wants 4 lanes');
    expect(() => v128.const([1])).toThrow('sixteen');
  });

  it('of floats stand as numbers where a float is wanted', () => {
    const code = listing((m) => m.func('f', { params: [], results: ['f64'] }, () => f64.add(f64.promote_f32(0.5), Infinity)));
    expect(code).toEqual(['f32.const 0.5', 'f64.promote_f32', 'f64.const inf', 'f64.add']);
  });
});

describe('immediates', () => {
  it('must be lanes that exist', () => {
    expect(() => i32x4.extract_lane(i32x4.splat(1), 4)).toThrow('no lane 4 of 4');
    expect(() => v128.load8_lane(0, i32x4.splat(1), 16)).toThrow('no lane 16');
    expect(() => i8x16.shuffle(i32x4.splat(1), i32x4.splat(1), [32])).toThrow('sixteen lanes');
  });

  it('must be an alignment that the access allows', () => {
    expect(() => i32.load(0, 0, 8)).toThrow('alignment 8');
    expect(() => i32.load(0, 0, 3)).toThrow('alignment 3');
    expect(() => i32.atomic.load(0, 0, 2)).toThrow('aligned to 4');
  });

  it('must be an offset that fits', () => {
    expect(() => i32.load(0, -1)).toThrow('offset -1');
    expect(() => i32.load(0, 2 ** 32)).toThrow('offset');
    expect(() => i32.load(-4)).toThrow('-4 is no address');
  });
});
