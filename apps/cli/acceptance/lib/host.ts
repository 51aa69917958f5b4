/** Programs of the host. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';

// Debian keeps the tools for file systems out of a user's PATH.
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

/** Why one of these programs cannot be run, if so. */
export function missing(...programs: readonly string[]): string | undefined {
  const folders = PATH.split(':');
  const absent = programs.filter((program) => !folders.some((folder) => existsSync(`${folder}/${program}`)));
  return absent.length === 0 ? undefined : `there is no ${absent.join(', ')}`;
}

export interface Ran {
  readonly status: number | null;
  readonly output: string;
}

export function run(command: string, args: readonly string[]): Ran {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, PATH, LC_ALL: 'C' }, maxBuffer: 2 ** 26 });
  if (error) throw error;
  return { status, output: `${stdout}${stderr}`.trim() };
}

/** Runs what must succeed. */
export function must(command: string, ...args: readonly string[]): string {
  const { status, output } = run(command, args);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status ?? 'a signal'}: ${output}`);
  return output;
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
