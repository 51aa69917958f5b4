// tsyringe refuses to load without the Reflect metadata API; Polyvisor uses none of its decorators.
import 'reflect-metadata';
import { container, type DependencyContainer } from 'tsyringe';
import { coreErrors } from '../errors/core-errors.ts';
import { PolyvisorError } from '../errors/problem.ts';
import type { Token } from './token.ts';

/**
 * A scope of services: a typed face of a tsyringe child container. There is no global scope: `Scope.root()` makes a
 * fresh one each time. Each machine has its own, and each device sees only what it declared.
 */
export class Scope {
  readonly #container: DependencyContainer;

  private constructor(inner: DependencyContainer) {
    this.#container = inner;
  }

  static root(): Scope {
    return new Scope(container.createChildContainer());
  }

  child(): Scope {
    return new Scope(this.#container.createChildContainer());
  }

  provide<T>(token: Token<T>, value: NoInfer<T>): this {
    return this.provideLazily(token, () => value);
  }

  /** The factory runs once, when the service is first asked for. */
  provideLazily<T>(token: Token<T>, factory: (scope: Scope) => NoInfer<T>): this {
    if (this.#container.isRegistered(token.key)) {
      throw new PolyvisorError([coreErrors['service-twice']('', { token: token.name })]);
    }
    let made: { readonly value: T } | undefined;
    // tsyringe's own instance caching needs decorators.
    this.#container.register(token.key, { useFactory: () => (made ??= { value: factory(this) }).value });
    return this;
  }

  has(token: Token<unknown>): boolean {
    return this.#container.isRegistered(token.key, true);
  }

  get<T>(token: Token<T>): T {
    if (!this.has(token)) throw new PolyvisorError([coreErrors['service-missing']('', { token: token.name })]);
    return this.#container.resolve<T>(token.key);
  }

  find<T>(token: Token<T>): T | undefined {
    return this.has(token) ? this.#container.resolve<T>(token.key) : undefined;
  }
}
