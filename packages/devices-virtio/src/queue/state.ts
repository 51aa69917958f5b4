import { z } from 'zod';
import { MAX_QUEUE_SIZE } from '../virtio/constants.ts';

const index = z.int().min(0).max(0xffff);
/** A guest-physical address. */
const address = z.number().nonnegative().max(2 ** 64);

/** A chain that the device holds: whole, because a packed ring's descriptors may be overwritten meanwhile. */
export const chainState = z
  .strictObject({
    id: index,
    descriptors: z.int().min(1).max(MAX_QUEUE_SIZE),
    readableCount: z.int().min(0),
    addresses: z.array(address).min(1).max(MAX_QUEUE_SIZE),
    lengths: z.array(z.int().min(1).max(0xffff_ffff)).max(MAX_QUEUE_SIZE),
  })
  .refine((s) => s.addresses.length === s.lengths.length && s.readableCount <= s.lengths.length, 'a buffer has an address and a length');
export type ChainState = z.output<typeof chainState>;

export const ringState = z.strictObject({
  /** Next entry of the available ring, or next descriptor of a packed ring. */
  next: index,
  /** Next entry of the used ring, or next descriptor to mark as used. */
  used: index,
  /** Wrap counters of a packed ring (§2.8.1). */
  nextWrap: z.boolean(),
  usedWrap: z.boolean(),
  /** Entries that were used and not published yet. */
  unpublished: index,
  /** Entries published since the driver was last interrupted. */
  unsignalled: index,
  /** The driver was interrupted at least once, so that the event index counts. */
  signalled: z.boolean(),
});
export type RingState = z.output<typeof ringState>;

export const queueState = z.strictObject({
  size: z.int().min(0).max(MAX_QUEUE_SIZE),
  enabled: z.boolean(),
  descriptors: address,
  driver: address,
  device: address,
  ring: ringState,
  inFlight: z.array(chainState).max(MAX_QUEUE_SIZE),
});
export type QueueState = z.output<typeof queueState>;
