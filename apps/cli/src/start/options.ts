/** What `polyvisor start` itself takes; all else is for `polyvisor run`. */
export interface StartOptions {
  readonly help: boolean;
  readonly tiny: boolean;
  readonly files: boolean;
  readonly rest: readonly string[];
}

export const START_HELP = `Usage: polyvisor start [--tiny] [OPTIONS OF polyvisor run]

Boots Linux to a shell: Debian's cloud kernel and its busybox, which come by
apt-get (without root) into $XDG_CACHE_HOME/polyvisor and stay there. Where
that cannot be, it takes what this host has in /boot and /bin/busybox, or boots
a tiny guest of Polyvisor's own.
  --tiny             boot the tiny guest
  --files            print the paths of kernel and initial RAM disk, and end
  -append TEXT       is added to the kernel's command line
  -h, --help         show this help
All other options are those of "polyvisor run", such as -m 512 or -smp 2.
Keys: Ctrl-A x ends the run, Ctrl-A c is the monitor, Ctrl-A Ctrl-A is Ctrl-A.
When standard input is no terminal, it is typed once the guest's prompt is
there; when it ends, so does the shell, and the machine is switched off.
`;

/** One or two dashes make no difference. */
export function parseStart(args: readonly string[]): StartOptions {
  const own = new Set<string>();
  const rest: string[] = [];
  for (const arg of args) {
    const name = arg.replace(/^--?/, '');
    if (arg.startsWith('-') && ['help', 'h', 'tiny', 'files'].includes(name)) own.add(name);
    else rest.push(arg);
  }
  return { help: own.has('help') || own.has('h'), tiny: own.has('tiny'), files: own.has('files'), rest };
}
