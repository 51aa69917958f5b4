import { allowed, forbidden } from '../../test/hot-cases.ts';
import { invalid, runRule, valid } from '../../test/rule-tests.ts';
import { hot } from './hot.ts';

runRule('hot: exceptions and suspension', hot, {
  valid: [
    allowed('a try block around foreign code', 'try { return this.run(a); } finally { this.depth--; }'),
    allowed('a function that throws, called', 'if (a > b) unreachable(a);'),
    valid('an async function without the tag', 'async function load() { await read(); }'),
  ],
  invalid: [
    forbidden('throw', 'if (a) throw this.error;', 'throw'),
    forbidden('throw of a new error', "throw new Error('x');", 'throw', 'newExpression'),
    invalid('an async function', '/** @hot */ async function f() {}', 'async'),
    invalid('await', '/** @hot */ const f = async (a) => { await a; };', 'async', 'await'),
    invalid('for await', '/** @hot */ async function f(a) { for await (const x of a) use(x); }', 'async', 'forOf', 'await'),
    invalid('await using', '/** @hot */ async function f(a) { await using x = a; }', 'async', 'await'),
    invalid('a generator', '/** @hot */ function* f() {}', 'generator'),
    invalid('yield', '/** @hot */ function* f(a) { yield a; yield* a; }', 'generator', 'yield', 'yield'),
    forbidden('a promise made', 'return Promise.resolve(a);', 'promise'),
    forbidden('a promise watched', 'a.then(b); a.catch(b); a.finally(c);', 'promise', 'promise', 'promise'),
    forbidden('an asynchronous wait', 'return Atomics.waitAsync(a, 0, 0);', 'promise'),
    invalid('a promise in the signature', '/** @hot */ function f(): Promise<void> { return g(); }', 'promise'),
    forbidden('a dynamic import', "return import('./x.ts');", 'dynamicImport'),
  ],
});

runRule('hot: bigint', hot, {
  valid: [
    allowed('two halves', 'a.setInt32(0, b, true); a.setInt32(4, c, true);'),
    allowed('a property called BigInt', 'return a.BigInt + b.BigInt64Array;'),
    valid('a bigint in a function without the tag', 'function total() { return 1n + BigInt(2); }'),
    valid('a local BigInt', 'function BigInt(a) { return a; } /** @hot */ function f(a) { return BigInt(a); }'),
  ],
  invalid: [
    forbidden('a literal', 'return a & 0xffffn;', 'bigintLiteral'),
    forbidden('a conversion', 'return BigInt(a);', 'bigintApi'),
    forbidden('a wrapping conversion', 'return BigInt.asUintN(64, a);', 'bigintApi'),
    forbidden('a view', 'return new BigInt64Array(a);', 'newExpression', 'bigintApi'),
    forbidden('an unsigned view', 'const { x = BigUint64Array } = a; return x;', 'bigintApi'),
    forbidden('access to 64 bits', 'return a.getBigInt64(0, true) + a.getBigUint64(8);', 'bigintApi', 'bigintApi'),
    forbidden('storing 64 bits', 'a.setBigInt64(0, b); a.setBigUint64(0, b);', 'bigintApi', 'bigintApi'),
    invalid('a parameter', '/** @hot */ function f(a: bigint): void {}', 'bigintType'),
    invalid('a view as a parameter', '/** @hot */ function f(a: BigInt64Array): void {}', 'bigintType'),
    invalid('a literal type', '/** @hot */ function f(a: 1n): void {}', 'bigintType'),
    invalid('a result', '/** @hot */ const f = (a: number): bigint => g(a);', 'bigintType'),
  ],
});

runRule('hot: Observables, without types', hot, {
  valid: [
    allowed('next of something else', 'return this.ring.next(a);'),
    allowed('emitting an event point', 'if (this.irq.active) this.irq.emit(a);'),
  ],
  invalid: [
    forbidden('subscribe', 'this.events.subscribe(a);', 'observable'),
    forbidden('pipe', 'return this.events.pipe(a);', 'observable'),
    forbidden('next of a name that says subject', 'this.exitSubject.next(a);', 'observable'),
    forbidden('next of a name that ends in $', 'exits$.next(a);', 'observable'),
    forbidden('an optional call', 'this.subject?.next(a);', 'observable'),
    invalid('an Observable in the signature', '/** @hot */ function f(a: Observable<number>): void {}', 'observable'),
    invalid('a qualified Subject in the signature', '/** @hot */ function f(a: rxjs.Subject<number>): void {}', 'observable'),
  ],
});
