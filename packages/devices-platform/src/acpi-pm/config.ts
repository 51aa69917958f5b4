import { token } from '@polyvisor/core';
import { z } from 'zod';

/** Somebody outside presses the machine's power button. */
export interface PowerButton {
  press(): void;
}
export const PowerButtonToken = token<PowerButton>('devices-platform/PowerButton');

const byte = z.int().min(0).max(0xff);

/** What does not depend on where the block is. */
const common = z
  .strictObject({
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
export type PmConfig = z.output<typeof common>;

export const acpiPmConfig = common.safeExtend({
  /** First port of the PM1a event and control blocks and the timer. */
  base: z.int().min(0).max(0xfff0).multipleOf(16).default(0x600),
});
export type AcpiPmConfig = z.output<typeof acpiPmConfig>;

export const acpiPmPciConfig = common.safeExtend({
  /** Bytes of the block: 64 behind a PIIX4, 128 behind an ICH9. */
  size: z.union([z.literal(64), z.literal(128)]).default(64),
});
