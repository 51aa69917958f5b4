import { opName, opRow } from '../opcodes/index.ts';
import type { BuildFault } from '../errors.ts';
import { I32, NONE, PTR, typeCode, typeName, type ValType } from '../types.ts';
import { fail } from '../value/session.ts';

interface Frame {
  /** Opcode of `block`, `loop` or `if`; NONE for the function's body. */
  readonly op: number;
  readonly params: readonly number[];
  readonly results: readonly number[];
  readonly height: number;
  unreachable: boolean;
}

/** A type popped below an unreachable point: fits every other. */
const ANY = -1;

/**
 * The validation algorithm of the specification's appendix ("Validation Algorithm"), run on each instruction as it is
 * emitted. The types of most instructions come from the table.
 */
export class StackChecker {
  readonly #stack: number[] = [];
  readonly #frames: Frame[] = [];
  readonly #ptr: number;
  readonly #plain = new Map<number, { operands: readonly number[]; result: number }>();

  constructor(ptr: number, results: readonly number[]) {
    this.#ptr = ptr;
    this.#frames.push({ op: NONE, params: [], results, height: 0, unreachable: false });
  }

  #top(): Frame {
    const frame = this.#frames.at(-1);
    return frame ?? fail({ code: 'stack-leftover', op: 'end', actual: 'an end without a block' });
  }

  push(type: number): void {
    this.#stack.push(type === PTR ? this.#ptr : type);
  }

  pushAll(types: readonly number[]): void {
    for (const type of types) this.push(type);
  }

  /** Pops one operand of `op`; PTR wants the module's address type. */
  pop(expected: number, op: number): number {
    const wanted = expected === PTR ? this.#ptr : expected;
    const frame = this.#top();
    if (this.#stack.length === frame.height) {
      if (frame.unreachable) return wanted;
      return fail({ code: 'stack-underflow', op: opName(op), expected: nameOf(wanted) });
    }
    const actual = this.#stack.pop() ?? NONE;
    if (actual !== wanted && wanted !== ANY && actual !== ANY) fail(mismatch(op, wanted, actual));
    return actual;
  }

  popAll(types: readonly number[], op: number): void {
    for (let i = types.length - 1; i >= 0; i--) this.pop(types[i] ?? NONE, op);
  }

  popAny(op: number): number {
    return this.pop(ANY, op);
  }

  /** An instruction whose row of the table tells its types. */
  plain(op: number): void {
    let types = this.#plain.get(op);
    if (types === undefined) {
      const [, operands, result] = opRow(op) ?? fail({ code: 'bad-immediate', op: opName(op), problem: 'no such instruction' });
      types = {
        operands: operands === '' ? [] : operands.split(' ').map((type) => typeCode(type as ValType)),
        result: result === '' ? NONE : typeCode(result as ValType),
      };
      this.#plain.set(op, types);
    }
    this.popAll(types.operands, op);
    if (types.result !== NONE) this.push(types.result);
  }

  /** `select` without a type: two numbers or two vectors of the same type. */
  select(): void {
    this.pop(I32, 0x1b);
    const one = this.popAny(0x1b);
    this.pop(one, 0x1b);
    this.push(one);
  }

  enter(op: number, params: readonly number[], results: readonly number[]): void {
    if (op === 0x04) this.pop(I32, op);
    this.popAll(params, op);
    this.#frames.push({ op, params, results, height: this.#stack.length, unreachable: false });
    this.pushAll(params);
  }

  #leave(op: number): Frame {
    const frame = this.#top();
    this.popAll(frame.results, op);
    if (this.#stack.length !== frame.height) {
      fail({ code: 'stack-leftover', op: opName(op), actual: this.#stack.slice(frame.height).map(nameOf).join(' ') });
    }
    this.#frames.pop();
    return frame;
  }

  else(): void {
    const frame = this.#leave(0x05);
    this.#frames.push({ ...frame, op: 0x05, unreachable: false });
    this.pushAll(frame.params);
  }

  end(): void {
    const frame = this.#leave(0x0b);
    if (frame.op === 0x04 && frame.params.join() !== frame.results.join()) {
      fail({ code: 'missing-result', op: 'if without else', expected: frame.results.map(nameOf).join(' ') });
    }
    this.pushAll(frame.results);
  }

  /** The types a branch to the frame `depth` levels out takes. */
  #labelTypes(depth: number, op: number): readonly number[] {
    const frame = this.#frames.at(-1 - depth);
    if (frame === undefined) return fail({ code: 'label-closed', op: opName(op) });
    return frame.op === 0x03 ? frame.params : frame.results;
  }

  branch(op: number, depth: number): void {
    if (op === 0x0d) this.pop(I32, op);
    const types = this.#labelTypes(depth, op);
    this.popAll(types, op);
    if (op === 0x0d) this.pushAll(types);
    else this.unreachable();
  }

  branchTable(depths: readonly number[], otherwise: number): void {
    this.pop(I32, 0x0e);
    const types = this.#labelTypes(otherwise, 0x0e);
    for (const depth of depths) {
      const others = this.#labelTypes(depth, 0x0e);
      if (others.join() !== types.join()) {
        fail({ code: 'type-mismatch', op: 'br_table', expected: types.map(nameOf).join(' '), actual: others.map(nameOf).join(' ') });
      }
    }
    this.popAll(types, 0x0e);
    this.unreachable();
  }

  /** `return`, and what a tail call needs: the caller's results. */
  return(op: number, results: readonly number[] | null): void {
    const wanted = this.#frames[0]?.results ?? [];
    if (results === null) this.popAll(wanted, op);
    else if (results.join() !== wanted.join()) {
      fail({ code: 'type-mismatch', op: opName(op), expected: list(wanted), actual: list(results) });
    }
    this.unreachable();
  }

  /** Everything after this point of the frame is unreachable, and any operands fit it. */
  unreachable(): void {
    const frame = this.#top();
    this.#stack.length = frame.height;
    frame.unreachable = true;
  }
}

const nameOf = (type: number): string => (type === ANY ? 'any type' : typeName(type));
const list = (types: readonly number[]): string => (types.length === 0 ? 'nothing' : types.map(nameOf).join(' '));
const mismatch = (op: number, expected: number, actual: number): BuildFault =>
  ({ code: 'type-mismatch', op: opName(op), expected: nameOf(expected), actual: nameOf(actual) });
