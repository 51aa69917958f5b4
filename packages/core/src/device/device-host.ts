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
type WithServices<R> = R extends { readonly services: infer S }
  ? { readonly services: { readonly [K in keyof S]: ServiceOf<S[K]> } }
  : unknown;

/** Exactly what the resources asked for. `host.dma` on a device that did not ask for DMA does not compile. */
export type DeviceHost<R extends Resources> = Always &
  WithLines<R> &
  WithMessages<R> &
  WithDma<R> &
  WithTimers<R> &
  WithServices<R>;
