import { invalid, runRule, valid } from '../../test/rule-tests.ts';
import { devicePurity } from './device-purity.ts';

const ambient: [messageId: string, ...code: string[]][] = [
  ['time', 'const at = Date.now();', 'function f() { return new Date(); }', 'performance.now();', 'Temporal.Now.instant();'],
  ['timer', 'setTimeout(f, 1);', 'clearTimeout(t);', 'setInterval(f, 1);', 'setImmediate(f);', 'queueMicrotask(f);', 'requestAnimationFrame(f);'],
  ['random', 'Math.random();', "Math['random']();", 'const { random } = Math;', 'crypto.getRandomValues(b);', 'const f = Math.random;'],
  ['process', 'process.exit(1);', 'export const env = process.env;', 'Buffer.from(x);', 'f(__dirname);'],
  ['globalObject', 'globalThis.x;', 'window.open();', 'self.close();', 'document.body;', 'navigator.gpu;', 'global.gc();'],
  ['console', "console.log('x');"],
  ['network', "fetch('x');", 'new XMLHttpRequest();', 'new WebSocket(url);'],
  ['storage', "localStorage.getItem('x');", 'indexedDB.open(x);'],
  ['worker', 'new Worker(url);', 'postMessage(x);', 'new BroadcastChannel(x);'],
  ['require', "const x = require('./x.js');"],
];

runRule('device-purity: ambient globals', devicePurity, {
  valid: [
    valid('a parameter named process', 'export function f(process: Steps) { return process.next(); }'),
    valid('a local named performance', 'function f() { const performance = 3; return performance; }'),
    valid('an import named crypto', "import { crypto } from './device-crypto.ts'; crypto.start();"),
    valid('a function of the module named fetch', 'function fetch(at) { return at; } export const x = fetch(1);'),
    valid('a class of the module named Worker', 'class Worker {} export const make = () => new Worker();'),
    valid('a member that has the name', 'export const f = (host) => host.clock.performance + host.process;'),
    valid('a key that has the name', 'export const f = (x) => ({ process: x, console: x });'),
    valid('the rest of Math', 'export const f = (x) => Math.imul(x, Math.floor(x)); const { imul } = Math;'),
    valid('a member called random of another object', 'export const f = (host) => host.random();'),
    valid('a type that has the name', 'export interface Saved { at: Date; worker: Worker }'),
    valid('the type of a global', 'export type Env = typeof process; export type Platform = typeof process.env;'),
    valid('the typed arrays, DataView and WebAssembly', 'export const f = () => [new Uint8Array(4), new DataView(b), WebAssembly.validate(b)];'),
  ],
  invalid: [
    ...ambient.flatMap(([messageId, ...codes]) => codes.map((code) => invalid(code, code, messageId))),
    invalid('a question whether the global exists', "if (typeof process !== 'undefined') f();", 'process'),
    invalid('a shorthand property', 'export const f = () => ({ console });', 'console'),
    invalid('a default parameter', 'export const f = (now = Date.now) => now();', 'time'),
    invalid('a use beside a local of the same name elsewhere', 'function f(process) {} process.exit();', 'process'),
    invalid('each use', 'performance.now(); performance.now();', 'time', 'time'),
    {
      name: 'names the global and the service',
      code: 'setTimeout(f, 2);',
      errors: [{ messageId: 'timer', data: { name: 'setTimeout' } }],
    },
  ],
});

runRule('device-purity: Node builtins', devicePurity, {
  valid: [
    valid('a package', "import { z } from 'zod'; import { x } from '@polyvisor/core';"),
    valid('a file named like a builtin', "import { x } from './fs.ts';"),
    valid('a package whose name begins like a builtin', "import x from 'fs-image';"),
  ],
  invalid: [
    invalid('node:', "import { readFileSync } from 'node:fs';", 'builtinImport'),
    invalid('the bare name', "import fs from 'fs';", 'builtinImport'),
    invalid('a subpath', "import fs from 'fs/promises';", 'builtinImport'),
    invalid('a builtin that only node: names', "import { test } from 'node:test';", 'builtinImport'),
    invalid('a type-only import', "import type { Readable } from 'node:stream';", 'builtinImport'),
    invalid('an import in a type', "export type Stats = import('node:fs').Stats;", 'builtinImport'),
    invalid('a dynamic import', "export const f = () => import('node:net');", 'builtinImport'),
    invalid('a re-export', "export { readFile } from 'node:fs';", 'builtinImport'),
    invalid('a re-export of everything', "export * from 'os';", 'builtinImport'),
    invalid('an import for its effect', "import 'node:process';", 'builtinImport'),
    invalid('an import assignment', "import fs = require('fs');", 'builtinImport'),
    invalid('require', "const fs = require('fs');", 'require', 'builtinImport'),
  ],
});
