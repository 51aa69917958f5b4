import { allowed, forbidden } from '../../test/hot-cases.ts';
import { invalid, runRule, valid } from '../../test/rule-tests.ts';
import { hot } from './hot.ts';

runRule('hot: allocation by literals', hot, {
  valid: [
    allowed('arithmetic on numbers and typed arrays', 'this.regs[a] = (this.regs[b] + c) | 0; return this.regs[a];'),
    allowed('a template without expressions', 'return a === 0 ? `halted` : `running`;'),
    allowed('adding numbers', 'return a + 1 + b;'),
    allowed('object destructuring without a rest', 'const { x, y } = a; return x + y;'),
    allowed('a loop by index', 'for (let i = 0; i < a.length; i++) b += a[i];'),
    allowed('string comparison', "return a === 'x' || b > 'y';"),
    valid('any of it in a function without the tag', 'function cold() { return [...a, {}, /x/, `${b}`, new C(), () => 1]; }'),
    valid('a template literal type', '/** @hot */ function f(a: `x${string}`): void {}'),
    valid('a callback type with a rest parameter', '/** @hot */ function f(sink: (...all: number[]) => void) { sink(1, 2); }'),
  ],
  invalid: [
    forbidden('an object literal', 'return { a };', 'objectLiteral'),
    forbidden('an object literal nested in another', 'return { a: {} };', 'objectLiteral', 'objectLiteral'),
    forbidden('an array literal', 'this.last = [a, b];', 'arrayLiteral'),
    forbidden('a constant array literal', 'return ([1, 2, 3] as const)[a];', 'arrayLiteral'),
    invalid('an allocating default parameter', '/** @hot */ function f(a = {}) { return a; }', 'objectLiteral'),
    forbidden('a regular expression', 'return /^a/.test(b);', 'regexLiteral'),
    forbidden('a template with an expression', 'return `port ${a}`;', 'templateLiteral'),
    forbidden('a tagged template, once', 'return tag`x ${a}`;', 'templateLiteral'),
    forbidden('string concatenation, once for the whole chain', "return 'port ' + a + ' value ' + b;", 'stringConcat'),
    forbidden('string concatenation that begins with numbers', "return a + b + ' bytes';", 'stringConcat'),
    forbidden('string concatenation in parentheses', "return a + ('x' + b);", 'stringConcat'),
    forbidden('appending to a string', "a += 'x';", 'stringConcat'),
    forbidden('new', 'return new DataView(a);', 'newExpression'),
    forbidden('spread in a call', 'return Math.max(...a);', 'spread'),
    forbidden('spread in an array', 'return [...a];', 'arrayLiteral', 'spread'),
    forbidden('spread in an object', 'return { ...a };', 'objectLiteral', 'spread'),
    forbidden('rest in object destructuring', 'const { x, ...others } = a; return others;', 'rest'),
    forbidden('array destructuring in a declaration', 'const [x] = a; return x;', 'arrayDestructuring'),
    forbidden('swapping by destructuring', '[a, b] = [b, a];', 'arrayDestructuring', 'arrayLiteral'),
    invalid('a rest parameter', '/** @hot */ function f(...all: number[]) { return all.length; }', 'rest'),
    invalid('a destructured array parameter', '/** @hot */ function f([x, y]) { return x + y; }', 'arrayDestructuring'),
  ],
});

runRule('hot: allocation by functions, classes and loops', hot, {
  valid: [
    allowed('calling a function that allocates', 'if (a < 0) fail(a);'),
    allowed('a property called arguments', 'return a.arguments;'),
    allowed('while and do loops', 'while (a--) { do { b++; } while (b < c); }'),
    valid('a factory that returns hot functions', 'function make(a) { return { /** @hot */ read(offset) { return a[offset]; } }; }'),
    valid('a hot method of a class that also allocates', 'class Ring { slots = []; /** @hot */ take() { return this.slots[0]; } drain() { return [...this.slots]; } }'),
  ],
  invalid: [
    forbidden('an arrow function', 'a.sort((x, y) => x - y);', 'closure'),
    forbidden('a function expression', 'this.later = function () {};', 'closure'),
    forbidden('a function declaration', 'function inner() {} inner();', 'closure'),
    forbidden('an arrow function, without judging what it holds', 'run(() => { throw new Error(`${a}`); });', 'closure'),
    forbidden('a nested hot function, and what it holds', '/** @hot */ const inner = () => [a]; return inner();', 'closure', 'arrayLiteral'),
    forbidden('a method of an object literal', 'return { go() { return []; } };', 'objectLiteral', 'closure'),
    forbidden('a class expression', 'return class { x = []; };', 'classDefinition'),
    forbidden('a class declaration', 'class Inner { static y = {}; } return Inner;', 'classDefinition'),
    forbidden('arguments', 'return arguments.length;', 'arguments'),
    forbidden('arguments as a shorthand property', 'use({ arguments });', 'objectLiteral', 'arguments'),
    forbidden('for…in', 'for (const key in a) b += a[key];', 'forIn'),
    forbidden('for…of', 'for (const x of a) b += x;', 'forOf'),
    forbidden('for…of that destructures', 'for (const [k, v] of a) b += v;', 'forOf', 'arrayDestructuring'),
  ],
});

runRule('hot: allocation by calls', hot, {
  valid: [
    allowed('TypedArray.set and fill', 'this.bytes.set(a, b); this.bytes.fill(0, a, b); this.bytes.copyWithin(0, 1, 2);'),
    allowed('Math and Number', 'return Math.imul(a, b) + Number(c) + Math.clz32(a);'),
    allowed('a method name of hardware', 'return this.tlb.match(a) ?? this.cache.replace(b);'),
    allowed('a computed call whose name is unknown', 'return this.handlers[a](b);'),
    valid('a private method', 'class C { #map(a) { return a; } /** @hot */ go(a) { return this.#map(a); } }'),
    valid('a local object called Array', 'const Array = fixed; /** @hot */ function f(a) { return Array.from(a); }'),
    valid('a local function called String', 'import { String } from "./text.ts"; /** @hot */ function f(a) { return String(a); }'),
    allowed('a function of a built-in that does not allocate', 'return Object.is(a, b) && Array.isArray(c);'),
  ],
  invalid: [
    ...['map', 'filter', 'slice', 'concat', 'split', 'subarray', 'bind', 'splice', 'flat', 'keys', 'toString'].map(
      (method) => ({
        ...forbidden(`.${method}()`, `return a.${method}(b);`),
        errors: [{ messageId: 'allocatingCall', data: { name: `.${method}()` } }],
      }),
    ),
    forbidden('an optional call', 'return a?.slice?.(1);', 'allocatingCall'),
    forbidden('a call after an assertion', 'return (a as string)!.split(b);', 'allocatingCall'),
    forbidden('a call by a computed literal', "return a['slice'](1);", 'allocatingCall'),
    ...['Array.from', 'Array.of', 'Object.keys', 'Object.assign', 'JSON.stringify', 'Uint8Array.from', 'String.fromCharCode'].map(
      (name) => ({
        ...forbidden(name, `return ${name}(a);`),
        errors: [{ messageId: 'allocatingCall', data: { name } }],
      }),
    ),
    forbidden('Array as a function', 'return Array(4);', 'allocatingCall'),
    forbidden('String as a function', 'return String(a);', 'allocatingCall'),
    forbidden('Error as a function', 'this.problem = Error();', 'allocatingCall'),
    forbidden('structuredClone', 'return structuredClone(a);', 'allocatingCall'),
    invalid('a global that shares its name with a local type', 'interface Array { x: 1 } /** @hot */ function f(a) { return Array.of(a); }', 'allocatingCall'),
  ],
});
