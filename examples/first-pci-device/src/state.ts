import { versioned } from '@polyvisor/core';
import { z } from 'zod';
import { ADDRESS_HIGH_MASK, Status } from './registers.ts';

const state = z.strictObject({
  /** What the guest wrote to the configuration space: the command register, the address of BAR 0. */
  space: z.instanceof(Uint8Array).refine((bytes) => bytes.length === 256, 'configuration space has 256 bytes'),
  sum: z.int32(),
  addressLow: z.int32(),
  addressHigh: z.int().min(0).max(ADDRESS_HIGH_MASK),
  length: z.int32(),
  interrupts: z.boolean(),
  /** How the last transfer ended, until the guest clears it. */
  outcome: z.literal([0, Status.DONE, Status.FAILED]),
  /** Guest time in ns at which the transfer that is under way ends; `null` without one. */
  endsAt: z.number().nonnegative().nullable(),
});
export type ChecksumState = z.output<typeof state>;

export const checksumState = versioned(1, state);
