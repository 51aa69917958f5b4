import { VCPU_STATE_SIZE, WORD_OFFSETS } from '@polyvisor/core';
import { type Func, type FunctionBuilder, i32, i64, ModuleBuilder, v128, type Value } from '@polyvisor/wasm';
import { addSseFloat } from '../src/sse-float/add-sse-float.ts';
import type { AnyOperation } from '../src/sse-float/operation.ts';
import { type Operand, OPERATIONS, type TestOperation } from './operations.ts';
import { A_AT, B_AT, C_AT, caseNumber, FAULT_AT, INPUT, MXCSR_AT, OUTPUT, RESULT_AT } from './records.ts';

type I32 = Value<'i32'>;
/** Which form of the operations runs. */
export type Form = 'func' | 'emit';
type Shapes = Record<string, Record<string, AnyOperation | ((imm: number) => Pick<AnyOperation, 'emit'>)>>;

const PLACE = { a: A_AT, b: B_AT, c: C_AT } as const;
const PAGE = 0x10000;

/** The operations over records in memory, so that JavaScript is out of the way. */
export class Driver {
  readonly #run: Record<Form, (count: number) => void>;
  readonly input: DataView;
  readonly output: DataView;
  readonly capacity: number;
  /** Size of the module. */
  readonly bytes: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    const stateSize = Math.ceil(VCPU_STATE_SIZE / PAGE) * PAGE;
    const inputSize = Math.ceil((capacity * INPUT) / PAGE) * PAGE;
    const outputSize = Math.ceil((capacity * OUTPUT) / PAGE) * PAGE;
    const m = new ModuleBuilder();
    m.export('memory', m.memory({ min: (stateSize + inputSize + outputSize) / PAGE }));
    const floats = addSseFloat(m);
    for (const form of ['func', 'emit'] as const) {
      m.export(form, addLoop(m, floats as unknown as Shapes, form, stateSize, stateSize + inputSize));
    }
    const module = m.toBytes();
    this.bytes = module.length;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module));
    const { buffer } = exports['memory'] as WebAssembly.Memory;
    this.input = new DataView(buffer, stateSize, inputSize);
    this.output = new DataView(buffer, stateSize + inputSize, outputSize);
    this.#run = exports as unknown as Record<Form, (count: number) => void>;
  }

  /** Runs the first records of `input`; `output` then holds as many results. */
  run(count: number, form: Form): void {
    this.#run[form](count);
  }
}

/** `loop(count)`: every record by its case. */
function addLoop(m: ModuleBuilder, shapes: Shapes, form: Form, input: number, output: number): Func {
  const { ptr } = m;
  const bodies = OPERATIONS.map((op, number) => op.imms.map((imm) => [caseNumber(number, imm), addCase(m, shapes, op, imm, form)] as const)).flat();
  const count = Math.max(...bodies.map(([number]) => number)) + 1;
  const table = m.table('funcref', { min: count, max: count });
  for (const [number, f] of bodies) m.elem({ mode: 'active', table, offset: number }, [f]);
  const type = m.type({ params: ['i32', 'i32', 'i32'], results: ['i32'] });
  return m.func(`loop.${form}`, { params: ['i32'], results: [] }, (s, records) => {
    const left = s.var(records);
    const from = s.var(i32.const(input));
    const to = s.var(i32.const(output));
    s.loop((next) => {
      const at = ptr.from_i32_u(s.let(from.get()));
      s.i32.store(ptr.from_i32_u(0), i32.load(at, 4), WORD_OFFSETS.mxcsr);
      const fault = s.call_indirect(table, type, s.let(i32.load(at)), 0, s.let(from.get()), s.let(to.get()));
      const place = ptr.from_i32_u(s.let(to.get()));
      s.i32.store(place, fault, FAULT_AT);
      s.i32.store(place, i32.load(ptr.from_i32_u(0), WORD_OFFSETS.mxcsr), MXCSR_AT);
      s.set(from, i32.add(from.get(), INPUT));
      s.set(to, i32.add(to.get(), OUTPUT));
      s.set(left, i32.sub(left.get(), 1));
      s.br_if(next, left.get());
    });
  });
}

/** `case(state, input, output)`: one operation with its immediate; gives 1 if #XM is due. */
function addCase(m: ModuleBuilder, shapes: Shapes, op: TestOperation, imm: number, form: Form): Func<readonly ['i32', 'i32', 'i32'], readonly ['i32']> {
  const operation = shapes[op.path[0]]?.[op.path[1]] as AnyOperation;
  return m.func(`${op.name}.${imm}.${form}`, { params: ['i32', 'i32', 'i32'], results: ['i32'] }, (body, state, input, output) => {
    const s = body as unknown as FunctionBuilder;
    const operands = op.operands.flatMap((operand) => load(m, s, input, operand));
    const immediate = op.passes === undefined ? [] : [i32.const(op.passes(imm))];
    if (form === 'func') {
      const results = s.call(operation.func, state, ...operands, ...immediate) as unknown as Value[];
      const unmasked = results.at(-1) as I32;
      s.if(unmasked, () => body.return(1));
      store(m, s, output, results.slice(0, -1));
      return i32.const(0);
    }
    const by = shapes[op.path[0]]?.[`${op.path[1]}By`];
    const emitter = typeof by === 'function' ? by(imm) : operation;
    const all = typeof by === 'function' ? operands : [...operands, ...immediate];
    store(m, s, output, emitter.emit(s, state, all, () => body.return(1)));
    return i32.const(0);
  });
}

function load(m: ModuleBuilder, s: FunctionBuilder, input: I32, [name, shape]: Operand): Value[] {
  const at = m.ptr.from_i32_u(input), offset = PLACE[name];
  if (shape === 'i32') return [s.let(i32.load(at, offset))];
  if (shape === 'i64') return [s.let(i64.load(at, offset))];
  if (shape === 'v128') return [s.let(v128.load(at, offset))];
  return [s.let(v128.load(at, offset)), s.let(v128.load(at, offset + 16))];
}

function store(m: ModuleBuilder, s: FunctionBuilder, output: I32, results: readonly Value[]): void {
  const at = m.ptr.from_i32_u(output);
  results.forEach((value, k) => {
    const type = value.type;
    if (type === 0x7f) s.i32.store(at, value as I32, RESULT_AT);
    else if (type === 0x7e) s.i64.store(at, value as Value<'i64'>, RESULT_AT);
    else s.v128.store(at, value as Value<'v128'>, RESULT_AT + 16 * k);
  });
}
