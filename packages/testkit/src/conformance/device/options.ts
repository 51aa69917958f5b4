import { PolyvisorError, type AnyDevicePlugin } from '@polyvisor/core';
import { testkitErrors } from '../../errors/testkit-errors.ts';
import type { FakeClock } from '../../fakes/fake-clock.ts';
import type { FakeMemoryOptions } from '../../fakes/fake-memory.ts';
import type { Random } from '../../random/random.ts';
import type { Trace } from '../../trace/trace.ts';
import { show } from '../values.ts';
import type { DeviceDriver } from './driver.ts';

export interface ServiceContext {
  /** Where a service of yours records what the device does to it (`trace.add`, if `trace.on`). */
  readonly trace: Trace;
  readonly clock: FakeClock;
  readonly random: Random;
}

/** One access of the guest. */
export interface AccessPoint {
  readonly direction: 'read' | 'write';
  readonly region: string;
  readonly offset: number;
  readonly size: 1 | 2 | 4;
}

export interface DeviceCheckOptions {
  /** Configurations to check with, as a user writes them; at least one. */
  readonly configs: readonly [unknown, ...unknown[]];
  /**
   * Services that core has no fake for, or that should behave otherwise; made anew for each device. One that keeps
   * contents offers `takeOver(other)`, so that a restored device meets the same surroundings.
   */
  readonly services?: (context: ServiceContext) => { readonly [name: string]: unknown };
  /** What a real driver does: reaches depths that random accesses do not. */
  readonly exercise?: (driver: DeviceDriver) => void;
  readonly seed?: number;
  /** Random operations in one run; default 400. */
  readonly operations?: number;
  /** Different runs for each check about saving, restoring and reset; default 3. */
  readonly rounds?: number;
  readonly memory?: FakeMemoryOptions;
  /** Most calls to the host (default 16384) and bytes of DMA (default 4 MiB) that one access may cause. */
  readonly limits?: { readonly calls?: number; readonly dmaBytes?: number };
  /** Top-level keys of the state that a reset keeps, for example battery-backed memory. */
  readonly survivesReset?: readonly string[];
  readonly allocation?: {
    /** Bytes for each call from which on it counts as allocation; default 4. */
    readonly bytesPerCall?: number;
    /** Accesses that are documented as cold and may allocate. */
    readonly cold?: (access: AccessPoint) => boolean;
  };
  /** Checks not to make, by name, with the reason. */
  readonly skip?: Readonly<Record<string, string>>;
}

/** A plugin with one configuration, ready to be checked. */
export interface DeviceSubject {
  readonly plugin: AnyDevicePlugin;
  /** For messages and test names. */
  readonly label: string;
  /** As the user wrote it, and as the schema gave it back. */
  readonly given: unknown;
  readonly config: unknown;
  readonly seed: number;
  readonly operations: number;
  readonly rounds: number;
  readonly limits: { readonly calls: number; readonly dmaBytes: number };
  readonly skip: Readonly<Record<string, string>>;
  readonly options: DeviceCheckOptions;
}

/** One subject for each configuration. Throws `testkit/invalid-config` when the plugin refuses one. */
export function deviceSubjects(plugin: AnyDevicePlugin, options: DeviceCheckOptions): readonly DeviceSubject[] {
  return options.configs.map((given, i) => {
    const parsed = plugin.config.safeParse(given);
    if (!parsed.success) {
      const params = { kind: plugin.kind, why: parsed.error.message };
      throw new PolyvisorError([testkitErrors['invalid-config'](`configs.${i}`, params)]);
    }
    return {
      plugin, given, config: parsed.data, options,
      label: `${plugin.kind} with ${show(given)}`,
      seed: options.seed ?? 1,
      operations: options.operations ?? 400,
      rounds: options.rounds ?? 3,
      limits: { calls: options.limits?.calls ?? 16384, dmaBytes: options.limits?.dmaBytes ?? 0x400000 },
      skip: options.skip ?? {},
    };
  });
}
