import type { Clock, Timer } from '../clock/clock.ts';
import type { ServiceOf } from '../di/token.ts';
import type { EdgeLine, LevelLine, MessagePort } from '../interrupt/lines.ts';
import type { Dma } from '../memory/dma.ts';
import type { LineKind, LineWish, Resources } from './resources.ts';

/** For people: shown by the machine as events, never written to a console by the device itself. */
export interface DeviceLog {
  info(message: string): void;
  warn(message: string): void;
  /** A guest used the device against its specification. Counted, and shown once for each message. */
  guestError(message: string): void;
}

/** Where the guest reaches a movable region or memory of the device. */
export interface RegionPlacement {
  /**
   * Moves it to the base address (a port, or a guest-physical address in bytes), `undefined` for nowhere; at once, but in
   * `create` when all devices exist. A base that does not fit the space is nowhere too. Not part of the saved state: a
   * restored device places its regions again.
   */
  move(base: number | undefined): void;
}

/** Memory of a device (see `MemoryWish`): zeros at first; what is in it is saved by the machine. */
export interface DeviceMemory extends RegionPlacement {
  /** The contents: what the guest writes is here, and the other way round. */
  readonly bytes: Uint8Array;
  /**
   * Sets bit n of word n/32 for each 4 KiB that the guest wrote since the last call, clears the others, and returns how
   * many were set: for drawing what changed.
   */
  harvestWritten(bitmap: Int32Array): number;
}

interface Always {
  /** The device's name in this machine. */
  readonly id: string;
  readonly clock: Clock;
  readonly log: DeviceLog;
}

type LineOf<W> = W extends 'level' | LineWish<'level'> ? LevelLine : W extends 'edge' | LineWish<'edge'> ? EdgeLine : never;

type WithLines<R> = R extends { readonly irq: infer I extends Record<string, LineKind | LineWish> }
  ? { readonly irq: { readonly [K in keyof I]: LineOf<I[K]> } }
  : unknown;
type WithMessages<R> = R extends { readonly msi: true } ? { readonly msi: MessagePort } : unknown;
type WithDma<R> = R extends { readonly dma: true } ? { readonly dma: Dma } : unknown;
type WithTimers<R> = R extends { readonly timers: true }
  ? {
      /** Makes a timer; call it in `create` only. */
      timer(fire: () => void): Timer;
    }
  : unknown;
type MovableOf<W> = W extends Record<string, unknown> ? { [K in keyof W]: W[K] extends { readonly movable: true } ? K : never }[keyof W] : never;
type MovableNames<R> = (R extends { readonly pio: infer P } ? MovableOf<P> : never) | (R extends { readonly mmio: infer M } ? MovableOf<M> : never);
type WithPlacement<R> = [MovableNames<R>] extends [never]
  ? unknown
  : { readonly placement: { readonly [K in MovableNames<R>]: RegionPlacement } };
type WithMemory<R> = R extends { readonly memory: infer M } ? { readonly memory: { readonly [K in keyof M]: DeviceMemory } } : unknown;
type WithServices<R> = R extends { readonly services: infer S }
  ? { readonly services: { readonly [K in keyof S]: ServiceOf<S[K]> } }
  : unknown;

/** Exactly what the resources asked for. `host.dma` on a device that did not ask for DMA does not compile. */
export type DeviceHost<R extends Resources> = Always &
  WithLines<R> &
  WithMessages<R> &
  WithDma<R> &
  WithTimers<R> &
  WithPlacement<R> &
  WithMemory<R> &
  WithServices<R>;
