/**
 * A typed name for a service. The type lives only in the compiler; at run time a token is its symbol, so two packages
 * that call `token` with the same name agree when they are different copies of the same version.
 */
declare const provides: unique symbol;

export interface Token<T> {
  readonly name: string;
  readonly key: symbol;
  readonly [provides]?: () => T;
}

/** `name` is `package/Service`, for example `core/InterruptController`. */
export function token<T>(name: string): Token<T> {
  return Object.freeze({ name, key: Symbol.for(`polyvisor:${name}`) });
}

export type ServiceOf<K> = K extends Token<infer T> ? T : never;
