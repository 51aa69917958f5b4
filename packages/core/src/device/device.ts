import type { z } from 'zod';
import type { ServiceOf } from '../di/token.ts';
import { coreErrors } from '../errors/core-errors.ts';
import { PolyvisorError } from '../errors/problem.ts';
import type { StateSpec } from '../snapshot/state.ts';
import type { DeviceHost } from './device-host.ts';
import type { Region } from './region.ts';
import type { Resources } from './resources.ts';

/** Why a reset happens: the power came on, or the guest or its user pressed the button. */
export type ResetKind = 'power-on' | 'warm';

type RegionNames<R> = (R extends { readonly pio: infer P } ? keyof P : never) | (R extends { readonly mmio: infer M } ? keyof M : never);

type WithRegions<R> = [RegionNames<R>] extends [never]
  ? { readonly regions?: Readonly<Record<string, never>> }
  : { readonly regions: { readonly [K in RegionNames<R>]: Region } };
type WithProvided<R> = R extends { readonly provides: infer P }
  ? { readonly provides: { readonly [K in keyof P]: ServiceOf<P[K]> } }
  : { readonly provides?: undefined };
type WithSave<S> = [S] extends [undefined]
  ? { readonly save?: undefined }
  : {
      /** A plain value that fits the schema; the machine is paused. */
      save(): S;
    };

/** A running device: exactly the regions and services it declared, and `save` exactly when it has state. */
export type Device<R extends Resources, S> = WithRegions<R> &
  WithProvided<R> &
  WithSave<S> & {
    /** To the power-on state; every level line is deasserted by the device itself. */
    reset(why: ResetKind): void;
    /** The machine was paused or resumed; guest time stands still between. */
    pause?(): void;
    resume?(): void;
    /** Unplugged, or the machine ends: takes its levels back, cancels its timers, closes what it holds outside. */
    destroy?(): void;
  };

/**
 * A device plugin: a plain object. `resources` is pure and says what the device wishes for; `create` gets that and
 * nothing else. Restoring constructs: with `saved`, `create` makes the device in that state, sets its level lines
 * and arms its timers, and raises no edge.
 */
export interface DevicePlugin<C, R extends Resources, S> {
  /** `vendor/model`, unique among the plugins of a machine. */
  readonly kind: string;
  /** Version of this contract. */
  readonly api: 1;
  /** One sentence for lists of devices. */
  readonly summary: string;
  /** Refuses unknown keys (`z.strictObject`). */
  readonly config: z.ZodType<C>;
  readonly state: StateSpec<S>;
  resources(config: C): R;
  create(config: C, host: DeviceHost<R>, saved: S | undefined): Device<R, S>;
}

/** A plugin whose types nobody needs any more: how registries hold it. */
// Methods are bivariant, so every DevicePlugin<C, R, S> fits without a cast.
export interface AnyDevicePlugin {
  readonly kind: string;
  readonly api: 1;
  readonly summary: string;
  readonly config: z.ZodType;
  readonly state: StateSpec<unknown>;
  resources(config: unknown): Resources;
  create(config: unknown, host: unknown, saved: unknown): AnyDevice;
}
export interface AnyDevice {
  readonly regions?: { readonly [name: string]: Region };
  readonly provides?: { readonly [name: string]: unknown } | undefined;
  reset(why: ResetKind): void;
  save?: (() => unknown) | undefined;
  pause?(): void;
  resume?(): void;
  destroy?(): void;
}

const KIND = /^[a-z0-9][a-z0-9-]*\/[a-z0-9][a-z0-9.-]*$/;

/** Throws `core/invalid-plugin` unless `kind` reads `vendor/model`. */
export function checkKind(kind: string): void {
  if (KIND.test(kind)) return;
  const why = 'its kind must read vendor/model in lower case, for example "acme/uart"';
  throw new PolyvisorError([coreErrors['invalid-plugin']('kind', { kind, why })]);
}

/** Checks the plugin's shape and infers its types: what `host` and the returned device must be. */
export function defineDevice<C, const R extends Resources, S = undefined>(
  plugin: DevicePlugin<C, R, S>,
): DevicePlugin<C, R, S> {
  checkKind(plugin.kind);
  return Object.freeze(plugin);
}
