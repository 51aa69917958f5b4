import { allowed, forbidden } from '../../test/hot-cases.ts';
import { runRule } from '../../test/rule-tests.ts';
import { hot } from './hot.ts';

runRule('hot: branches that run only while somebody listens', hot, {
  valid: [
    allowed('a guarded emit', 'if (this.irq.active) this.irq.emit({ line: a, level: b });'),
    allowed('a guarded block', 'if (trace.active) { const text = `at ${a}`; trace.emit([text, ...b]); }'),
    allowed('a guard behind ?.', 'if (this.trace?.active) this.trace.emit({ a });'),
    allowed('a guard among other conditions', 'if (a > 0 && trace.active && b) trace.emit({ a });'),
    allowed('a guard by either of two points', 'if (reads.active || writes.active) this.tell({ a });'),
    allowed('a guard compared with true', 'if (trace.active === true) trace.emit({ a });'),
    allowed('a guard by &&', 'trace.active && trace.emit({ a });'),
    allowed('a guard by a conditional', 'this.note = trace.active ? { a } : undefined;'),
    allowed('what stands after the guard in a condition', 'if (trace.active && wants({ a })) use(a);'),
    allowed('a loop in a guarded block', 'if (trace.active) for (const x of a) trace.emit({ x });'),
    allowed('a closure in a guarded block, whatever it holds', 'if (trace.active) trace.lazy(() => { throw new Error(); });'),
  ],
  invalid: [
    forbidden('the other branch', 'if (trace.active) use(a); else use({ a });', 'objectLiteral'),
    forbidden('what stands before the guard', 'if (make({ a }) && trace.active) use(a);', 'objectLiteral'),
    forbidden('a negated guard', 'if (!trace.active) use({ a });', 'objectLiteral'),
    forbidden('a guard that another condition replaces', 'if (trace.active || a) use({ a });', 'objectLiteral'),
    forbidden('a guard compared with false', 'if (trace.active === false) use({ a });', 'objectLiteral'),
    forbidden('a variable called active', 'if (active) use({ a });', 'objectLiteral'),
    forbidden('a member called active of unknown name', 'if (trace[active]) use({ a });', 'objectLiteral'),
    forbidden('the code after a guarded block', 'if (trace.active) trace.emit({ a }); return { a };', 'objectLiteral'),
    forbidden('a throw, which breaks the contract even there', 'if (trace.active) throw this.error;', 'throw'),
    forbidden('a bigint, even there', 'if (trace.active) trace.emit({ at: 1n });', 'bigintLiteral'),
    forbidden('an Observable, even there', 'if (trace.active) this.events.subscribe(a);', 'observable'),
  ],
});

runRule('hot: a guard outside does not reach in', hot, {
  valid: [],
  invalid: [
    {
      name: 'a hot function made in a guarded block of cold code',
      code: 'function make(trace) { if (trace.active) return { /** @hot */ read(a) { return { a }; } }; }',
      errors: [{ messageId: 'objectLiteral' }],
    },
  ],
});
