import { token } from '@polyvisor/core';
import { z } from 'zod';
import { RAM_SIZE, Reg } from './registers.ts';

/** The time outside: what a real-time clock shows when the power comes on. */
export interface WallClock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}
export const WallClockToken = token<WallClock>('devices-platform/WallClock');

/** Seconds of 2000-01-01T00:00:00Z: a date for machines that are not told one, so that runs are repeatable. */
const DEFAULT_START = 946_684_800;

export const rtcConfig = z.strictObject({
  /** Interrupt input. */
  irq: z.int().min(0).max(1023).default(8),
  /** Time at power-on in seconds since 1970 (UTC), or `service` to ask a `WallClock`. */
  start: z.union([z.literal('service'), z.int().min(0).max(253_402_300_799)]).default(DEFAULT_START),
  /** Where the century is, as the FADT tells the guest. */
  centuryRegister: z.int().min(Reg.RAM).max(RAM_SIZE - 1).default(0x32),
  /** Bytes of RAM in the machine: firmware finds them in 15H–18H, 30H–31H, 34H–35H and 5BH–5DH. */
  memory: z.int().min(0).max(2 ** 48).optional(),
  /** Other bytes of the battery-backed memory. */
  nvram: z.array(z.strictObject({ at: z.int().min(Reg.RAM).max(RAM_SIZE - 1), value: z.int().min(0).max(0xff) })).default([]),
});

export type RtcConfig = z.output<typeof rtcConfig>;
