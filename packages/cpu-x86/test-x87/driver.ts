import { type Arg, type FunctionBuilder, i32, i64, ModuleBuilder, type Value } from '@polyvisor/wasm';
import { addX87, type X87 } from '../src/x87/add-x87.ts';
import { OPERATIONS, type Operation, RECORD } from './records.ts';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;
type Builder = FunctionBuilder<readonly []>;

/** What memory holds where an instruction stores nothing, as in host-fpu.c. */
export const UNTOUCHED = i64.const(0xcccccccc | 0, 0xcccccccc | 0);

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

type Body = (x: X87, t: Slot) => void;
const binary = (name: 'add' | 'sub' | 'mul' | 'div'): Body => (x, t) =>
  register(t, t.s.call(x[name], t.a, t.ase, t.b, t.bse, t.cw));
const unary = (name: 'sqrt'): Body => (x, t) => register(t, t.s.call(x[name], t.a, t.ase, t.cw));

const BODIES: Partial<Record<Operation, Body>> = {
  add: binary('add'), sub: binary('sub'), mul: binary('mul'), div: binary('div'), sqrt: unary('sqrt'),
};
export const DRIVEN = OPERATIONS.filter((op) => BODIES[op] !== undefined);

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
