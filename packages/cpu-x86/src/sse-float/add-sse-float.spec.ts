import { VCPU_STATE_SIZE, WORD_OFFSETS } from '@polyvisor/core';
import { ModuleBuilder } from '@polyvisor/wasm';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { addSseFloat } from './add-sse-float.ts';
import { DE, IE, OE, PE, UE, ZE } from './format.ts';

/** Where the state block lies. */
const STATE = 64;
const MXCSR = STATE + WORD_OFFSETS.mxcsr;
/** After reset: all masked, to nearest. */
const DEFAULT = 0x1f80;

const m = new ModuleBuilder();
m.export('memory', m.memory({ min: Math.ceil((STATE + VCPU_STATE_SIZE) / 0x10000) }));
const sse = addSseFloat(m);
for (const name of ['add', 'sub', 'mul', 'div', 'sqrt', 'min', 'compare', 'order', 'orderQuiet', 'fused'] as const) m.export(`f64.${name}`, sse.f64[name].func);
m.export('f32.reciprocal', sse.f32.reciprocal.func);
m.export('f32.reciprocalRoot', sse.f32.reciprocalRoot.func);
m.export('f64ToI32', sse.convert.f64ToI32.func);
// Answers 1 in place of the sum where #XM is due.
m.export('emitted', m.func('emitted', { params: ['i32', 'i64', 'i64'], results: ['i64'] }, (s, state, a, b) => {
  const [sum] = sse.f64.add.emit(s, state, [a, b], () => s.return(1));
  return sum;
}));
m.export('halves', m.func('halves', { params: ['i32', 'i64'], results: ['i64'] }, (s, state, a) => {
  const [rounded] = sse.f64.roundBy(0xb).emit(s, state, [a], () => s.return(0));
  return rounded;
}));

type Func = (...args: (number | bigint)[]) => [bigint, number];
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()));
const memory = new DataView((exports['memory'] as WebAssembly.Memory).buffer);
const call = (name: string, ...args: (number | bigint)[]): [bigint, number] => {
  const [bits, unmasked] = (exports[name] as Func)(STATE, ...args);
  return [typeof bits === 'bigint' ? BigInt.asUintN(64, bits) : bits, unmasked];
};

const view = new DataView(new ArrayBuffer(8));
const bits = (x: number): bigint => {
  view.setFloat64(0, x);
  return view.getBigUint64(0);
};
const setMxcsr = (value: number): void => memory.setUint32(MXCSR, value, true);
const flags = (): number => memory.getUint32(MXCSR, true) & 63;
const NAN = 0xfff8n << 48n;
const SMALLEST = 2 ** -1022;

describe('SSE floating point', () => {
  beforeEach(() => setMxcsr(DEFAULT));

  it('rounds a third to nearest, down and up, and says it is inexact', () => {
    expect(call('f64.div', bits(1), bits(3))).toEqual([bits(1 / 3), 0]);
    expect(flags()).toBe(PE);
    setMxcsr(DEFAULT | 0x4000);
    expect(call('f64.div', bits(1), bits(3))).toEqual([bits(1 / 3) + 1n, 0]);
    setMxcsr(DEFAULT | 0x2000);
    expect(call('f64.div', bits(-1), bits(3))).toEqual([bits(-1 / 3) + 1n, 0]);
  });

  it('keeps flags until they are cleared', () => {
    setMxcsr(DEFAULT | UE | PE);
    call('f64.add', bits(1), bits(1));
    expect(flags()).toBe(UE | PE);
  });

  it('answers masked exceptions with infinities, denormals and the default NaN', () => {
    expect(call('f64.div', bits(1), bits(-0))).toEqual([bits(-Infinity), 0]);
    expect(flags()).toBe(ZE);
    setMxcsr(DEFAULT);
    expect(call('f64.sub', bits(Infinity), bits(Infinity))).toEqual([NAN, 0]);
    expect(flags()).toBe(IE);
    setMxcsr(DEFAULT);
    expect(call('f64.mul', bits(2 ** 1000), bits(2 ** 1000))).toEqual([bits(Infinity), 0]);
    expect(flags()).toBe(OE | PE);
    setMxcsr(DEFAULT);
    expect(call('f64.div', bits(SMALLEST), bits(3))).toEqual([bits(SMALLEST / 3), 0]);
    expect(flags()).toBe(UE | PE);
  });

  it('takes denormals for zeros and flushes them where MXCSR says so', () => {
    setMxcsr(DEFAULT | 0x40);
    expect(call('f64.add', 1n, bits(0))).toEqual([0n, 0]);
    expect(flags()).toBe(0);
    setMxcsr(DEFAULT | 0x8000);
    expect(call('f64.mul', bits(-SMALLEST), bits(0.5))).toEqual([bits(-0), 0]);
    expect(flags()).toBe(UE | PE);
  });

  it('reports an unmasked exception, and hides what would follow it', () => {
    setMxcsr(DEFAULT & ~(DE << 7));
    expect(call('f64.mul', 1n, bits(0.3))[1]).toBe(DE);
    expect(flags()).toBe(DE);
  });

  it('takes the first NaN, made quiet', () => {
    const signaling = 0x7ff0_0000_0000_0001n, quiet = 0xfff8_0000_0000_0002n;
    expect(call('f64.add', quiet, signaling)).toEqual([quiet, 0]);
    expect(call('f64.add', signaling, quiet)).toEqual([0x7ff8_0000_0000_0001n, 0]);
    expect(flags()).toBe(IE);
  });

  it('gives the second operand of MINSD where one is a NaN or both are zeros', () => {
    expect(call('f64.min', bits(-0), bits(0))).toEqual([bits(0), 0]);
    expect(call('f64.min', NAN, bits(5))).toEqual([bits(5), 0]);
    expect(flags()).toBe(IE);
  });

  it('orders numbers into ZF, PF and CF', () => {
    expect(call('f64.order', bits(1), bits(2))[0]).toBe(1);
    expect(call('f64.order', bits(2), bits(2))[0]).toBe(0x40);
    expect(call('f64.order', bits(3), bits(2))[0]).toBe(0);
    expect(call('f64.orderQuiet', NAN, bits(2))[0]).toBe(0x45);
    expect(flags()).toBe(0);
    expect(call('f64.order', NAN, bits(2))[0]).toBe(0x45);
    expect(flags()).toBe(IE);
  });

  it('gives the integer indefinite for what does not fit', () => {
    expect(call('f64ToI32', bits(2 ** 31))).toEqual([-0x80000000, 0]);
    expect(flags()).toBe(IE);
    expect(call('f64ToI32', bits(2.5))).toEqual([2, 0]);
  });

  it('adds to a product before rounding', () => {
    const x = 1 + 2 ** -52;
    expect(call('f64.fused', bits(x), bits(x), bits(-(1 + 2 ** -51)), 0)).toEqual([bits(2 ** -104), 0]);
    expect(flags()).toBe(0);
  });

  it('calls the handler of the emitted form only where an exception is unmasked', () => {
    const emitted = exports['emitted'] as (...args: (number | bigint)[]) => bigint;
    expect(emitted(STATE, bits(0.1), bits(0.2))).toBe(bits(0.1 + 0.2));
    setMxcsr(DEFAULT & ~(PE << 7));
    expect(emitted(STATE, bits(0.5), bits(0.25))).toBe(bits(0.75));
    expect(emitted(STATE, bits(0.1), bits(0.2))).toBe(1n);
  });

  it('truncates without telling where the immediate suppresses it', () => {
    const halves = exports['halves'] as (state: number, x: bigint) => bigint;
    expect(BigInt.asUintN(64, halves(STATE, bits(-0.5)))).toBe(bits(-0));
    expect(flags()).toBe(0);
  });

  it('estimates reciprocals and their roots within 1.5 · 2^-12', () => {
    const single = (x: number): number => {
      view.setFloat32(0, x);
      return view.getInt32(0);
    };
    const value = (n: number): number => {
      view.setInt32(0, n);
      return view.getFloat32(0);
    };
    const bound = 1.5 * 2 ** -12;
    fc.assert(fc.property(fc.float({ min: Math.fround(2 ** -125), max: Math.fround(2 ** 125), noNaN: true }), (x) => {
      expect(Math.abs(value(Number(call('f32.reciprocal', single(x))[0])) * x - 1)).toBeLessThanOrEqual(bound);
      expect(Math.abs(value(Number(call('f32.reciprocalRoot', single(x))[0])) * Math.sqrt(x) - 1)).toBeLessThanOrEqual(bound);
    }));
    expect(flags()).toBe(0);
  });

  it('computes what JavaScript does, whether inexact results are known or not', () => {
    const ways = { add: (a: number, b: number) => a + b, sub: (a: number, b: number) => a - b, mul: (a: number, b: number) => a * b, div: (a: number, b: number) => a / b };
    const number = fc.double({ noNaN: true });
    fc.assert(fc.property(number, number, fc.boolean(), (a, b, known) => {
      for (const [name, way] of Object.entries(ways)) {
        setMxcsr(known ? DEFAULT | PE : DEFAULT);
        const expected = way(a, b);
        expect(call(`f64.${name}`, bits(a), bits(b))).toEqual([Number.isNaN(expected) ? NAN : bits(expected), 0]);
      }
    }));
  });

  it('finds a product exact exactly where the quotient leaves nothing', () => {
    fc.assert(fc.property(fc.integer({ min: 1 }), fc.integer({ min: 1 }), (a, b) => {
      setMxcsr(DEFAULT);
      const [product] = call('f64.mul', bits(a), bits(b));
      const exact = BigInt(a) * BigInt(b);
      expect(flags()).toBe(BigInt(a * b) === exact ? 0 : PE);
      expect(product).toBe(bits(a * b));
    }));
  });
});
