import type { Guest } from './guests.ts';

/** A host that takes this process off its processor while Linux counts timer interrupts would fail its check of the timer. */
const CONSOLE = 'console=ttyS0 no_timer_check';

/** The size of the terminal, for the guest's shell; `undefined` where there is none. */
export interface Screen {
  readonly rows: number;
  readonly columns: number;
}

/** Options for `polyvisor run` that boot the guest. What the user gave comes last, and so wins; `-append` is added. */
export function runArguments({ kernel, initrd }: Guest, screen: Screen | undefined, given: readonly string[]): string[] {
  const append: string[] = [];
  const rest: string[] = [];
  for (let i = 0; i < given.length; i++) {
    const value = given[i + 1];
    if (/^--?append$/.test(given[i]!) && value !== undefined) {
      append.push(value);
      i++;
    } else rest.push(given[i]!);
  }
  // People see that it boots. Without anybody at the keyboard, a panic ends the run instead of staying on the screen.
  const how = screen ? [`LINES=${screen.rows}`, `COLUMNS=${screen.columns}`, 'TERM=xterm'] : ['quiet', 'panic=-1'];
  return [
    '-kernel', kernel, ...(initrd === undefined ? [] : ['-initrd', initrd]),
    '-append', [CONSOLE, ...how, ...append].join(' '), ...(screen ? [] : ['-no-reboot']), ...rest,
  ];
}
