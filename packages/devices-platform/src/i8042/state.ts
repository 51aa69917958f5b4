import { versioned } from '@polyvisor/core';
import { z } from 'zod';
import { RAM_SIZE } from './registers.ts';

const byte = z.int().min(0).max(0xff);
/** A command that waits for its parameter; −1 without one. */
const waiting = z.int().min(-1).max(0xff);
export const KEYBOARD_BUFFER = 16;
export const MOUSE_BUFFER = 32;
export const REPLIES = 4;

export const keyboardStateSchema = z.strictObject({
  queue: z.array(byte).max(KEYBOARD_BUFFER),
  waiting,
  scanning: z.boolean(),
  set: z.union([z.literal(1), z.literal(2)]),
  leds: z.int().min(0).max(7),
  typematic: byte,
  last: byte,
});
export type KeyboardState = z.output<typeof keyboardStateSchema>;

export const mouseStateSchema = z.strictObject({
  queue: z.array(byte).max(MOUSE_BUFFER),
  waiting,
  reporting: z.boolean(),
  remote: z.boolean(),
  wrap: z.boolean(),
  doubled: z.boolean(),
  resolution: z.int().min(0).max(3),
  rate: byte,
  /** The last three sample rates, which unlock the wheel and the further buttons. */
  rates: z.array(byte).length(3),
  /** 0 plain, 3 with a wheel, 4 with five buttons too. */
  id: z.union([z.literal(0), z.literal(3), z.literal(4)]),
  buttons: z.int().min(0).max(0x1f),
  last: byte,
});
export type MouseState = z.output<typeof mouseStateSchema>;

export const i8042StateSchema = z.strictObject({
  ram: z.array(byte).length(RAM_SIZE),
  /** The output buffer. */
  output: byte,
  full: z.enum(['empty', 'keyboard', 'mouse']),
  /** Whether the last write went to the command port. */
  commanded: z.boolean(),
  tested: z.boolean(),
  waiting,
  outputPort: z.int().min(0).max(3),
  /** Bytes of the controller's own. */
  replies: z.array(byte).max(REPLIES),
  /** The translation is after a break code. */
  released: z.boolean(),
  keyboard: keyboardStateSchema,
  mouse: mouseStateSchema,
});
export type I8042State = z.output<typeof i8042StateSchema>;
export const i8042State = versioned(1, i8042StateSchema);
