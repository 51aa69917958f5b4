/** A command. What it needs is imported only when it runs, so that help is quick. */
export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  /** Gives the status of the process. */
  run(args: readonly string[]): Promise<number>;
}

export const COMMANDS: readonly Command[] = [
  {
    name: 'exec',
    usage: 'exec [OPTIONS] PROGRAM [ARGUMENTS]',
    summary: 'run a Linux program in user mode',
    run: async (args) => (await import('./exec/command.ts')).run(args),
  },
  {
    name: 'run',
    usage: 'run -kernel FILE [OPTIONS]',
    summary: 'run an operating system on a PC',
    run: async (args) => (await import('./run/command.ts')).run(args),
  },
  {
    name: 'img',
    usage: 'img ACTION [OPTIONS]',
    summary: 'make, convert and check disk images',
    run: async (args) => (await import('./img/command.ts')).run(args),
  },
  {
    name: 'start',
    usage: 'start [--tiny] [OPTIONS OF run]',
    summary: 'boot Linux to a shell',
    run: async (args) => (await import('./start/command.ts')).run(args),
  },
];
