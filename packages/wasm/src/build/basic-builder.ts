import { bitsOf } from '../fold/known-bits.ts';
import { I32, I64, type TypeList, typeCode, type ValType } from '../types.ts';
import { operand } from '../value/factories.ts';
import { type Global, Local } from '../value/items.ts';
import { fail } from '../value/session.ts';
import { type Arg, type Args, DEAD, EFFECT, K_LOCAL, KIND, ONCE, USED, type Value, type Values } from '../value/value.ts';
import type { Emitter } from './emitter.ts';
import type { LocalPool } from './local-pool.ts';

/** What a function needs of its module. */
export interface FunctionContext {
  /** Encoded address type. */
  readonly ptrType: number;
  /** Index of the type of a block which needs one. */
  blockType(params: readonly number[], results: readonly number[]): number;
}

/** The values a statement with results binds: none, one, or several. */
export type Results<R extends TypeList> = R extends readonly []
  ? void
  : R extends readonly [infer T extends ValType]
    ? Value<T>
    : Values<R>;

/**
 * What a body may give as its results: a list, for a single result also without the brackets, or nothing if its end
 * cannot be reached.
 */
export type Given<R extends TypeList> =
  | Args<R>
  | (R extends readonly [infer T extends ValType] ? Arg<T> : never)
  | void;

type Loose = Value | number;

/** Bindings and assignments: the statements that need no control flow. */
export class BasicBuilder {
  protected readonly context: FunctionContext;
  /** Writes the bytes; not for callers of the builder. */
  readonly emitter: Emitter;
  protected readonly locals: LocalPool;
  /** Whether the next statement can be reached. */
  protected reachable = true;

  constructor(context: FunctionContext, emitter: Emitter, locals: LocalPool) {
    this.context = context;
    this.emitter = emitter;
    this.locals = locals;
  }

  /** Ends a statement. Called by the statements themselves. */
  settle(): void {
    this.emitter.stale?.settle();
  }

  /** Emits a value that gives nothing. Called by the statements themselves. */
  run(value: Value): void {
    this.emitter.expr(value);
    this.settle();
  }

  /**
   * Evaluates a value here and keeps it until the scope ends; the result may be used any number of times. A constant,
   * or a value that is already bound, is returned as it is and costs nothing.
   */
  let<T extends ValType>(value: Value<T>, name?: string): Value<T> {
    if ((value.flags & KIND) <= K_LOCAL && (value.flags & (ONCE | DEAD)) === 0) return value;
    this.emitter.expr(value);
    const type = this.emitter.resolve(value.type);
    const bound = this.locals.bind(type, type === I32 || type === I64 ? bitsOf(value) : 0);
    this.emitter.localSet(bound.x, type);
    this.locals.name(bound.x, name);
    this.settle();
    return bound as Value<T>;
  }

  /** A variable of the current scope with this first content. */
  var<T extends ValType>(initial: Value<T>, name?: string): Local<T> {
    this.emitter.expr(initial);
    const type = this.emitter.resolve(initial.type);
    const local = this.locals.variable(type);
    this.locals.name(local.index, name);
    this.#assign(local);
    return local as Local<T>;
  }

  /**
   * A variable of the whole function that nothing else shares. It is zero when the function is entered, and not
   * again where a loop comes back to this place.
   */
  local<T extends ValType>(type: T, name?: string): Local<T> {
    const code = type === 'ptr' ? this.context.ptrType : typeCode(type);
    const local = this.locals.fresh(code);
    this.locals.name(local.index, name);
    return local as Local<T>;
  }

  /** `local.set` or `global.set`. */
  set<T extends ValType>(target: Local<T> | Global<T>, value: Arg<NoInfer<T>>): void {
    if (target instanceof Local) {
      if (!target.alive) fail({ code: 'value-out-of-scope', op: 'local.set' });
      this.emitter.expr(operand(value, target.type, 0x21));
      this.#assign(target);
      return;
    }
    if (!target.mutable) fail({ code: 'bad-immediate', op: 'global.set', problem: `global ${target.index} is immutable` });
    this.emitter.expr(operand(value, target.code, 0x24));
    this.emitter.checker?.pop(target.code, 0x24);
    this.emitter.opcode(0x24);
    this.emitter.out.u32(target.index);
    this.emitter.stale?.writes(target);
    this.settle();
  }

  #assign(local: Local): void {
    this.emitter.localSet(local.index, local.type);
    this.emitter.stale?.writes(local);
    this.settle();
  }

  /** Evaluates a value for its effects alone. Nothing is emitted for one without; loads count as having none. */
  drop(value: Value): void {
    if ((value.flags & EFFECT) === 0) return;
    this.emitter.expr(value);
    this.emitter.checker?.popAny(0x1a);
    this.emitter.opcode(0x1a);
    this.settle();
  }

  /** Runs a body whose bindings end with it. */
  scope(body: () => void): void {
    const mark = this.locals.enter();
    body();
    this.locals.leave(mark);
  }

  /** Moves what lies on the operand stack into new bindings, the last one first. */
  protected bindResults(types: readonly number[]): Value[] {
    if (types.length === 0) return [];
    const bound = types.map((type) => this.locals.bind(type, 0));
    for (let i = bound.length - 1; i >= 0; i--) {
      const value = bound[i];
      if (value !== undefined) this.emitter.localSet(value.x, value.type);
    }
    this.settle();
    return bound;
  }

  /** Emits the results a body gave, onto the operand stack. */
  protected emitResults(types: readonly number[], given: unknown, op: number): void {
    if (types.length === 0) {
      this.#refuseLost(given);
      return;
    }
    const values = (Array.isArray(given) ? given : [given]) as (Loose | undefined)[];
    values.forEach((value, i) => {
      const type = types[i];
      if (value !== undefined && type !== undefined) this.emitter.expr(operand(value, type, op));
    });
    this.settle();
  }

  /** A value given where none is wanted was meant to do something. */
  #refuseLost(given: unknown): void {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return;
    const value = given as Value;
    if ((value.flags & USED) === 0 && (value.flags & KIND) > K_LOCAL) fail({ code: 'value-lost', op: 'body' });
  }
}
