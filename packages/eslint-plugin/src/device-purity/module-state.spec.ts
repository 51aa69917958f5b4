import { invalid, runRule, valid } from '../../test/rule-tests.ts';
import { devicePurity } from './device-purity.ts';

runRule('device-purity: module variables and collections', devicePurity, {
  valid: [
    valid('constants', 'export const size = 8; const name = `x`;'),
    valid('variables inside a function', 'export function f() { let x = 0; var y = 1; x++; return x + y; }'),
    valid('a loop variable that builds a table', 'const table: number[] = []; for (let i = 0; i < 4; i++) table[i] = i;'),
    valid('an ambient declaration', 'declare let __build: string;'),
    valid('a collection made per device', 'export function create() { const seen = new Map(); return seen; }'),
    valid('a read-only map', "export const names: ReadonlyMap<number, string> = new Map([[0, 'a']]);"),
    valid('a read-only set by assertion', 'const sizes = new Set([1, 2, 4]) as ReadonlySet<number>;'),
    valid('a read-only array', 'const rows: readonly number[] = new Array(4);'),
    valid('a constant table of bytes', 'const crc: ArrayLike<number> = new Uint8Array([1, 2]);'),
    valid('Readonly', 'const origin: Readonly<Float64Array> = new Float64Array(2);'),
    valid('a frozen array', 'const rows = Object.freeze(new Array(4));'),
    valid('a table that a function builds', 'const crc = buildTable();'),
    valid('a class of our own called Map', 'class Map {} const m = new Map();'),
    valid('another object of WebAssembly', 'const m = new WebAssembly.Module(bytes);'),
    valid('a static constant', 'class Uart { static readonly lines = 3; static readonly names: ReadonlySet<string> = new Set(); }'),
    valid('an instance field', 'class Uart { fifo = new Uint8Array(16); count = 0; }'),
    valid('a static field of a class made in a function', 'export function f() { return class { static count = 0; }; }'),
  ],
  invalid: [
    invalid('let', 'let count = 0;', 'moduleVariable'),
    invalid('var', 'var count = 0;', 'moduleVariable'),
    invalid('an exported let', 'export let count = 0;', 'moduleVariable'),
    invalid('var in a block, which belongs to the module', 'if (x) { var count = 0; }', 'moduleVariable'),
    invalid('each name of a destructuring', 'let { a, b } = f();', 'moduleVariable', 'moduleVariable'),
    ...['Map', 'Set', 'WeakMap', 'WeakSet', 'Array', 'Uint8Array', 'Float64Array', 'ArrayBuffer', 'SharedArrayBuffer'].map(
      (name) => ({
        ...invalid(`new ${name}`, `export const x = new ${name}();`),
        errors: [{ messageId: 'moduleCollection', data: { name } }],
      }),
    ),
    invalid('new WebAssembly.Memory', 'const m = new WebAssembly.Memory({ initial: 1 });', 'moduleCollection'),
    invalid('a collection with a mutable type', 'const m: Map<number, string> = new Map();', 'moduleCollection'),
    invalid('a mutable type asserted', 'const m = new Map() as Map<number, string>;', 'moduleCollection'),
    invalid('a frozen map, whose entries change all the same', 'const m = Object.freeze(new Map());', 'moduleCollection'),
    invalid('a frozen typed array, which throws', 'const m = Object.freeze(new Uint8Array(4));', 'moduleCollection'),
    invalid('a static field', 'class Uart { static count = 0; }', 'staticField'),
    invalid('a private static field', 'class Uart { static #count = 0; }', 'staticField'),
    invalid('a static read-only collection', 'class Uart { static readonly seen = new Map(); }', 'moduleCollection'),
  ],
});

runRule('device-purity: writes to module constants', devicePurity, {
  valid: [
    valid('reading', 'const limits = { size: 4 }; export const f = () => limits.size;'),
    valid('writing to a parameter of the same name', 'const state = {}; export const f = (state) => { state.x = 1; };'),
    valid('a write while the module loads', 'const table = {}; table.x = 1; for (const i of [0, 1]) table[i] = i;'),
    valid('a method of a module constant', 'const ops = { push(x) { return x; } }; export const f = () => ops.push(1);'),
    valid('copying before sorting', 'const rows = [3, 1]; export const f = () => rows.toSorted();'),
  ],
  invalid: [
    invalid('an assignment', 'const state = { n: 0 }; export const f = () => { state.n = 1; };', 'moduleWrite'),
    invalid('a compound assignment deep inside', 'const state = make(); export const f = () => { state.a.b[0] += 1; };', 'moduleWrite'),
    invalid('an increment', 'const counts = [0, 0]; export function f(i) { counts[i]++; }', 'moduleWrite'),
    invalid('a deletion', 'const cache = {}; class D { drop(k) { delete cache[k]; } }', 'moduleWrite'),
    invalid('a write behind an assertion', 'const state = {} as S; export const f = () => { (state as any).x! = 1; };', 'moduleWrite'),
    invalid('pushing onto an array', 'const log = []; export const f = (x) => { log.push(x); };', 'moduleWrite'),
    invalid('sorting an array in place', 'const rows = [3, 1]; export const f = () => rows.sort();', 'moduleWrite'),
    invalid("a write to another module's object", "import { shared } from './shared.ts'; export const f = () => { shared.x = 1; };", 'moduleWrite'),
  ],
});
