import { token } from '@polyvisor/core';
import { z } from 'zod';

/** Somebody outside presses the machine's power button. */
export interface PowerButton {
  press(): void;
}
export const PowerButtonToken = token<PowerButton>('devices-platform/PowerButton');

const byte = z.int().min(0).max(0xff);

export const acpiPmConfig = z
  .strictObject({
    /** First port of the PM1a event and control blocks and the timer. */
    base: z.int().min(0).max(0xfff0).multipleOf(16).default(0x600),
    smiCommand: z.int().min(0).max(0xfffe).default(0xb2),
    /** Interrupt input of SCI. */
    sci: z.int().min(0).max(1023).default(9),
    timerBits: z.union([z.literal(24), z.literal(32)]).default(32),
    /** SLP_TYP of S5, which the DSDT's \_S5 has to say too. */
    s5: z.int().min(0).max(7).default(5),
    /** What is written to the SMI command port to enter and leave ACPI mode. */
    enable: byte.default(0xf1),
    disable: byte.default(0xf0),
    /** In ACPI mode from power-on, for an FADT without an SMI command port. */
    startsEnabled: z.boolean().default(false),
  })
  .refine((config) => config.enable !== config.disable, 'enable and disable are different commands');

export type AcpiPmConfig = z.output<typeof acpiPmConfig>;
