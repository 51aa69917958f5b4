import { type Arg, type FunctionBuilder, i32, i64, ModuleBuilder, type Value } from '@polyvisor/wasm';
import { addX87, type X87 } from '../src/x87/add-x87.ts';
import type { Constants } from '../src/x87/constants.ts';
import { OPERATIONS, type Operation, RECORD } from './records.ts';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;
type Builder = FunctionBuilder<readonly []>;

/** What memory holds where an instruction stores nothing, as in host-fpu.c. */
export const UNTOUCHED = i64.const(0xcccccccc | 0, 0xcccccccc | 0);

/** What an empty register gives. */
const INDEFINITE = i64.const(0, -0x40000000);

/** Operands of a record, and how to write its results. */
interface Slot {
  readonly a: I64;
  readonly ase: I32;
  readonly b: I64;
  readonly bse: I32;
  readonly cw: I32;
  readonly s: Builder;
  /** ST0, ST1 and the status word. */
  put(sig: Arg<'i64'>, se: Arg<'i32'>, sw: Arg<'i32'>, sig1: Arg<'i64'>, se1: Arg<'i32'>): void;
}

/** Writes a result to ST0, or leaves the operands where an unmasked exception prevents it. */
const register = (t: Slot, results: readonly [I64, I32, I32]): void => {
  const [sig, se, sw] = results;
  t.s.if(i32.and(i32.and(sw, 7), i32.xor(t.cw, 7)), () => t.put(t.a, t.ase, sw, t.b, t.bse), () => t.put(sig, se, sw, t.b, t.bse));
};

/** Writes what a store puts in memory, `se` being the two bytes after the first eight. */
const stored = (t: Slot, lo: I64, se: Arg<'i32'>, sw: I32): void => {
  t.s.if(i32.and(i32.and(sw, 0x1f), i32.xor(t.cw, 0x1f)), () => t.put(UNTOUCHED, 0xcccc, sw, 0, 0), () => t.put(lo, se, sw, 0, 0));
};

type Body = (x: X87, t: Slot) => void;
const binary = (name: 'add' | 'sub' | 'mul' | 'div' | 'scale' | 'remainder' | 'remainderNearest' | 'fpatan' | 'fyl2x' | 'fyl2xp1'): Body => (x, t) =>
  register(t, t.s.call(x[name], t.a, t.ase, t.b, t.bse, t.cw));
const unary = (name: 'sqrt' | 'roundToInteger' | 'f2xm1' | 'fsin' | 'fcos' | 'fptan'): Body => (x, t) => register(t, t.s.call(x[name], t.a, t.ase, t.cw));
const compare = (name: 'compareOrdered' | 'compareUnordered'): Body => (x, t) =>
  t.put(t.a, t.ase, t.s.call(x[name], t.a, t.ase, t.b, t.bse), t.b, t.bse);

/** Writes what a load pushes; only an invalid operand prevents it, a denormal does not. */
const loaded = (t: Slot, sig: I64, se: I32, sw: Arg<'i32'>): void => {
  const faults = typeof sw === 'number' ? i32.const(0) : i32.and(i32.and(sw, 1), i32.xor(t.cw, 1));
  t.s.if(faults, () => t.put(INDEFINITE, 0xffff, sw, 0, 0), () => t.put(sig, se, sw, 0, 0));
};
const integer = (bits: 16 | 32 | 64, truncate = false): Body => (x, t) => {
  const [n, sw] = t.s.call(x.toInteger, t.a, t.ase, truncate ? i32.or(t.cw, 0xc00) : t.cw, bits);
  stored(t, bits === 64 ? n : i64.or(i64.and(n, i64.const((1n << BigInt(bits)) - 1n)), i64.and(UNTOUCHED, i64.const(-1n << BigInt(bits)))), 0xcccc, sw);
};
const constant = (name: keyof Constants): Body => (x, t) => {
  const [sig, se] = t.s.call(x[name], t.cw);
  loaded(t, sig, se, 0);
};
const fromInteger = (extend: (n: I64) => I64): Body => (x, t) => {
  const [sig, se] = t.s.call(x.fromI64, extend(t.a));
  loaded(t, sig, se, 0);
};

const BODIES: Partial<Record<Operation, Body>> = {
  add: binary('add'), sub: binary('sub'), mul: binary('mul'), div: binary('div'), sqrt: unary('sqrt'),
  compareOrdered: compare('compareOrdered'), compareUnordered: compare('compareUnordered'),
  test: (x, t) => t.put(t.a, t.ase, t.s.call(x.compareOrdered, t.a, t.ase, 0, 0), t.b, t.bse),
  examine: (x, t) => t.put(t.a, t.ase, t.s.call(x.examine, t.a, t.ase), t.b, t.bse),
  roundToInteger: unary('roundToInteger'), scale: binary('scale'),
  extract: (x, t) => {
    const [sig, se, power, exponent, sw] = t.s.call(x.extract, t.a, t.ase, t.cw);
    t.s.if(i32.and(i32.and(sw, 7), i32.xor(t.cw, 7)), () => t.put(t.a, t.ase, sw, t.b, t.bse), () => t.put(sig, se, sw, power, exponent));
  },
  remainder: binary('remainder'), remainderNearest: binary('remainderNearest'),
  fromF32: (x, t) => loaded(t, ...t.s.call(x.fromF32, t.a)),
  fromF64: (x, t) => loaded(t, ...t.s.call(x.fromF64, t.a)),
  fromI16: fromInteger(i64.extend16_s), fromI32: fromInteger(i64.extend32_s), fromI64: fromInteger((n) => n),
  toF32: (x, t) => {
    const [bits, sw] = t.s.call(x.toF32, t.a, t.ase, t.cw);
    stored(t, i64.or(bits, i64.and(UNTOUCHED, i64.const(-1n << 32n))), 0xcccc, sw);
  },
  toF64: (x, t) => {
    const [bits, sw] = t.s.call(x.toF64, t.a, t.ase, t.cw);
    stored(t, bits, 0xcccc, sw);
  },
  toI16: integer(16), toI32: integer(32), toI64: integer(64),
  truncateI16: integer(16, true), truncateI32: integer(32, true), truncateI64: integer(64, true),
  toBcd: (x, t) => stored(t, ...t.s.call(x.toBcd, t.a, t.ase, t.cw)),
  fromBcd: (x, t) => {
    const [sig, se] = t.s.call(x.fromBcd, t.a, t.ase);
    loaded(t, sig, se, 0);
  },
  log2Of10: constant('log2Of10'), log2OfE: constant('log2OfE'), pi: constant('pi'), log10Of2: constant('log10Of2'),
  lnOf2: constant('lnOf2'),
  f2xm1: unary('f2xm1'), fyl2x: binary('fyl2x'), fyl2xp1: binary('fyl2xp1'), fpatan: binary('fpatan'),
  fsin: unary('fsin'), fcos: unary('fcos'), fptan: unary('fptan'),
  fsincos: (x, t) => {
    const [sine, sse, cosine, cse, sw] = t.s.call(x.fsincos, t.a, t.ase, t.cw);
    t.put(cosine, cse, sw, sine, sse);
  },
};
/** The operations whose results are held against exact ones; of FPTAN the tangent is in ST0. */
export const TRANSCENDENTAL = ['f2xm1', 'fyl2x', 'fyl2xp1', 'fptan', 'fpatan', 'fsin', 'fcos'] as const;
/** The operations whose every bit is that of the host. */
export const DRIVEN = OPERATIONS.filter((op) => BODIES[op] !== undefined && !/^f(?:2|yl|ptan|patan|sin|cos)/.test(op));

/** The functions over records in memory, so that JavaScript is out of the way. */
export class Driver {
  readonly #run: (count: number) => void;
  readonly input: DataView;
  readonly output: DataView;
  readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    const m = new ModuleBuilder();
    const half = Math.ceil((capacity * RECORD) / 0x10000) * 0x10000;
    m.export('memory', m.memory({ min: (2 * half) / 0x10000 }));
    const x = addX87(m);
    const { ptr } = m;
    const run = m.func('run', { params: ['i32'], results: [] }, (s, count) => {
      const at = s.var(i32.const(0));
      s.loop((next) => {
        const place = s.let(at.get());
        const address = s.let(ptr.from_i32_u(place));
        const slot: Slot = {
          s,
          a: s.let(i64.load(address)), b: s.let(i64.load(address, 8)), ase: s.let(i32.load16_u(address, 16)),
          bse: s.let(i32.load16_u(address, 18)), cw: s.let(i32.load16_u(address, 20)),
          put: (sig, se, sw, sig1, se1) => {
            s.i64.store(address, sig, half);
            s.i32.store16(address, se, half + 8);
            s.i32.store16(address, sw, half + 10);
            s.i32.store16(address, se1, half + 12);
            s.i64.store(address, sig1, half + 16);
          },
        };
        const cases = OPERATIONS.map((op) => {
          const body = BODIES[op];
          return body && (() => body(x, slot));
        });
        s.switch(i32.load16_u(address, 22), cases, () => s.unreachable());
        s.set(at, i32.add(place, RECORD));
        s.br_if(next, i32.lt_u(at.get(), i32.mul(count, RECORD)));
      });
    });
    m.export('run', run);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()));
    const { buffer } = exports['memory'] as WebAssembly.Memory;
    this.input = new DataView(buffer, 0, half);
    this.output = new DataView(buffer, half, half);
    this.#run = exports['run'] as (count: number) => void;
  }

  /** Runs the first records of `input`; `output` then holds as many results. */
  run(count: number): void {
    this.#run(count);
  }
}
