import { token } from '@polyvisor/core';
import { z } from 'zod';

/** The keys of a keyboard, for whoever has some. */
export interface Keyboard {
  /**
   * A key went down or up. `code` is its code in scan set 2, with E000H for the extended keys (`KEYS` has them by name).
   * False when the keyboard's buffer is full or the guest has switched it off: nothing was sent.
   */
  key(code: number, pressed: boolean): boolean;
  /** Bits 0 to 2 are scroll lock, num lock and caps lock. */
  readonly leds: number;
}
/** A mouse, for whoever has one. */
export interface Mouse {
  /**
   * It moved by `dx` to the right and `dy` upwards, its wheel turned by `dz` towards the user, its buttons are as in
   * `buttons` (bit 0 left, 1 right, 2 middle, 3 and 4 the others). False when nothing was sent.
   */
  move(dx: number, dy: number, dz: number, buttons: number): boolean;
}
export const KeyboardToken = token<Keyboard>('devices-platform/Keyboard');
export const MouseToken = token<Mouse>('devices-platform/Mouse');

export const i8042Config = z.strictObject({
  keyboardIrq: z.int().min(0).max(1023).default(1),
  mouseIrq: z.int().min(0).max(1023).default(12),
});

export type I8042Config = z.output<typeof i8042Config>;
