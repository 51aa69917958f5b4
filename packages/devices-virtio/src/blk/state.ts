import { z } from 'zod';

/** Requests that were under way are in the queues and are made again: reading and writing twice does no harm. */
export const blkState = z.strictObject({
  /** The write cache is on (§5.2.5.2): writes are stable after a flush only. */
  writeback: z.boolean(),
});
export type BlkState = z.output<typeof blkState>;
