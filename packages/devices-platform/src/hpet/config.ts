import { z } from 'zod';

export const hpetConfig = z.strictObject({
  /** Base address; the ACPI HPET table has to say the same. */
  address: z.int().min(0).max(2 ** 48 - 4096).multipleOf(1024).default(0xfed0_0000),
});

export type HpetConfig = z.output<typeof hpetConfig>;
