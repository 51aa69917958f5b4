import { z } from 'zod';

export const consoleOptions = {
  /** Names of further ports, from port 1 on: the guest finds them as /dev/virtio-ports/NAME. */
  ports: z.array(z.string().regex(/^[\x21-\x7e]{1,63}$/, 'must be 1 to 63 printable characters')).max(30).default([]),
  'queue-size': z.int().min(16).max(1024).refine((value) => (value & (value - 1)) === 0, 'must be a power of two').default(128),
  /** The console's size in characters comes from a service, and changes are told. */
  size: z.boolean().default(false),
};
