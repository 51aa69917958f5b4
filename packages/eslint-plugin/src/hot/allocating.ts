/**
 * Methods whose result is a fresh object or string. Without types a call is judged by the method's name alone, so only
 * names that hardly mean anything else are here.
 */
export const allocatingMethods: ReadonlySet<string> = new Set([
  // Array and TypedArray
  'concat', 'entries', 'filter', 'flat', 'flatMap', 'keys', 'map', 'slice', 'splice', 'subarray', 'toReversed',
  'toSorted', 'toSpliced', 'values',
  // String
  'matchAll', 'padEnd', 'padStart', 'replaceAll', 'split', 'substr', 'substring', 'toLocaleLowerCase',
  'toLocaleUpperCase', 'toLowerCase', 'toUpperCase',
  // Number, Object, Function
  'bind', 'toExponential', 'toFixed', 'toLocaleString', 'toPrecision', 'toString',
]);

/**
 * Methods that allocate in the standard library, but whose names a model of hardware uses for its own functions (a TLB
 * has `match`, a cache has `replace`). They count only when the types say that the standard library is called.
 */
export const ambiguousMethods: ReadonlySet<string> = new Set([
  'exec', 'join', 'match', 'normalize', 'repeat', 'replace', 'trim', 'trimEnd', 'trimStart', 'with',
]);

/** Functions of the built-in objects that allocate, by the name of the object. */
export const allocatingStatics: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['Array', new Set(['from', 'fromAsync', 'of'])],
  ['Iterator', new Set(['from'])],
  ['JSON', new Set(['parse', 'stringify'])],
  ['Object', new Set([
    'assign', 'create', 'entries', 'fromEntries', 'getOwnPropertyDescriptor', 'getOwnPropertyDescriptors',
    'getOwnPropertyNames', 'getOwnPropertySymbols', 'groupBy', 'keys', 'values',
  ])],
  ['Reflect', new Set(['apply', 'construct', 'getOwnPropertyDescriptor', 'ownKeys'])],
  ['String', new Set(['fromCharCode', 'fromCodePoint', 'raw'])],
  ...[
    'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array',
    'Float16Array', 'Float32Array', 'Float64Array',
  ].map((name): [string, ReadonlySet<string>] => [name, new Set(['from', 'of'])]),
]);

/** Built-in functions that allocate when called without `new`. */
export const allocatingFunctions: ReadonlySet<string> = new Set([
  'AggregateError', 'Array', 'Date', 'Error', 'Function', 'Object', 'RangeError', 'RegExp', 'String', 'Symbol',
  'SyntaxError', 'TypeError', 'structuredClone',
]);

/** Functions that give a promise: on `Promise` itself, on a promise, and on `Atomics`. */
export const promiseMethods: ReadonlySet<string> = new Set(['catch', 'finally', 'then']);

/** Names whose values are bigints or views of them. */
export const bigintGlobals: ReadonlySet<string> = new Set(['BigInt', 'BigInt64Array', 'BigUint64Array']);

/** Methods of DataView that take or give a bigint. */
export const bigintMethods: ReadonlySet<string> = new Set([
  'getBigInt64', 'getBigUint64', 'setBigInt64', 'setBigUint64',
]);

/** Methods of an Observable or Subject that no other common object has. */
export const observableMethods: ReadonlySet<string> = new Set(['pipe', 'subscribe']);

/** Types in a hot signature that promise a promise. */
export const promiseTypes: ReadonlySet<string> = new Set([
  'AsyncGenerator', 'AsyncIterable', 'AsyncIterableIterator', 'AsyncIterator', 'Promise', 'PromiseLike',
]);

/** Types in a hot signature that come from RxJS. */
export const observableTypes: ReadonlySet<string> = new Set([
  'AsyncSubject', 'BehaviorSubject', 'Observable', 'ReplaySubject', 'Subject', 'Subscription',
]);
