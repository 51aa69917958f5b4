import { PolyvisorError } from '@polyvisor/core';
import { COMMANDS } from './commands.ts';
import { cliErrors } from './errors.ts';

/** Status of what went wrong before the program ran, as shells and container tools have it. */
const STATUSES: readonly [code: RegExp, status: number][] = [
  [/^cli\//, 2],
  [/^backend-os\/no-program$/, 127],
  [/^backend-os\/(not-executable|bad-program|no-loader)$/, 126],
];
const OTHERS = 125;

/** Runs a command; a user's mistake becomes its message on standard error, and a status. */
export async function guarded(run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof PolyvisorError)) throw error;
    process.stderr.write(`polyvisor: ${error.message}\n`);
    return STATUSES.find(([code]) => code.test(error.code))?.[1] ?? OTHERS;
  }
}

export function unknownCommand(name: string): Promise<number> {
  return Promise.reject(new PolyvisorError([cliErrors['unknown-command']('', { name, known: COMMANDS.map((c) => c.name) })]));
}
