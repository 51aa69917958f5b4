import { Lcr } from './registers.ts';

/** The crystal of a PC's serial card in hertz; it gives 115200 baud with a divisor of 1 (§8.3, table III). */
export const CRYSTAL_HZ = 1_843_200;

/** Half bits in a second at a divisor of 1: the baud clock is 16 times the bit rate (§8.3). */
const HALF_BIT_HZ = CRYSTAL_HZ / 8;

/**
 * @hot Guest time in nanoseconds that one character takes on the line: start bit, data, parity and stop bits (§8.1).
 * The data sheet gives a divisor of 0 no meaning; here it counts as 1, so that a guest which forgets the divisor is
 * fast rather than stuck.
 */
export function characterTime(lcr: number, divisor: number): number {
  const dataBits = 5 + (lcr & Lcr.WLS);
  let halfBits = 2 * (1 + dataBits + 1);
  if ((lcr & Lcr.PEN) !== 0) halfBits += 2;
  if ((lcr & Lcr.STB) !== 0) halfBits += dataBits === 5 ? 1 : 2;
  return Math.round((halfBits * (divisor === 0 ? 1 : divisor) * 1e9) / HALF_BIT_HZ);
}
