import { z } from 'zod';
import { MAX_MESSAGES } from './registers.ts';

export const consoleState = z.strictObject({
  /** The guest has opened the port, by port. */
  open: z.array(z.boolean()),
  /** Control messages that wait for a buffer. */
  messages: z.array(z.instanceof(Uint8Array).refine((bytes) => bytes.length <= 72, 'a message has 72 bytes at most')).max(MAX_MESSAGES),
});
export type ConsoleState = z.output<typeof consoleState>;
