import { invalid, runTypedRule, valid } from '../../test/rule-tests.ts';
import { hot } from './hot.ts';

const rxjs = "import { BehaviorSubject, Observable, Subject } from 'rxjs';\n";

runTypedRule('hot: with types', hot, {
  valid: [
    valid('a method of our own that is called slice', 'class Frames { slice(a: number) { return a; } }\n/** @hot */ function f(m: Frames) { return m.slice(1); }'),
    valid('a method of our own that is called subscribe', 'interface Line { subscribe(a: number): void; }\n/** @hot */ function f(l: Line) { l.subscribe(1); }'),
    valid('a method of our own that is called then', 'interface Step { then(a: number): number; }\n/** @hot */ function f(s: Step) { return s.then(1); }'),
    valid('a hardware match', 'interface Tlb { match(a: number): number; }\n/** @hot */ function f(t: Tlb) { return t.match(1); }'),
    valid('next of a ring, whatever its name says', 'interface Ring { next(): number; }\n/** @hot */ function f(subject: Ring) { return subject.next(); }'),
    valid('adding numbers of inferred type', 'const base = 4;\n/** @hot */ function f(a: number) { return base + a; }'),
    valid('adding what could be a number', '/** @hot */ function f(a: any, b: any) { return a + b; }'),
  ],
  invalid: [
    invalid('slice of the standard library', '/** @hot */ function f(a: Uint8Array) { return a.slice(1); }', 'allocatingCall'),
    invalid('match of the standard library', '/** @hot */ function f(a: string) { return a.match(a); }', 'allocatingCall'),
    invalid('a method of an unknown type', '/** @hot */ function f(a: any) { return a.slice(1); }', 'allocatingCall'),
    invalid('adding strings that no literal shows', '/** @hot */ function f(a: string, b: string) { return a + b; }', 'stringConcat'),
    invalid('appending a string that no literal shows', '/** @hot */ function f(a: string, b: string) { a += b; return a; }', 'stringConcat'),
    invalid('next of a Subject', `${rxjs}/** @hot */ function f(point: Subject<number>) { point.next(1); }`, 'observable', 'observable'),
    invalid('next of a Subject of inferred type', `${rxjs}const point = new BehaviorSubject(0);\n/** @hot */ function f() { point.next(1); }`, 'observable'),
    invalid('any other method of RxJS', `${rxjs}class Bus extends Observable<number> {}\n/** @hot */ function f(b: Bus) { b.forEach(g); }\ndeclare function g(): void;`, 'observable'),
    invalid('pipe of an unknown type', '/** @hot */ function f(a: any) { return a.pipe(); }', 'observable'),
    invalid('then of a promise', '/** @hot */ function f(a: PromiseLike<number>) { a.then(g); }\ndeclare function g(): void;', 'promise', 'promise'),
  ],
});
