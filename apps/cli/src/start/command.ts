import { runArguments } from './arguments.ts';
import { debianGuest, tinyGuestFile, type Guest } from './guests.ts';
import { START_HELP, parseStart } from './options.ts';

const progress = (text: string): void => { process.stderr.write(`polyvisor: ${text}\n`); };

/** `polyvisor start`. */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseStart(args);
  if (options.help) {
    process.stdout.write(START_HELP);
    return 0;
  }
  const guest = options.tiny ? tinyGuestFile() : linuxOrTiny();
  if (options.files) {
    process.stdout.write([guest.kernel, ...(guest.initrd === undefined ? [] : [guest.initrd])].map((path) => `${path}\n`).join(''));
    return 0;
  }
  progress(`booting ${guest.name}: ${guest.kernel}`);
  const { stdin, stdout } = process;
  if (stdin.isTTY) {
    const screen = stdout.isTTY ? { rows: stdout.rows, columns: stdout.columns } : { rows: 24, columns: 80 };
    const command = await import('../run/command.ts');
    return command.run(runArguments(guest, screen, options.rest));
  }
  const { runPiped } = await import('./piped.ts');
  const status = await runPiped(runArguments(guest, undefined, options.rest), guest.prompt);
  // Standard input would keep the process alive.
  process.exit(status);
}

function linuxOrTiny(): Guest {
  const guest = debianGuest(progress);
  if ('kernel' in guest) return guest;
  progress(`there is no Linux to boot: ${guest.reason}`);
  return tinyGuestFile();
}
