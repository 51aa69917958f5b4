import type { FunctionBuilder } from '../build/function-builder.ts';
import { ModuleBuilder } from '../build/module-builder.ts';
import { plainOps } from '../opcodes/index.ts';
import type { OpRow } from '../opcodes/op-table.ts';
import { factories } from '../value/factories.ts';
import type { Value } from '../value/value.ts';
import { f32, f64, i32, i64, v128 } from '../value/ops.ts';

/** Where tests put operands, the memory that an instruction accesses, and its result: sixteen bytes each. */
export const SLOTS = [0x100, 0x110, 0x120] as const;
export const TARGET = 0x200;
export const OUT = 0x300;

type Kind = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';
const loads = { i32: i32.load, i64: i64.load, f32: f32.load, f64: f64.load, v128: v128.load };
type Anything = (...args: unknown[]) => Value;

const storeResult = (s: FunctionBuilder, type: Kind, value: Value): void => {
  (s[type].store as unknown as (to: number, value: Value) => void)(OUT, value);
};

/** Emits one instruction on the operands in the slots, with a lane or lanes where it takes one. */
export const emitOp = (s: FunctionBuilder, name: string, row: OpRow, lane: unknown): void => {
  const [, operands, result, immediates = ''] = row;
  let slot = 0;
  const args: unknown[] = operands
    .split(' ')
    .filter((type) => type !== '')
    .map((type) => {
      if (type !== 'ptr') return loads[type as Kind](SLOTS[slot++] ?? 0);
      return immediates.startsWith('mem') && immediates !== 'memory' ? TARGET : 0;
    });
  if (immediates.includes('lane')) args.push(lane);
  const factory = factories.get(name) as unknown as Anything;
  const value = factory(...args);
  if (result === '') s.run(value);
  else storeResult(s, (result === 'ptr' ? 'i32' : result) as Kind, value);
};

/** Every choice of the lane immediate of a row: one shuffle stands for all. */
export const laneChoices = (row: OpRow): unknown[] => {
  const kind = row[3] ?? '';
  if (kind === 'lanes') return [[0, 17, 2, 19, 4, 21, 6, 23, 31, 9, 29, 11, 27, 13, 25, 15]];
  const count = /lane(\d+)/.exec(kind)?.[1];
  return count === undefined ? [undefined] : Array.from({ length: Number(count) }, (_, lane) => lane);
};

/** A module with a function `name` (or `name lane`) for each row that `wanted` chooses. */
export const buildOps = (wanted: (name: string, row: OpRow) => boolean): Uint8Array<ArrayBuffer> => {
  const m = new ModuleBuilder();
  const memory = m.memory({ min: 1, max: 16, shared: true });
  m.export('memory', memory);
  for (const [name, row] of Object.entries<OpRow>(plainOps)) {
    if (!wanted(name, row)) continue;
    for (const lane of laneChoices(row)) {
      const key = typeof lane === 'number' ? `${name} ${lane}` : name;
      m.export(key, m.func(key, { params: [], results: [] }, (s) => emitOp(s, name, row, lane)));
    }
  }
  return m.toBytes();
};

/** The instructions of a set, ready to run on operands given as bytes. */
export class OpRunner {
  readonly memory: Uint8Array;
  readonly #exports: WebAssembly.Exports;

  constructor(wanted: (name: string, row: OpRow) => boolean) {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(buildOps(wanted)));
    this.#exports = instance.exports;
    this.memory = new Uint8Array((instance.exports['memory'] as WebAssembly.Memory).buffer);
  }

  /** Runs an instruction; gives the sixteen bytes of the result's slot. */
  run(key: string, operands: readonly Uint8Array[], target?: Uint8Array): Uint8Array {
    this.memory.fill(0, OUT, OUT + 16);
    operands.forEach((bytes, i) => this.memory.set(bytes, SLOTS[i] ?? 0));
    if (target !== undefined) this.memory.set(target, TARGET);
    (this.#exports[key] as () => void)();
    return this.memory.slice(OUT, OUT + 16);
  }

  /** The sixteen bytes that memory instructions access. */
  target(): Uint8Array {
    return this.memory.slice(TARGET, TARGET + 16);
  }
}

/** Sixteen bytes that begin with a number of a type. */
export const bytesOf = (type: string, value: number | bigint): Uint8Array => {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  if (type === 'i32') view.setInt32(0, Number(BigInt.asIntN(32, BigInt(value))), true);
  else if (type === 'i64') view.setBigInt64(0, BigInt.asIntN(64, BigInt(value)), true);
  else if (type === 'f32') view.setFloat32(0, Number(value), true);
  else view.setFloat64(0, Number(value), true);
  return bytes;
};

/** The number of a type that bytes begin with; integers unsigned. */
export const numberOf = (type: string, bytes: Uint8Array): number | bigint => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (type === 'i32') return BigInt(view.getUint32(0, true));
  if (type === 'i64') return view.getBigUint64(0, true);
  return type === 'f32' ? view.getFloat32(0, true) : view.getFloat64(0, true);
};

