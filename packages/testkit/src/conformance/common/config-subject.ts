import type { z } from 'zod';

/** What the checks of configurations look at; a device and a backend both have it. */
export interface ConfigSubject {
  readonly plugin: { readonly config: z.ZodType };
  /** As the user wrote it. */
  readonly given: unknown;
}
