import { opName } from '../opcodes/index.ts';
import type { Global, Local } from '../value/items.ts';
import { fail, session } from '../value/session.ts';
import type { Value } from '../value/value.ts';

/**
 * Finds values that would read something else than their author saw. A value is evaluated where it is used; if a
 * statement between its making and its use wrote what it reads, or a loop began, the builder refuses it.
 *
 * Effects inside one statement count from its end: within an expression, evaluation order is the order written.
 */
export class Staleness {
  #memory = -1;
  #call = -1;
  #any = -1;
  #loop = -1;
  #memoryPending = false;
  #callPending = false;
  #anyPending = false;
  readonly #written: (Local | Global)[] = [];

  writesMemory(): void {
    this.#memoryPending = true;
    this.#anyPending = true;
  }

  /** A call may write memory, globals and tables. */
  calls(): void {
    this.#callPending = true;
    this.writesMemory();
  }

  writes(variable: Local | Global): void {
    this.#written.push(variable);
    if (variable.kind === 'global') this.#anyPending = true;
  }

  /** Ends a statement: what it wrote is older than every value made from now on. */
  settle(): void {
    if (!this.#anyPending && this.#written.length === 0) return;
    session.now += 1;
    if (this.#memoryPending) this.#memory = session.now;
    if (this.#callPending) this.#call = session.now;
    if (this.#anyPending) this.#any = session.now;
    while (this.#written.length > 0) {
      const variable = this.#written.pop();
      if (variable !== undefined) variable.clock = session.now;
    }
    this.#memoryPending = false;
    this.#callPending = false;
    this.#anyPending = false;
  }

  /** Begins a loop: values made before it would be evaluated again each time. Gives what `leaveLoop` restores. */
  enterLoop(): number {
    const outer = this.#loop;
    session.now += 1;
    this.#loop = session.now;
    return outer;
  }

  leaveLoop(outer: number): void {
    this.#loop = outer;
  }

  readMemory(value: Value): void {
    this.#demand(value, this.#memory, 'a write to memory or a call');
  }

  readLocal(value: Value, local: Local): void {
    this.#demand(value, local.clock, 'a write to the variable');
  }

  readGlobal(value: Value, global: Global): void {
    this.#demand(value, Math.max(global.clock, this.#call), 'a write to the global or a call');
  }

  readTable(value: Value): void {
    this.#demand(value, this.#any, 'a statement that may write the table');
  }

  effect(value: Value): void {
    this.#demand(value, this.#any, 'another statement with an effect');
  }

  #demand(value: Value, written: number, after: string): void {
    if (value.clock < written) fail({ code: 'value-stale', op: opName(value.op), after });
    if (value.clock < this.#loop) fail({ code: 'value-stale', op: opName(value.op), after: 'the start of a loop' });
  }
}
