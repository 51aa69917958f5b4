import { invalid, runRule, valid } from '../../test/rule-tests.ts';
import { hot } from './hot.ts';

const places: [name: string, code: string][] = [
  ['a function declaration', '/** @hot */ function f() { return []; }'],
  ['an exported function', '/** @hot */ export function f() { return []; }'],
  ['a default export', '/** @hot */ export default function () { return []; }'],
  ['an exported default arrow', '/** @hot */ export default () => [];'],
  ['an arrow assigned to a constant', '/** @hot */ const f = () => [];'],
  ['an exported constant', '/** @hot */ export const f = () => [];'],
  ['a function expression assigned to a constant', '/** @hot */ const f = function () { return []; };'],
  ['a constant with an asserted type', '/** @hot */ const f = (() => []) as Reader;'],
  ['a constant that satisfies a contract', '/** @hot */ const f = (() => []) satisfies Reader;'],
  ['the second of two declarators', 'const n = 1, /** @hot */ f = () => [];'],
  ['a class method', 'class C { /** @hot */ f() { return []; } }'],
  ['a private method', 'class C { /** @hot */ #f() { return []; } }'],
  ['a static method', 'class C { /** @hot */ static f() { return []; } }'],
  ['a getter', 'class C { /** @hot */ get f() { return []; } }'],
  ['a constructor', 'class C { /** @hot */ constructor() { this.x = []; } }'],
  ['an arrow in a class field', 'class C { /** @hot */ readonly f = () => []; }'],
  ['a method of an object literal', 'const o = { /** @hot */ f() { return []; } };'],
  ['a computed method of an object literal', 'const o = { /** @hot */ [key]() { return []; } };'],
  ['a property of an object literal', 'const o = { /** @hot */ f: () => [] };'],
  ['an assigned property', '/** @hot */ this.f = () => [];'],
  ['a returned function', 'function make() { /** @hot */ return () => []; }'],
  ['a function in an argument', 'register(/** @hot */ () => []);'],
  ['the second overload', 'function f(a: 1): 1; /** @hot */ function f(a) { return []; }'],
  ['a function whose overload has the tag', '/** @hot */ function f(a: 1): 1; function f(a) { return []; }'],
  ['an exported function whose overload has the tag', '/** @hot */ export function f(a: 1): 1; export function f(a) { return []; }'],
  ['a method whose overload has the tag', 'class C { /** @hot */ f(a: 1): 1; f(a) { return []; } }'],
  ['a tag after a description', '/**\n * Reads.\n *\n * @param a x\n * @hot\n */\nfunction f(a) { return []; }'],
  ['a tag at the end of a sentence', '/** Reads a register. @hot */ function f(a) { return []; }'],
  ['a tag before a sentence', '/** @hot Reads a register. */ function f(a) { return []; }'],
  ['a line comment between the JSDoc and the function', '/** @hot */\n// Section 4.2.\nfunction f() { return []; }'],
];

runRule('hot: where the tag may stand', hot, {
  valid: [
    valid('the tag in back quotes', '/** Like `@hot`, but not. */ function f() { return []; }'),
    valid('a longer tag', '/** @hotplug @hot-swap */ function f() { return []; }'),
    valid('an address that contains it', '/** me@hot.example */ function f() { return []; }'),
    valid('the tag of a neighbour', '/** @hot */ function f() {} function g() { return []; }'),
    valid('the tag of another overloaded name', '/** @hot */ declare function f(a: 1): 1; function g(a) { return []; }'),
    valid('an earlier JSDoc, which documents nothing', '/** About this file. */\n/** @cold */\nfunction f() { return []; }'),
    valid('a function tagged @cold', '/** @cold */ function f() { return []; }'),
  ],
  invalid: places.map(([name, code]) => invalid(name, code, 'arrayLiteral')),
});

runRule('hot: signatures of contracts', hot, {
  valid: [
    valid('an interface of hot methods', 'interface Bus { /** @hot */ read(offset: number): number; /** @hot */ readonly write: (a: number) => void; }'),
    valid('a property that refers to a function type', 'interface Bus { /** @hot */ readonly read: PioRead; }'),
    valid('a function type', '/** @hot */ export type PioRead = (port: number, size: 1 | 2 | 4) => number;'),
    valid('an abstract method', 'abstract class Bus { /** @hot */ abstract read(offset: number): number; }'),
    valid('an abstract property', 'abstract class Bus { /** @hot */ abstract readonly read: (offset: number) => number; }'),
    valid('a field that the constructor fills', 'class Bus { /** @hot */ readonly read: (offset: number) => number; }'),
    valid('a declared function', '/** @hot */ declare function read(offset: number): number;'),
    valid('a declared constant', '/** @hot */ export declare const read: (offset: number) => number;'),
    valid('a cold method beside a hot one', 'interface Bus { /** @hot */ read(): number; save(): Promise<bigint>; }'),
  ],
  invalid: [
    invalid('a bigint in an interface method', 'interface Bus { /** @hot */ read(at: bigint): number; }', 'bigintType'),
    invalid('a bigint in a property', 'interface Bus { /** @hot */ read: (at: number) => bigint; }', 'bigintType'),
    invalid('a promise in a function type', '/** @hot */ export type Read = () => Promise<number>;', 'promise'),
    invalid('a rest parameter in a function type', '/** @hot */ type Write = (...all: number[]) => void;', 'rest'),
    invalid('an Observable in an abstract method', 'abstract class B { /** @hot */ abstract watch(): Observable<1>; }', 'observable'),
    invalid('a bigint in a declared function', '/** @hot */ declare function read(): bigint;', 'bigintType'),
  ],
});

runRule('hot: tags that mark nothing', hot, {
  valid: [],
  invalid: [
    invalid('on a class', '/** @hot */ class Tlb { find() { return []; } }', 'strayTag'),
    invalid('on an interface', '/** @hot */ interface Bus { read(): number; }', 'strayTag'),
    invalid('on a function made elsewhere', '/** @hot */ const read = makeRead(() => []);', 'strayTag'),
    invalid('on a field with another value', 'class C { /** @hot */ count = 0; }', 'strayTag'),
    invalid('on a statement', 'function f() { /** @hot */ g(); }', 'strayTag'),
    invalid('in prose without back quotes', '/** Functions marked @hot do not allocate. */\nconst x = 1;', 'strayTag'),
    invalid('in a line comment', '// @hot\nfunction f() { return []; }', 'strayTag'),
    invalid('in a block comment that is no JSDoc', '/* @hot */ function f() { return []; }', 'strayTag'),
    invalid('in an earlier JSDoc', '/** @hot */\n/** Reads. */\nfunction f() { return []; }', 'strayTag'),
    invalid('beside @cold', '/**\n * @hot\n * @cold\n */\nfunction f() {}', 'hotAndCold'),
  ],
});
