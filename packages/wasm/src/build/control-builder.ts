import { condition } from '../fold/simplify.ts';
import { opName } from '../opcodes/index.ts';
import { I32, NONE, type TypeList, typeCodes, typeName, type ValType } from '../types.ts';
import { hintOf } from '../value/expressions.ts';
import { operand } from '../value/factories.ts';
import { fail } from '../value/session.ts';
import { type Arg, type Args, isConst, toValue, Value, type Values } from '../value/value.ts';
import { BasicBuilder } from './basic-builder.ts';
import { Label } from './label.ts';

const BLOCK = 0x02;
const LOOP = 0x03;
const IF = 0x04;
const ELSE = 0x05;
const END = 0x0b;
const BR = 0x0c;
const BR_IF = 0x0d;
const BR_TABLE = 0x0e;

type Loose = Value | number;
type Case = (end: Label<[]>) => void;

/** What a construct gives to its caller: one value for one type, an array for a list of types. */
const unwrap = (types: unknown, bound: Value[]): unknown =>
  typeof types === 'string' ? bound[0] : Array.isArray(types) ? bound : undefined;

/** Structured control flow. Each body is a scope: what it binds ends with it. */
export class ControlBuilder extends BasicBuilder {
  readonly #open: Label[] = [];
  /** Whether the validator already takes the rest of the innermost construct for unreachable. */
  #polymorphic = false;

  #types(types: ValType | TypeList): number[] {
    return typeCodes(typeof types === 'string' ? [types] : types, this.context.ptrType);
  }

  #enter(op: number, params: readonly number[], results: readonly number[]): Label {
    const { emitter } = this;
    emitter.checker?.enter(op, params, results);
    emitter.opcode(op);
    if (params.length === 0 && results.length === 0) emitter.out.u8(NONE);
    else if (params.length === 0 && results.length === 1) emitter.out.u8(results[0] ?? NONE);
    else emitter.out.s32(this.context.blockType(params, results));
    const takes = op === LOOP ? params : results;
    const label = new Label(op, this.#open.length, takes, results, this.locals.enter());
    label.entered = this.reachable;
    if (op === LOOP && emitter.stale !== null) label.outerLoop = emitter.stale.enterLoop();
    this.#open.push(label);
    this.#polymorphic = false;
    return label;
  }

  /** Emits the results of a body or, where its end is out of reach, what makes the validator content with none. */
  protected finish(types: readonly number[], given: unknown, op: number): void {
    if (given === undefined && types.length > 0) {
      if (this.reachable) fail({ code: 'missing-result', op: opName(op), expected: types.map(typeName).join(' ') });
      if (!this.#polymorphic) this.unreachable();
      return;
    }
    this.emitResults(types, given, op);
  }

  /** Ends a construct and binds its results. */
  #leave(label: Label, given: unknown): Value[] {
    const { emitter } = this;
    if (this.#open.at(-1) !== label) fail({ code: 'label-closed', op: `end of ${opName(label.op)}` });
    this.finish(label.results, given, label.op);
    emitter.checker?.end();
    emitter.out.u8(END);
    this.#open.pop();
    this.locals.leave(label.mark);
    label.open = false;
    if (label.op === LOOP) emitter.stale?.leaveLoop(label.outerLoop);
    else this.reachable ||= label.branched || label.armEnds || (label.op === IF && !label.otherwise && label.entered);
    this.#polymorphic = false;
    return this.bindResults(label.results);
  }

  #test(test: Arg<'i32'>, op: number): { test: Value; hint: number } {
    const given = operand(test, I32, op);
    const hint = hintOf(given);
    return { test: condition(hint >= 0 && given.a !== null ? given.a : given), hint };
  }

  #openIf(test: Value, hint: number, results: readonly number[]): Label {
    this.emitter.expr(test);
    this.settle();
    this.emitter.hint(hint);
    return this.#enter(IF, [], results);
  }

  #else(label: Label, given: unknown): void {
    if (this.#open.at(-1) !== label || label.op !== IF) fail({ code: 'label-closed', op: 'else' });
    this.finish(label.results, given, ELSE);
    this.locals.leave(label.mark);
    this.emitter.checker?.else();
    this.emitter.out.u8(ELSE);
    label.armEnds = this.reachable;
    label.otherwise = true;
    this.reachable = label.entered;
    this.#polymorphic = false;
  }

  /** A `block`; branching to its label leaves it. With types, the body gives results, which are bound. */
  block<const L extends TypeList>(types: L, body: (end: Label<L>) => Args<L> | void): Values<L>;
  block<T extends ValType>(type: T, body: (end: Label<[T]>) => Arg<NoInfer<T>> | void): Value<T>;
  block(body: (end: Label<[]>) => void): void;
  block(first: ((end: Label<[]>) => void) | ValType | TypeList, second?: (end: Label<never>) => unknown): unknown {
    const [types, body] = typeof first === 'function' ? [[], first] : [this.#types(first), second];
    const label = this.#enter(BLOCK, [], types);
    return unwrap(first, this.#leave(label, body?.(label as Label<never>)));
  }

  /** A `loop`; branching to its label continues it, and its end leaves it. */
  loop<const L extends TypeList>(types: L, body: (next: Label<[]>) => Args<L> | void): Values<L>;
  loop<T extends ValType>(type: T, body: (next: Label<[]>) => Arg<NoInfer<T>> | void): Value<T>;
  loop(body: (next: Label<[]>) => void): void;
  loop(first: ((next: Label<[]>) => void) | ValType | TypeList, second?: (next: Label<[]>) => unknown): unknown {
    const [types, body] = typeof first === 'function' ? [[], first] : [this.#types(first), second];
    const label = this.#enter(LOOP, [], types) as Label<[]>;
    return unwrap(first, this.#leave(label, body?.(label)));
  }

  /** A `loop` with parameters: they start with the initial values, and each branch to its label gives them anew. */
  loopWith<const L extends TypeList>(
    initial: { readonly [I in keyof L]: Value<L[I]> }, body: (next: Label<L>, ...params: { [I in keyof L]: Value<L[I]> }) => void,
  ): void {
    const values = initial as readonly Value[];
    const types = values.map((value) => this.emitter.resolve(value.type));
    for (const value of values) this.emitter.expr(value);
    this.settle();
    const label = this.#enter(LOOP, types, []);
    (body as unknown as (next: Label, ...params: Value[]) => void)(label, ...this.bindResults(types));
    this.#leave(label, undefined);
  }

  /**
   * An `if`. With types, both arms give results, which are bound. Where the condition is a constant only the arm it
   * chooses is built.
   */
  // The list form comes first: the first form tried decides how the arms' arrays are typed.
  if<const L extends TypeList>(
    types: L, test: Arg<'i32'>, then: () => Args<L> | void, otherwise: () => Args<L> | void,
  ): Values<L>;
  if<T extends ValType>(
    type: T, test: Arg<'i32'>, then: () => Arg<NoInfer<T>> | void, otherwise: () => Arg<NoInfer<T>> | void,
  ): Value<T>;
  if(test: Arg<'i32'>, then: () => void, otherwise?: () => void): void;
  if(...args: unknown[]): unknown {
    const typed = typeof args[0] === 'string' || Array.isArray(args[0]);
    const types = typed ? this.#types(args[0] as ValType | TypeList) : [];
    const [given, then, otherwise] = (typed ? args.slice(1) : args) as [Arg<'i32'>, () => unknown, (() => unknown)?];
    const { test, hint } = this.#test(given, IF);
    if (isConst(test)) return unwrap(args[0], this.#inline(test.x !== 0 ? then : otherwise, types));
    const label = this.#openIf(test, hint, types);
    const first = then();
    if (otherwise !== undefined) this.#else(label, first);
    return unwrap(args[0], this.#leave(label, otherwise === undefined ? first : otherwise()));
  }

  /** The arm a constant chose. */
  #inline(arm: (() => unknown) | undefined, types: readonly number[]): Value[] {
    const mark = this.locals.enter();
    this.finish(types, arm?.(), IF);
    this.locals.leave(mark);
    return this.bindResults(types);
  }

  /** Begins a `block` that `close` ends, for callers that do not nest like their output. */
  openBlock(): Label<[]> {
    return this.#enter(BLOCK, [], []) as Label<[]>;
  }

  /** Begins a `loop` that `close` ends. */
  openLoop(): Label<[]> {
    return this.#enter(LOOP, [], []) as Label<[]>;
  }

  /** Begins an `if` that `close` ends, even where the condition is a constant. Its label is its end. */
  openIf(given: Arg<'i32'>): Label<[]> {
    const { test, hint } = this.#test(given, IF);
    return this.#openIf(test, hint, []) as Label<[]>;
  }

  /** Goes on to the other arm of an `if`. */
  openElse(label: Label<[]>): void {
    this.#else(label, undefined);
  }

  /** Ends the innermost construct, which must be this label's. */
  close(label: Label<[]>): void {
    this.#leave(label, undefined);
  }

  #depth(label: Label, op: number): number {
    if (!label.open || this.#open[label.depth] !== label) fail({ code: 'label-closed', op: opName(op) });
    return this.#open.length - 1 - label.depth;
  }

  #values(label: Label, values: readonly Loose[], op: number): void {
    if (values.length !== label.takes.length) {
      fail({ code: 'bad-immediate', op: opName(op), problem: `the label takes ${label.takes.length} values` });
    }
    values.forEach((value, i) => this.emitter.expr(operand(value, label.takes[i] ?? NONE, op)));
  }

  /** The rest of the construct is out of reach. */
  protected end(): void {
    this.reachable = false;
    this.#polymorphic = true;
  }

  /** Goes to a label with the values it takes. */
  br<L extends TypeList>(label: Label<L>, ...values: Args<L>): void {
    const depth = this.#depth(label, BR);
    this.#values(label, values, BR);
    this.settle();
    this.emitter.checker?.branch(BR, depth);
    this.emitter.out.u8(BR);
    this.emitter.out.u32(depth);
    if (this.reachable) label.branched = true;
    this.end();
  }

  /** Goes to a label if the condition is not zero. The values are evaluated before the condition. */
  br_if<L extends TypeList>(label: Label<L>, given: Arg<'i32'>, ...values: Args<L>): void {
    const { test, hint } = this.#test(given, BR_IF);
    if (isConst(test)) {
      if (test.x !== 0) this.br(label, ...values);
      else for (const value of values as readonly Loose[]) if (value instanceof Value) this.drop(value);
      return;
    }
    const depth = this.#depth(label, BR_IF);
    this.#values(label, values, BR_IF);
    this.emitter.expr(test);
    this.settle();
    this.emitter.checker?.branch(BR_IF, depth);
    this.emitter.hint(hint);
    this.emitter.out.u8(BR_IF);
    this.emitter.out.u32(depth);
    if (this.reachable) label.branched = true;
    for (let i = 0; i < label.takes.length; i++) {
      this.emitter.checker?.popAny(0x1a);
      this.emitter.opcode(0x1a);
    }
  }

  /** Goes to the label at an index, or to the last one where the index is beyond them. */
  br_table(index: Arg<'i32'>, labels: readonly Label<[]>[], otherwise: Label<[]>): void {
    this.emitter.expr(operand(index, I32, BR_TABLE));
    this.settle();
    const depths = labels.map((label) => this.#depth(label, BR_TABLE));
    const last = this.#depth(otherwise, BR_TABLE);
    this.emitter.checker?.branchTable(depths, last);
    this.emitter.out.u8(BR_TABLE);
    this.emitter.out.u32(depths.length);
    for (const depth of depths) this.emitter.out.u32(depth);
    this.emitter.out.u32(last);
    if (this.reachable) {
      for (const label of labels) label.branched = true;
      otherwise.branched = true;
    }
    this.end();
  }

  /**
   * Runs the case at an index, or `otherwise`. Cases do not fall through. A hole goes to `otherwise`, and one function
   * used for several indices is built once. Where the index is a constant only its case is built.
   */
  switch(index: Arg<'i32'>, cases: readonly (Case | undefined)[], otherwise?: Case): void {
    const chosen = toValue(index, I32);
    if (isConst(chosen)) {
      const body = cases[chosen.x >>> 0] ?? otherwise;
      if (body !== undefined) this.block(body);
      return;
    }
    const bodies = [...new Set([...cases, otherwise])].filter((body) => body !== undefined);
    const end = this.openBlock();
    const labels = new Map<Case, Label<[]>>();
    for (const body of bodies.toReversed()) labels.set(body, this.openBlock());
    const target = (body: Case | undefined): Label<[]> => (body === undefined ? end : labels.get(body)) ?? end;
    this.br_table(index, cases.map((body) => target(body ?? otherwise)), target(otherwise));
    for (const body of bodies) {
      this.close(target(body));
      this.scope(() => body(end));
      if (this.reachable && body !== bodies.at(-1)) this.br(end);
    }
    this.close(end);
  }

  /** Traps. */
  unreachable(): void {
    this.emitter.checker?.unreachable();
    this.emitter.opcode(0x00);
    this.end();
  }

  /** `nop`. */
  nop(): void {
    this.emitter.opcode(0x01);
  }
}
