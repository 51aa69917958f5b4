import type { Dma } from '@polyvisor/core';
import type { Chain } from './chain.ts';
import type { RingState } from './state.ts';

/** Descriptor flags (§2.7.5, §2.8.1). */
export const DescriptorFlag = { NEXT: 1, WRITE: 2, INDIRECT: 4, AVAIL: 0x80, USED: 0x8000 } as const;
export const DESCRIPTOR_SIZE = 16;

/** Where a queue lies, and how the driver wants it. */
export interface RingPlace {
  readonly dma: Dma;
  readonly size: number;
  readonly descriptors: number;
  /** Driver area: the available ring, or the driver's event suppression. */
  readonly driver: number;
  /** Device area: the used ring, or the device's event suppression. */
  readonly device: number;
  readonly eventIndex: boolean;
  readonly indirect: boolean;
  /** The driver broke a rule: the device needs a reset. */
  fail(why: string): void;
}

/** A split or a packed ring, without the chains that are in flight. */
export interface Ring {
  /** @hot Fills `chain` with the next one. False when there is none, or after `fail`. */
  take(chain: Chain): boolean;
  /** @hot Takes back the last `take`. */
  untake(chain: Chain): void;
  /** @hot Marks it as used; the driver need not see it before `publish`. */
  use(chain: Chain, written: number): void;
  /** @hot Shows the driver what was used. True when it wants an interrupt for it. */
  publish(): boolean;
  save(): RingState;
}
