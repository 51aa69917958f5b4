/** Where two plain values differ, as `path: a against b`; `undefined` when they are equal. */
export function difference(a: unknown, b: unknown, path = ''): string | undefined {
  if (Object.is(a, b)) return undefined;
  if (a instanceof Uint8Array && b instanceof Uint8Array) return bytesDifference(a, b, path);
  if (!isContainer(a) || !isContainer(b) || Array.isArray(a) !== Array.isArray(b)) {
    return `${path === '' ? 'the value' : path}: ${show(a)} against ${show(b)}`;
  }
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) {
    const at = path === '' ? key : `${path}.${key}`;
    if (!Object.hasOwn(a, key)) return `${at}: absent against ${show(b[key])}`;
    if (!Object.hasOwn(b, key)) return `${at}: ${show(a[key])} against absent`;
    const inner = difference(a[key], b[key], at);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

type Container = Record<string, unknown>;

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}

function bytesDifference(a: Uint8Array, b: Uint8Array, path: string): string | undefined {
  if (a.length !== b.length) return `${path}: ${a.length} bytes against ${b.length}`;
  // A plain loop: control blocks are 12 KiB and compared after every exit.
  for (let at = 0; at < a.length; at += 1) {
    if (a[at] !== b[at]) return `${path}[${at}]: ${a[at]!} against ${b[at]!}`;
  }
  return undefined;
}

/** A value in a message, short. */
export function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === 'bigint') return `${value}n`;
  // `undefined` and symbols have no JSON.
  const text = (JSON.stringify(value) as string | undefined) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** A copy of a plain value. */
export function copy<T>(value: T): T {
  return structuredClone(value);
}

/** Paths of every plain object in a value, the outermost first. */
export function objectPaths(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (!isContainer(value)) return [];
  const here = Array.isArray(value) ? [] : [path];
  return [...here, ...Object.keys(value).flatMap((key) => objectPaths(value[key], [...path, key]))];
}

/** A copy of `value` in which the object at `path` was changed by `edit`. */
export function edited(value: unknown, path: readonly string[], edit: (object: Record<string, unknown>) => void): unknown {
  const out: unknown = copy(value);
  let at: unknown = out;
  for (const key of path) at = (at as Container)[key];
  edit(at as Container);
  return out;
}

/** The keys of the object at `path`. */
export function keysAt(value: unknown, path: readonly string[]): string[] {
  let at: unknown = value;
  for (const key of path) at = (at as Container)[key];
  return Object.keys(at as Container);
}
