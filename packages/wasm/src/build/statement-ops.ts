import { factories, givesValue } from '../value/factories.ts';
import type { Value } from '../value/value.ts';

/** What runs a value that gives nothing: a store, a fence. */
export interface StatementSink {
  run(value: Value): void;
}

type Maker = (...args: unknown[]) => Value;
type Method = (this: { readonly sink: StatementSink }, ...args: unknown[]) => void;

/** Every memory instruction has at most six arguments; naming them avoids an array for each statement. */
const statement = (make: Maker): Method =>
  function (a, b, c, d, e, f) {
    this.sink.run(make(a, b, c, d, e, f));
  };

/**
 * The class of statement methods below a prefix, such as `store` and `atomic.store` below `i32`. The methods are made
 * once, not for each function that is built.
 */
export const statementClass = (prefix: string): (new (sink: StatementSink) => object) => {
  class Statements {
    readonly sink: StatementSink;
    constructor(sink: StatementSink) {
      this.sink = sink;
    }
  }
  const nested = new Set<string>();
  for (const [name, factory] of factories) {
    if (!name.startsWith(`${prefix}.`) || givesValue(name)) continue;
    const [step = '', ...more] = name.slice(prefix.length + 1).split('.');
    if (more.length > 0) nested.add(step);
    else Object.defineProperty(Statements.prototype, step, { value: statement(factory as unknown as Maker) });
  }
  for (const step of nested) {
    const Inner = statementClass(`${prefix}.${step}`);
    Object.defineProperty(Statements.prototype, step, {
      get(this: Statements): object {
        return new Inner(this.sink);
      },
    });
  }
  return Statements;
};
