import type { Clock, DeviceLog, Dma, ServiceOf, Timer, Token } from '@polyvisor/core';
import type { z } from 'zod';
import type { Virtqueue } from '../queue/virtqueue.ts';

/** Services by the names that a device gives them. */
export type Services = Readonly<Record<string, Token<unknown>>>;
export type Options<O extends z.ZodRawShape> = z.output<z.ZodObject<O>>;

/** What a virtio device gets from its transport: nothing here tells which one it is. */
export interface VirtioHost<V extends Services> {
  readonly id: string;
  readonly clock: Clock;
  readonly log: DeviceLog;
  readonly dma: Dma;
  readonly services: { readonly [K in keyof V]: ServiceOf<V[K]> };
  /** Those that `queues` asked for. */
  readonly queues: readonly Virtqueue[];
  /** The driver has accepted this feature. */
  negotiated(bit: number): boolean;
  /** DRIVER_OK is set and no reset is needed. */
  readonly live: boolean;
  /** The device changed its configuration space (§2.5). */
  configChanged(): void;
  /** The driver did what cannot be gone on from: DEVICE_NEEDS_RESET (§2.1.2). */
  fail(why: string): void;
  /** Makes a timer; in `create` only. */
  timer(fire: () => void): Timer;
}

/** A running virtio device, without its transport. */
export interface VirtioModel<S> {
  /** Feature bits of the device type that it offers. */
  readonly features: readonly number[];
  /** The device-specific configuration space (§2.5), little-endian. The driver reads these bytes. */
  readonly config: Uint8Array;
  /** @hot The driver wrote to the configuration space. Without it, that has no effect. */
  writeConfig?(offset: number, size: 1 | 2 | 4, value: number): void;
  /** The driver is ready: features are settled and queues set up. `handleQueue` is called for each right after. */
  activate?(): void;
  /** @hot The driver published chains in a queue. A pass ends when `pop` gives nothing. */
  handleQueue(queue: number): void;
  /** The driver or the machine reset the device. Chains from before are gone. */
  reset(): void;
  /** A plain value that fits the state's schema; chains in flight are saved with their queues. */
  save(): S;
  pause?(): void;
  resume?(): void;
  destroy?(): void;
}

/**
 * A type of virtio device: what a transport makes a device plugin of. With `saved`, `create` makes the model in that
 * state and takes up the chains that `host.queues[n].inFlight` holds.
 */
export interface VirtioDefinition<O extends z.ZodRawShape, V extends Services, S> {
  /** §5. */
  readonly deviceId: number;
  /** One sentence for lists of devices. */
  readonly summary: string;
  /** PCI base class, sub-class and programming interface. */
  readonly classCode: number;
  /** PCI device id of the transitional device (§4.1.2.1), for types that were there before VIRTIO 1.0. */
  readonly transitionalId?: number;
  /** Options of the device; the transport adds its own. */
  readonly options: O;
  readonly state: z.ZodType<S>;
  services(config: Options<O>): V;
  /** The most descriptors of each queue, powers of two up to 1024. */
  queues(config: Options<O>): readonly number[];
  create(config: Options<O>, host: VirtioHost<V>, saved: S | undefined): VirtioModel<S>;
}

/** Checks the definition's shape and infers its types. */
export function defineVirtio<O extends z.ZodRawShape, const V extends Services, S>(
  definition: VirtioDefinition<O, V, S>,
): VirtioDefinition<O, V, S> {
  return Object.freeze(definition);
}
