import { z } from 'zod';
import { MAX_FIDS, MAX_MSIZE } from './protocol.ts';

export const p9State = z.strictObject({
  /** 0 before the version was agreed on. */
  msize: z.int().min(0).max(MAX_MSIZE),
  fids: z
    .array(
      z.strictObject({
        fid: z.int().min(0).max(0xffff_ffff),
        path: z.array(z.string()),
        /** Flags of open(2); `null` when it is not open. Files are opened again when they are used. */
        open: z.int().nullable(),
        /** Its file has lost its name, so that it cannot be opened again. */
        gone: z.boolean(),
      }),
    )
    .max(MAX_FIDS),
});
export type P9State = z.output<typeof p9State>;
