import { z } from 'zod';

/** Text without zero bytes, because C ends text there. */
const text = z.string().refine((s) => !s.includes('\0'), 'must not contain a zero byte');

export const osConfig = z.strictObject({
  /** Path of the program, absolute or relative to the working directory. */
  program: text.min(1),
  /** Arguments, the program's own name first. */
  argv: z.array(text).default([]),
  /** Environment, as NAME=VALUE. */
  env: z.array(text).default([]),
  /** Working directory, absolute. */
  cwd: text.startsWith('/').default('/'),
  uid: z.int().min(0).max(0xfffffffe).default(0),
  gid: z.int().min(0).max(0xfffffffe).default(0),
  hostname: text.max(64).default('polyvisor'),
  /** Real time at the start of the machine, in milliseconds since 1970. */
  epoch: z.number().min(0).max(2 ** 52).default(0),
  /** Log each system call. */
  trace: z.boolean().default(false),
});

export type OsConfig = z.output<typeof osConfig>;
