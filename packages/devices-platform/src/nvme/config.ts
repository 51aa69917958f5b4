import { z } from 'zod';
import { MAX_QUEUES } from './registers.ts';

export const nvmeConfig = z.strictObject({
  /** Device number on bus 0. */
  slot: z.int().min(0).max(31),
  /** Pairs of I/O queues that the driver can make. */
  queues: z.int().min(1).max(MAX_QUEUES).default(4),
  serial: z.string().regex(/^[\x20-\x7e]*$/, 'must be printable ASCII').max(20).default('polyvisor'),
  /** Bytes of a logical block; default the backend's block size. */
  logical_block_size: z.literal([512, 4096]).optional(),
  discard: z.boolean().default(true),
  /** The driver cannot write, also when the backend could. */
  'read-only': z.boolean().default(false),
});
export type NvmeConfig = z.output<typeof nvmeConfig>;
