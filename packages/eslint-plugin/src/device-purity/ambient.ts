import type { PurityMessage } from './messages.ts';

const namesByMessage: Readonly<Partial<Record<PurityMessage, readonly string[]>>> = {
  time: ['Date', 'Temporal', 'performance'],
  timer: [
    'cancelAnimationFrame', 'cancelIdleCallback', 'clearImmediate', 'clearInterval', 'clearTimeout', 'queueMicrotask',
    'requestAnimationFrame', 'requestIdleCallback', 'scheduler', 'setImmediate', 'setInterval', 'setTimeout',
  ],
  random: ['crypto'],
  process: ['Buffer', '__dirname', '__filename', 'process'],
  globalObject: ['document', 'global', 'globalThis', 'location', 'navigator', 'self', 'window'],
  console: ['console'],
  network: ['EventSource', 'RTCPeerConnection', 'WebSocket', 'WebTransport', 'XMLHttpRequest', 'fetch'],
  storage: ['caches', 'cookieStore', 'indexedDB', 'localStorage', 'sessionStorage'],
  worker: [
    'BroadcastChannel', 'MessageChannel', 'SharedWorker', 'Worker', 'importScripts', 'onmessage', 'postMessage',
  ],
  require: ['require'],
};

/** The message for each global value that a device may not use. */
export const ambientGlobals: ReadonlyMap<string, PurityMessage> = new Map(
  Object.entries(namesByMessage).flatMap(([messageId, names]) =>
    names.map((name): [string, PurityMessage] => [name, messageId as PurityMessage]),
  ),
);

/** Constructors whose objects are mutable storage. */
export const mutableCollections: ReadonlySet<string> = new Set([
  'Array', 'ArrayBuffer', 'BigInt64Array', 'BigUint64Array', 'DataView', 'Float16Array', 'Float32Array', 'Float64Array',
  'Int16Array', 'Int32Array', 'Int8Array', 'Map', 'Set', 'SharedArrayBuffer', 'Uint16Array', 'Uint32Array',
  'Uint8Array', 'Uint8ClampedArray', 'WeakMap', 'WeakRef', 'WeakSet',
]);

/** The mutable objects of the WebAssembly namespace. */
export const mutableWebAssembly: ReadonlySet<string> = new Set(['Global', 'Memory', 'Table']);

/** Methods that change an array in place. */
export const arrayMutators: ReadonlySet<string> = new Set([
  'copyWithin', 'fill', 'pop', 'push', 'reverse', 'shift', 'sort', 'splice', 'unshift',
]);
