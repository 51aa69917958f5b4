import { RUN_HELP } from './options/help.ts';
import { parseRun } from './options/parse.ts';

/** `polyvisor run`. */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseRun(args);
  if (options.help) {
    process.stdout.write(RUN_HELP);
    return 0;
  }
  const { runMachine } = await import('./run-machine.ts');
  const status = await runMachine(options);
  // Standard input would keep the process alive.
  process.exit(status);
}
