type Globals = Record<string, unknown>;

interface Trap {
  readonly owner: object;
  readonly key: string;
  readonly name: string;
  /** What is called instead, given the original. */
  readonly instead: (original: (...args: unknown[]) => unknown) => (...args: unknown[]) => unknown;
}

const through: Trap['instead'] = (original) => original;
const nothing: Trap['instead'] = () => () => undefined;

function traps(): Trap[] {
  const world = globalThis as unknown as Globals;
  const list: Trap[] = [
    { owner: Math, key: 'random', name: 'Math.random', instead: through },
    { owner: Date, key: 'now', name: 'Date.now', instead: through },
    ...['setTimeout', 'setInterval', 'setImmediate', 'requestAnimationFrame'].map((key) => ({
      owner: globalThis, key, name: key, instead: nothing,
    })),
    { owner: globalThis, key: 'fetch', name: 'fetch', instead: () => () => new Promise(() => undefined) },
  ];
  const { performance, console, crypto, process } = world;
  if (isObject(performance)) list.push({ owner: performance, key: 'now', name: 'performance.now', instead: through });
  if (isObject(process)) list.push({ owner: process, key: 'hrtime', name: 'process.hrtime', instead: through });
  if (isObject(crypto)) {
    for (const key of ['getRandomValues', 'randomUUID']) {
      list.push({ owner: crypto, key, name: `crypto.${key}`, instead: (f) => f.bind(crypto) });
    }
  }
  if (isObject(console)) {
    for (const key of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'table', 'dir']) {
      list.push({ owner: console, key, name: `console.${key}`, instead: nothing });
    }
  }
  return list;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/**
 * Runs `act` with the ambient sources of time, chance, delay, network and console trapped: each use adds its name to
 * `used`. Clocks and random numbers still answer; timers, requests and console output do not happen. What a module
 * took hold of before (`const now = Date.now`) escapes.
 */
export function trapAmbient<T>(used: Set<string>, act: () => T): T {
  const undo = traps().flatMap((trap) => arm(trap, used));
  undo.push(...armDate(used));
  try {
    return act();
  } finally {
    for (const step of undo.reverse()) step();
  }
}

function arm(trap: Trap, used: Set<string>): (() => void)[] {
  const original: unknown = Reflect.get(trap.owner, trap.key);
  if (typeof original !== 'function') return [];
  const inner = trap.instead(original as (...args: unknown[]) => unknown);
  const value = Object.assign(function (this: unknown, ...args: unknown[]): unknown {
    used.add(trap.name);
    return inner.apply(this, args);
  }, original);
  return replace(trap.owner, trap.key, value);
}

/** `new Date()` and `Date()` read the clock; `new Date(0)` does not. */
function armDate(used: Set<string>): (() => void)[] {
  const value = new Proxy(Date, {
    construct(target, args, newTarget): object {
      if (args.length === 0) used.add('new Date');
      return Reflect.construct(target, args, newTarget) as object;
    },
    apply(target, self, args): unknown {
      used.add('Date()');
      return Reflect.apply(target, self, args);
    },
  });
  return replace(globalThis, 'Date', value);
}

function replace(owner: object, key: string, value: unknown): (() => void)[] {
  const before = Object.getOwnPropertyDescriptor(owner, key);
  if (before?.configurable === false && before.writable !== true) return [];
  if (!Reflect.defineProperty(owner, key, { value, writable: true, configurable: true, enumerable: before?.enumerable ?? false })) return [];
  return [
    () => {
      if (before) Object.defineProperty(owner, key, before);
      else Reflect.deleteProperty(owner, key);
    },
  ];
}
