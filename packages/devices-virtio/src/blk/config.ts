import { z } from 'zod';

const powerOfTwo = (least: number, most: number) => z.int().min(least).max(most).refine((value) => (value & (value - 1)) === 0, 'must be a power of two');

/** Named like QEMU's properties of virtio-blk-pci. */
export const blkOptions = {
  serial: z.string().max(20).default(''),
  'num-queues': z.int().min(1).max(64).default(1),
  'queue-size': powerOfTwo(4, 1024).default(256),
  /** Bytes; default the backend's block size. */
  logical_block_size: powerOfTwo(512, 32768).optional(),
  physical_block_size: powerOfTwo(512, 32768).optional(),
  min_io_size: z.int().min(0).max(2 ** 24).default(0),
  opt_io_size: z.int().min(0).max(2 ** 31).default(0),
  discard: z.boolean().default(true),
  'write-zeroes': z.boolean().default(true),
  /** Offers to switch the write cache off (CONFIG_WCE). */
  'config-wce': z.boolean().default(true),
  /** The driver cannot write, also when the backend could. */
  'read-only': z.boolean().default(false),
};
