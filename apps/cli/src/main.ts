import { COMMANDS } from './commands.ts';

const HELP = `Usage: polyvisor COMMAND [OPTIONS]

Commands:
${COMMANDS.map(({ usage, summary }) => `  ${usage.padEnd(36)} ${summary}`).join('\n')}

Options:
  -h, --help                           show this help, or that of a command
  --version                            show the version
`;

/** The status of wrong use. */
const WRONG_USE = 2;

/** The command line: runs a command and sets the status of the process. */
export async function main(args: readonly string[]): Promise<void> {
  process.exitCode = await dispatch(args);
}

async function dispatch([name, ...rest]: readonly string[]): Promise<number> {
  switch (name) {
    case undefined:
      process.stderr.write(HELP);
      return WRONG_USE;
    case '-h':
    case '--help':
      process.stdout.write(HELP);
      return 0;
    case '--version':
      process.stdout.write(`${(await import('./version.ts')).version()}\n`);
      return 0;
  }
  const { guarded, unknownCommand } = await import('./guarded.ts');
  const command = COMMANDS.find((c) => c.name === name);
  return guarded(() => (command === undefined ? unknownCommand(name) : command.run(rest)));
}
