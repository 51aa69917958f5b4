import { I32, NONE, type TypeList } from '../types.ts';
import { callIndirectNode, callNode, operandsOf } from '../value/expressions.ts';
import { factories, operand } from '../value/factories.ts';
import type { Func, FuncType, Memory, Table } from '../value/items.ts';
import type { StatementOps } from '../value/op-types.ts';
import type { Arg, Args, Value } from '../value/value.ts';
import type { FunctionContext, Results } from './basic-builder.ts';
import { DataStatements, ElemStatements, MemoryStatements, TableStatements } from './bulk-ops.ts';
import { ControlBuilder } from './control-builder.ts';
import type { Emitter } from './emitter.ts';
import type { LocalPool } from './local-pool.ts';
import { statementClass, type StatementSink } from './statement-ops.ts';

type Loose = Value | number;

const I32Statements = statementClass('i32');
const I64Statements = statementClass('i64');
const F32Statements = statementClass('f32');
const F64Statements = statementClass('f64');
const V128Statements = statementClass('v128');
const AtomicStatements = statementClass('atomic');

type Store = (to: Loose, value: Loose, offset?: number, align?: number, memory?: Memory) => Value;
const storeOf = (name: string): Store => factories.get(name) as unknown as Store;
const store32 = storeOf('i32.store');
const store64 = storeOf('i64.store');

/** `s.ptr.store`: a pointer of the module's width. */
class PtrStatements {
  readonly #sink: StatementSink;
  readonly #store: Store;

  constructor(sink: StatementSink, ptrType: number) {
    this.#sink = sink;
    this.#store = ptrType === I32 ? store32 : store64;
  }

  store(to: Arg<'ptr'>, value: Arg<'ptr'>, offset?: number, align?: number, memory?: Memory): void {
    this.#sink.run(this.#store(to, value, offset, align, memory));
  }
}

/**
 * Builds the body of one function, statement by statement. Statements are emitted when their method is called;
 * expressions where a statement uses them.
 */
export class FunctionBuilder<R extends TypeList = TypeList> extends ControlBuilder {
  /** The function being built, for calls to itself. */
  readonly func: Func<TypeList, R>;
  readonly i32 = new I32Statements(this) as StatementOps<'i32'>;
  readonly i64 = new I64Statements(this) as StatementOps<'i64'>;
  readonly f32 = new F32Statements(this) as StatementOps<'f32'>;
  readonly f64 = new F64Statements(this) as StatementOps<'f64'>;
  readonly v128 = new V128Statements(this) as StatementOps<'v128'>;
  readonly atomic = new AtomicStatements(this) as StatementOps<'atomic'>;
  readonly memory = new MemoryStatements(this);
  readonly table = new TableStatements(this);
  readonly data = new DataStatements(this);
  readonly elem = new ElemStatements(this);
  readonly ptr: PtrStatements;

  constructor(context: FunctionContext, emitter: Emitter, locals: LocalPool, func: Func<TypeList, R>) {
    super(context, emitter, locals);
    this.func = func;
    this.ptr = new PtrStatements(this, context.ptrType);
  }

  /** Calls a function here and binds its results: nothing, a value, or an array of values. */
  call<P extends TypeList, Q extends TypeList>(func: Func<P, Q>, ...args: Args<P>): Results<Q> {
    return this.#bindCall(callNode(func, args, NONE), func.type.resultCodes) as Results<Q>;
  }

  /** Calls the function at an index of a table here and binds its results. The arguments are evaluated first. */
  call_indirect<P extends TypeList, Q extends TypeList>(
    table: Table, type: FuncType<P, Q>, index: Arg<'i32'>, ...args: Args<P>
  ): Results<Q> {
    const node = callIndirectNode(table, type, index, args, NONE);
    return this.#bindCall(node, type.resultCodes) as Results<Q>;
  }

  #bindCall(node: Value, results: readonly number[]): unknown {
    this.emitter.expr(node);
    const bound = this.bindResults(results);
    this.settle();
    return bound.length <= 1 ? bound[0] : bound;
  }

  /** Leaves the function with its results. */
  return(...values: Args<R>): void {
    const args = operandsOf(values, this.func.type.resultCodes, 0x0f);
    for (const value of args) this.emitter.expr(value);
    this.settle();
    this.emitter.checker?.return(0x0f, null);
    this.emitter.opcode(0x0f);
    this.end();
  }

  /** Leaves the function and calls another in its place; that one's results must be the same. */
  return_call<P extends TypeList>(func: Func<P, R>, ...args: Args<P>): void {
    for (const value of operandsOf(args, func.type.paramCodes, 0x12)) this.emitter.expr(value);
    this.settle();
    this.emitter.checker?.popAll(func.type.paramCodes, 0x12);
    this.emitter.checker?.return(0x12, func.type.resultCodes);
    this.emitter.opcode(0x12);
    this.emitter.out.u32(func.index);
    this.end();
  }

  /** As `return_call` of the function at an index of a table. The arguments are evaluated first. */
  return_call_indirect<P extends TypeList>(
    table: Table, type: FuncType<P, R>, index: Arg<'i32'>, ...args: Args<P>
  ): void {
    for (const value of operandsOf(args, type.paramCodes, 0x13)) this.emitter.expr(value);
    this.emitter.expr(operand(index, I32, 0x13));
    this.settle();
    this.emitter.checker?.pop(I32, 0x13);
    this.emitter.checker?.popAll(type.paramCodes, 0x13);
    this.emitter.checker?.return(0x13, type.resultCodes);
    this.emitter.opcode(0x13);
    this.emitter.out.u32(type.index);
    this.emitter.out.u32(table.index);
    this.end();
  }

  /** Ends the body with what its callback gave. Called by the module builder. */
  complete(given: unknown): void {
    this.finish(this.func.type.resultCodes, given, 0x0b);
    this.emitter.checker?.end();
    this.emitter.opcode(0x0b);
  }
}

