import { PolyvisorError, type AnyBackendPlugin } from '@polyvisor/core';
import { testkitErrors } from '../../errors/testkit-errors.ts';
import type { Random } from '../../random/random.ts';
import type { Trace } from '../../trace/trace.ts';
import { show } from '../values.ts';

export interface BackendCheckOptions {
  /** Configurations to check with, as a user writes them; at least one. */
  readonly configs: readonly [unknown, ...unknown[]];
  /** Services that core has no fake for; made anew for each backend. */
  readonly services?: (context: { readonly trace: Trace; readonly random: Random }) => { readonly [name: string]: unknown };
  /** RAM of the guest in bytes, a multiple of 4096; default 4 MiB. */
  readonly memory?: number;
  /** RAM sizes for which the layout is looked at; default 1 MiB to 8 GiB. */
  readonly layouts?: readonly number[];
  /** Default 1. */
  readonly cpus?: number;
  readonly seed?: number;
  /** Random exits in one run; default 200. */
  readonly operations?: number;
  /** What the backend's documentation says about instructions that the engine lacks; default `fault`. */
  readonly unimplemented?: 'fault' | 'inject-ud';
  /** Top-level keys of the state that a reset keeps. */
  readonly survivesReset?: readonly string[];
  /** Checks not to make, by name, with the reason. */
  readonly skip?: Readonly<Record<string, string>>;
}

/** A backend with one configuration, ready to be checked. */
export interface BackendSubject {
  readonly plugin: AnyBackendPlugin;
  readonly label: string;
  readonly given: unknown;
  readonly config: unknown;
  readonly memory: number;
  readonly cpus: number;
  readonly seed: number;
  readonly operations: number;
  readonly skip: Readonly<Record<string, string>>;
  readonly options: BackendCheckOptions;
}

/** One subject for each configuration. Throws `testkit/invalid-config` when the plugin refuses one. */
export function backendSubjects(plugin: AnyBackendPlugin, options: BackendCheckOptions): readonly BackendSubject[] {
  return options.configs.map((given, i) => {
    const parsed = plugin.config.safeParse(given);
    if (!parsed.success) {
      const params = { kind: plugin.kind, why: parsed.error.message };
      throw new PolyvisorError([testkitErrors['invalid-config'](`configs.${i}`, params)]);
    }
    return {
      plugin, given, config: parsed.data, options,
      label: `${plugin.kind} with ${show(given)}`,
      memory: options.memory ?? 0x400000,
      cpus: options.cpus ?? 1,
      seed: options.seed ?? 1,
      operations: options.operations ?? 200,
      skip: options.skip ?? {},
    };
  });
}
