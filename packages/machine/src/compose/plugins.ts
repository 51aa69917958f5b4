import type { AnyBackendPlugin, AnyCpuPlugin, AnyDevicePlugin, AnyMmuPlugin, Problem, Token } from '@polyvisor/core';
import { machineErrors } from '../errors.ts';

/** What a machine can be made of. */
export interface Plugins {
  readonly devices?: readonly AnyDevicePlugin[];
  readonly cpus: readonly AnyCpuPlugin[];
  readonly mmus?: readonly AnyMmuPlugin[];
  readonly backends: readonly AnyBackendPlugin[];
}

/** A service that devices choose by name, where a machine has several of one type: two consoles, three disks. */
export interface NamedService {
  readonly token: Token<unknown>;
  readonly value: unknown;
  readonly name: string;
}

export function namedService<T>(name: string, token: Token<T>, value: NoInfer<T>): NamedService {
  return { token, value, name };
}

/** Plugins of one role by kind. */
export class PluginIndex<P extends { readonly kind: string }> {
  readonly #byKind = new Map<string, P>();
  readonly #role: string;

  constructor(role: string, plugins: readonly P[], problems: Problem[]) {
    this.#role = role;
    for (const plugin of plugins) {
      const { kind } = plugin;
      if (this.#byKind.has(kind)) problems.push(machineErrors['duplicate-plugin']('plugins', { role, kind }));
      this.#byKind.set(kind, plugin);
    }
  }

  find(kind: string, place: string, problems: Problem[]): P | undefined {
    const plugin = this.#byKind.get(kind);
    if (!plugin) {
      const known = [...this.#byKind.keys()];
      problems.push(machineErrors['unknown-plugin'](place, { role: this.#role, kind, known }));
    }
    return plugin;
  }
}
