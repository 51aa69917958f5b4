import type { ByteWriter } from '../encode/byte-writer.ts';
import { u32Size } from '../encode/byte-writer.ts';
import { Local } from '../value/items.ts';
import { DEAD, K_LOCAL, Value } from '../value/value.ts';

/**
 * The locals of one function. A local bound in a scope goes back to a pool of its type when the scope ends, so a
 * function with thousands of handlers has as many locals as its largest handler needs, not as all of them together.
 */
export class LocalPool {
  /** Types of all locals, parameters first. */
  readonly types: number[];
  readonly names: (string | undefined)[] = [];
  readonly #paramCount: number;
  readonly #free = new Map<number, number[]>();
  /** What the open scopes bound, innermost last. */
  readonly #bound: (Value | Local)[] = [];
  readonly #whole: Local[] = [];

  constructor(params: readonly number[]) {
    this.types = [...params];
    this.#paramCount = params.length;
  }

  /** A mark for `leave`. */
  enter(): number {
    return this.#bound.length;
  }

  /** Ends the scope entered at `mark`: its values may no longer be used, and its locals are free again. */
  leave(mark: number): void {
    while (this.#bound.length > mark) {
      const item = this.#bound.pop();
      if (item instanceof Local) {
        item.alive = false;
        this.#release(item.type, item.index);
      } else if (item !== undefined) {
        item.flags |= DEAD;
        this.#release(item.type, item.x);
      }
    }
  }

  #release(type: number, index: number): void {
    const free = this.#free.get(type);
    if (free === undefined) this.#free.set(type, [index]);
    else free.push(index);
  }

  #take(type: number): number {
    return this.#free.get(type)?.pop() ?? this.types.push(type) - 1;
  }

  /** A value in a local of the current scope. `bits` is how many low bits of it can be set, 0 if not known. */
  bind(type: number, bits: number): Value {
    const index = this.#take(type);
    const value = new Value(K_LOCAL, 0x20, type, null, null, null, index, bits, null);
    this.#bound.push(value);
    return value;
  }

  /** A variable of the current scope. */
  variable(type: number): Local {
    const local = new Local(this.#take(type), type);
    this.#bound.push(local);
    return local;
  }

  /** A variable nothing else uses, zero when the function is entered, alive until it ends. */
  fresh(type: number): Local {
    const local = new Local(this.types.push(type) - 1, type);
    this.#whole.push(local);
    return local;
  }

  /** Ends the function: nothing of it may be used in another. */
  end(params: readonly Value[]): void {
    this.leave(0);
    for (const local of this.#whole) local.alive = false;
    for (const param of params) param.flags |= DEAD;
  }

  name(index: number, name: string | undefined): void {
    if (name !== undefined) this.names[index] ??= name;
  }

  /** The declaration before a function's code: runs of equal types (5.5.13). */
  write(out: ByteWriter): void {
    const runs = this.#runs();
    out.u32(runs.length / 2);
    for (let i = 0; i < runs.length; i += 2) {
      out.u32(runs[i] ?? 0);
      out.u8(runs[i + 1] ?? 0);
    }
  }

  /** Bytes that `write` writes. */
  size(): number {
    const runs = this.#runs();
    let size = u32Size(runs.length / 2);
    for (let i = 0; i < runs.length; i += 2) size += u32Size(runs[i] ?? 0) + 1;
    return size;
  }

  /** Count and type of each run. */
  #runs(): number[] {
    const runs: number[] = [];
    for (let i = this.#paramCount; i < this.types.length; ) {
      const type = this.types[i] ?? 0;
      let count = 1;
      while (this.types[i + count] === type) count++;
      runs.push(count, type);
      i += count;
    }
    return runs;
  }
}
