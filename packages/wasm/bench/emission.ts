/**
 * How fast modules are emitted, in the shape the translator emits them: regions of guest-like instructions, each with
 * an inline address check, flags and a branch hint. Prints numbers and asserts none.
 *
 * Run with `node --conditions=@polyvisor/source packages/wasm/bench/emission.ts`.
 */
import { i32, i64, likely, ModuleBuilder, readModule, type FunctionBuilder, type Local } from '@polyvisor/wasm';

const REGIONS = 20;
const INSTRUCTIONS = 150;
const ROUNDS = 60;

interface Machine {
  readonly registers: readonly Local<'i64'>[];
  readonly flags: Local<'i64'>;
  readonly pc: Local<'i32'>;
}

/** `add r, [base + disp]`: address, TLB check, load, add, lazy flags. */
const addFromMemory = (s: FunctionBuilder, m: ModuleBuilder, { registers, flags, pc }: Machine, n: number): void => {
  const { ptr } = m;
  const base = registers[n % 16];
  const target = registers[(n * 7 + 3) % 16];
  if (base === undefined || target === undefined) return;
  const address = s.let(i64.add(base.get(), (n * 24) & 0x1ff));
  const page = s.let(i32.wrap_i64(i64.shr_u(address, 12)));
  const entry = s.let(i32.shl(i32.and(page, 0x3ff), 4));
  s.if(likely(i32.eq(i32.load(ptr.from_i32_u(entry), 0x10000), page)), () => {
    const host = i32.add(i32.load(ptr.from_i32_u(entry), 0x10008), i32.wrap_i64(address));
    const value = s.let(i64.load(ptr.from_i32_u(host)));
    const sum = s.let(i64.add(target.get(), value));
    s.set(target, sum);
    s.set(flags, sum);
    s.set(pc, n);
  }, () => s.return(i32.const(n)));
};

/** `lea`-like arithmetic between registers. */
const arithmetic = (s: FunctionBuilder, { registers, flags }: Machine, n: number): void => {
  const a = registers[n % 16];
  const b = registers[(n * 5 + 1) % 16];
  if (a === undefined || b === undefined) return;
  const mixed = s.let(i64.xor(i64.add(a.get(), i64.shl(b.get(), n & 3)), i64.const(0x1234567, n)));
  s.set(a, i64.and(mixed, i64.const(-1, 0x7fffffff)));
  s.set(flags, i64.extend_i32_u(i64.eqz(mixed)));
};

const build = (check: boolean): Uint8Array => {
  const m = new ModuleBuilder({ check, names: false });
  m.importMemory('host', 'memory', { min: 16, max: 65536, shared: true });
  for (let region = 0; region < REGIONS; region++) {
    const func = m.func(`region${region}`, { params: ['i32'], results: ['i32'] }, (s, state) => {
      const registers = Array.from({ length: 16 }, (_, r) => s.var(i64.load(m.ptr.from_i32_u(state), r * 8)));
      const machine = { registers, flags: s.local('i64'), pc: s.local('i32') };
      for (let n = 0; n < INSTRUCTIONS; n++) {
        if (n % 2 === 0) addFromMemory(s, m, machine, n);
        else arithmetic(s, machine, n);
      }
      return machine.pc.get();
    });
    m.export(`region${region}`, func);
  }
  return m.toBytes();
};

const measure = (title: string, check: boolean, rounds: number): void => {
  const bytes = build(check);
  const ops = readModule(bytes).code.reduce((sum, code) => sum + code.instructions.length, 0);
  for (let i = 0; i < rounds / 3; i++) build(check);
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    build(check);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const median = times[times.length >> 1] ?? 0;
  const guest = REGIONS * INSTRUCTIONS;
  console.log(
    `${title}: ${(ops / median / 1000).toFixed(1)} M wasm ops/s, ${((median * 1000) / guest).toFixed(2)} us and ` +
    `${(ops / guest).toFixed(1)} ops a guest instruction, ${bytes.length} bytes (${(bytes.length / ops).toFixed(2)} an op), ` +
    `median ${median.toFixed(2)} ms, best ${(times[0] ?? 0).toFixed(2)} ms`,
  );
};

/** The shape of a build-time interpreter: one `br_table` over many handlers. */
const interpreter = (handlers: number): Uint8Array => {
  const m = new ModuleBuilder({ check: false });
  m.importMemory('host', 'memory', { min: 16, max: 65536, shared: true });
  m.func('run', { params: ['i32'], results: ['i32'] }, (s, start) => {
    const pc = s.var(start);
    const machine = { registers: Array.from({ length: 16 }, () => s.local('i64')), flags: s.local('i64'), pc };
    s.loop((next) => {
      const op = s.let(i32.load16_u(m.ptr.from_i32_u(pc.get())));
      s.switch(op, Array.from({ length: handlers }, (_, n) => () => {
        addFromMemory(s, m, machine, n);
        s.br(next);
      }), () => s.return(0));
    });
  });
  return m.toBytes();
};

if (!WebAssembly.validate(build(true) as Uint8Array<ArrayBuffer>)) throw new Error('the benchmark builds an invalid module');
measure('unchecked', false, ROUNDS);
measure('checked', true, ROUNDS / 3);

const start = performance.now();
const bytes = interpreter(3000);
const took = performance.now() - start;
const locals = readModule(bytes).code[0]?.locals.length ?? 0;
console.log(`interpreter of 3,000 handlers: ${took.toFixed(1)} ms, ${bytes.length} bytes, ${locals} locals`);
