import { z } from 'zod';
import { MAC_TABLE_ENTRIES } from './registers.ts';

const mac = z.array(z.int().min(0).max(0xff)).length(6);

export const filterState = z.strictObject({
  promiscuous: z.boolean(),
  allMulticast: z.boolean(),
  allUnicast: z.boolean(),
  noMulticast: z.boolean(),
  noUnicast: z.boolean(),
  noBroadcast: z.boolean(),
  unicast: z.array(mac).max(MAC_TABLE_ENTRIES),
  multicast: z.array(mac).max(MAC_TABLE_ENTRIES),
  unicastOverflow: z.boolean(),
  multicastOverflow: z.boolean(),
  vlans: z.array(z.int().min(0).max(4095)),
});
export type FilterState = z.output<typeof filterState>;

export const netState = z.strictObject({
  mac,
  status: z.int().min(0).max(3),
  /** Pairs of queues in use. */
  pairs: z.int().min(1).max(8),
  filter: filterState,
  /** Segments of the frame at the head of each transmit queue that were sent already, because the network was full. */
  sent: z.array(z.int().nonnegative()),
  /** Transmit queues that wait for the network. */
  blocked: z.array(z.boolean()),
  /** A frame was refused for want of a buffer. */
  starved: z.boolean(),
  /** Guest offloads that the driver left on: bits of feature numbers. */
  guestOffloads: z.int().min(0).max(0x3ff),
});
export type NetState = z.output<typeof netState>;
