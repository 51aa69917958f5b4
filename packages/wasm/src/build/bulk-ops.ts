import { I32, PTR } from '../types.ts';
import { operand } from '../value/factories.ts';
import type { DataSegment, ElemSegment, Memory, Table } from '../value/items.ts';
import { type Arg, toValue, type Value } from '../value/value.ts';
import type { Emitter } from './emitter.ts';

/** What these statements need of the function builder. */
export interface BulkSink {
  readonly emitter: Emitter;
  settle(): void;
}

const emit = (sink: BulkSink, op: number, operands: readonly Value[], immediates: readonly number[]): void => {
  const { emitter } = sink;
  for (const value of operands) emitter.expr(value);
  emitter.checker?.popAll(operands.map((value) => value.type), op);
  emitter.stale?.calls();
  emitter.opcode(op);
  for (const immediate of immediates) emitter.out.u32(immediate);
  sink.settle();
};

/** Bulk memory instructions. Addresses and lengths of memories are pointers, offsets in segments are `i32`. */
export class MemoryStatements {
  readonly #sink: BulkSink;

  constructor(sink: BulkSink) {
    this.#sink = sink;
  }

  /** `memory.copy`: `count` bytes; the ranges may overlap. */
  copy(to: Arg<'ptr'>, from: Arg<'ptr'>, count: Arg<'ptr'>, toMemory?: Memory, fromMemory?: Memory): void {
    emit(this.#sink, 0xfc00a, [operand(to, PTR, 0xfc00a), operand(from, PTR, 0xfc00a), operand(count, PTR, 0xfc00a)],
      [toMemory?.index ?? 0, fromMemory?.index ?? 0]);
  }

  /** `memory.fill`: `count` bytes of a value's low eight bits. */
  fill(to: Arg<'ptr'>, byte: Arg<'i32'>, count: Arg<'ptr'>, memory?: Memory): void {
    emit(this.#sink, 0xfc00b, [operand(to, PTR, 0xfc00b), operand(byte, I32, 0xfc00b), operand(count, PTR, 0xfc00b)],
      [memory?.index ?? 0]);
  }

  /** `memory.init`: copies from a passive segment. */
  init(segment: DataSegment, to: Arg<'ptr'>, from: Arg<'i32'>, count: Arg<'i32'>, memory?: Memory): void {
    emit(this.#sink, 0xfc008, [operand(to, PTR, 0xfc008), operand(from, I32, 0xfc008), operand(count, I32, 0xfc008)],
      [segment.index, memory?.index ?? 0]);
  }
}

/** Bulk table instructions and `table.set`. */
export class TableStatements {
  readonly #sink: BulkSink;

  constructor(sink: BulkSink) {
    this.#sink = sink;
  }

  set<T extends 'funcref' | 'externref'>(table: Table<T>, index: Arg<'i32'>, reference: Value<NoInfer<T>>): void {
    emit(this.#sink, 0x26, [operand(index, I32, 0x26), operand(reference, table.code, 0x26)], [table.index]);
  }

  fill<T extends 'funcref' | 'externref'>(
    table: Table<T>, index: Arg<'i32'>, reference: Value<NoInfer<T>>, count: Arg<'i32'>,
  ): void {
    const operands = [operand(index, I32, 0xfc011), operand(reference, table.code, 0xfc011), operand(count, I32, 0xfc011)];
    emit(this.#sink, 0xfc011, operands, [table.index]);
  }

  copy(to: Table, from: Table, toIndex: Arg<'i32'>, fromIndex: Arg<'i32'>, count: Arg<'i32'>): void {
    emit(this.#sink, 0xfc00e, [toIndex, fromIndex, count].map((arg) => toValue(arg, I32)), [to.index, from.index]);
  }

  init(table: Table, segment: ElemSegment, to: Arg<'i32'>, from: Arg<'i32'>, count: Arg<'i32'>): void {
    emit(this.#sink, 0xfc00c, [to, from, count].map((arg) => toValue(arg, I32)), [segment.index, table.index]);
  }
}

/** `data.drop`. */
export class DataStatements {
  readonly #sink: BulkSink;

  constructor(sink: BulkSink) {
    this.#sink = sink;
  }

  drop(segment: DataSegment): void {
    emit(this.#sink, 0xfc009, [], [segment.index]);
  }
}

/** `elem.drop`. */
export class ElemStatements {
  readonly #sink: BulkSink;

  constructor(sink: BulkSink) {
    this.#sink = sink;
  }

  drop(segment: ElemSegment): void {
    emit(this.#sink, 0xfc00d, [], [segment.index]);
  }
}

