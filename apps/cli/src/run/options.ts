import { PolyvisorError, parseBytes } from '@polyvisor/core';
import { KERNEL_ENTRIES, type KernelEntry } from '@polyvisor/firmware';
import { runErrors } from './errors.ts';

/** Where a character device of the guest leads. */
export type Channel = { readonly kind: 'stdio' } | { readonly kind: 'none' } | { readonly kind: 'file'; readonly path: string };

export const MMUS = ['ept', 'npt', 'shadow'] as const;

export interface RunOptions {
  help: boolean;
  name: string;
  /** Bytes. */
  memory: number;
  cpus: number;
  cpu: string | undefined;
  mmu: (typeof MMUS)[number];
  kernel: string;
  initrd: string | undefined;
  append: string;
  entry: KernelEntry;
  /** COM1 to COM4. */
  serial: Channel[];
  debugConsole: Channel | undefined;
  debugExit: { readonly iobase: number; readonly iosize: number } | undefined;
  noReboot: boolean;
  stats: boolean;
}

export const RUN_HELP = `Usage: polyvisor run -kernel FILE [OPTIONS]

Runs an operating system on a PC. Options are spelt as in QEMU.
  -kernel FILE       bzImage or ELF kernel      -initrd FILE  initial RAM disk
  -append TEXT       the kernel's command line
  -m SIZE            memory, in MiB or such as 512M or 2G (256M)
  -smp N             number of processors (1)
  -cpu MODEL         max (the default), x86-64-v3, x86-64-v2, qemu64
  -serial CHANNEL    stdio, file:PATH or none; up to four times (stdio)
  -debugcon CHANNEL  what the guest writes to port 0xe9
  -device isa-debug-exit,iobase=0xf4,iosize=4
                     a port that ends the run with status (value << 1) | 1
  -no-reboot         end where the guest would reset
  -name TEXT         -nographic, -display none: there is no display anyway
  --mmu STRATEGY     ept (the default), npt, shadow
  --entry PROTOCOL   auto, pvh, linux64, bzimage64, bzimage32
  --stats            say what the run cost          -h, --help    show this
Keys: Ctrl-A x ends the run, Ctrl-A c shows its state, Ctrl-A Ctrl-A is Ctrl-A.
`;

const LEAST_MEMORY = 2 * 2 ** 20;
const MOST_CPUS = 255;
const MOST_PORTS = 4;

interface Option {
  /** What stands behind it, for messages; without it the option takes nothing. */
  readonly wants?: string;
  /** Says why the value is wrong. */
  apply(options: RunOptions, value: string): string | undefined | void;
}

const channel = (text: string): Channel | undefined => {
  if (text === 'stdio' || text === 'mon:stdio') return { kind: 'stdio' };
  if (text === 'none' || text === 'null') return { kind: 'none' };
  return text.startsWith('file:') && text.length > 5 ? { kind: 'file', path: text.slice(5) } : undefined;
};
const CHANNELS = 'stdio, file:PATH or none';
const text = (key: 'name' | 'kernel' | 'initrd' | 'append' | 'cpu', wants: string): Option => ({
  wants,
  apply: (options, value) => void (options[key] = value),
});

const OPTIONS: Readonly<Record<string, Option>> = {
  kernel: text('kernel', 'FILE'),
  initrd: text('initrd', 'FILE'),
  append: text('append', 'TEXT'),
  name: text('name', 'TEXT'),
  cpu: text('cpu', 'MODEL'),
  m: {
    wants: 'SIZE, such as 512M or 2G',
    apply(options, value) {
      const given = value.replace(/^size=/, '');
      const memory = parseBytes(/^\d+$/.test(given) ? `${given}M` : given);
      if (memory === undefined) return 'is no size';
      if (memory < LEAST_MEMORY) return 'is less than a PC needs (2M)';
      options.memory = Math.floor(memory / 4096) * 4096;
      return undefined;
    },
  },
  smp: {
    wants: 'N',
    apply(options, value) {
      const cpus = Number(/^(?:cpus=)?(\d+)$/.exec(value)?.[1]);
      if (!(cpus >= 1 && cpus <= MOST_CPUS)) return `is no number of processors from 1 to ${MOST_CPUS}`;
      options.cpus = cpus;
      return undefined;
    },
  },
  serial: {
    wants: CHANNELS,
    apply(options, value) {
      const found = channel(value);
      if (!found) return 'is no channel';
      if (options.serial.length === MOST_PORTS) return `is one serial port more than ${MOST_PORTS}`;
      options.serial.push(found);
      return undefined;
    },
  },
  debugcon: {
    wants: CHANNELS,
    apply(options, value) {
      options.debugConsole = channel(value);
      return options.debugConsole ? undefined : 'is no channel';
    },
  },
  device: {
    wants: 'isa-debug-exit,iobase=0xf4,iosize=4',
    apply(options, value) {
      const [name, ...settings] = value.split(',');
      if (name !== 'isa-debug-exit') return 'is no device that this command knows';
      const exit: Record<string, number> = { iobase: 0x501, iosize: 2 };
      for (const setting of settings) {
        const [, key, number] = /^(iobase|iosize)=(0x[0-9a-f]+|\d+)$/i.exec(setting) ?? [];
        if (key === undefined) return `has the setting "${setting}", which is none of iobase=PORT and iosize=BYTES`;
        exit[key] = Number(number);
      }
      options.debugExit = { iobase: exit['iobase']!, iosize: exit['iosize']! };
      return undefined;
    },
  },
  display: { wants: 'none', apply: (_options, value) => (value === 'none' ? undefined : 'is a display, and there is none yet') },
  nographic: { apply: () => undefined },
  'no-reboot': { apply: (options) => void (options.noReboot = true) },
  mmu: {
    wants: MMUS.join(', '),
    apply(options, value) {
      const mmu = MMUS.find((known) => known === value);
      if (!mmu) return 'is no strategy';
      options.mmu = mmu;
      return undefined;
    },
  },
  entry: {
    wants: KERNEL_ENTRIES.join(', '),
    apply(options, value) {
      const entry = KERNEL_ENTRIES.find((known) => known === value);
      if (!entry) return 'is no way to enter a kernel';
      options.entry = entry;
      return undefined;
    },
  },
  stats: { apply: (options) => void (options.stats = true) },
  help: { apply: (options) => void (options.help = true) },
  h: { apply: (options) => void (options.help = true) },
};

/** One or two dashes make no difference, as in QEMU. Throws a `PolyvisorError` that names the option. */
export function parseRun(args: readonly string[]): RunOptions {
  const options: RunOptions = {
    help: false, name: 'run', memory: 256 * 2 ** 20, cpus: 1, cpu: undefined, mmu: 'ept', kernel: '', initrd: undefined, append: '',
    entry: 'auto', serial: [], debugConsole: undefined, debugExit: undefined, noReboot: false, stats: false,
  };
  for (let i = 0; i < args.length; i++) {
    const given = args[i]!;
    const name = given.replace(/^--?/, '');
    const option = given.startsWith('-') && Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
    if (!option) {
      const known = Object.keys(OPTIONS).map((key) => `-${key}`);
      throw new PolyvisorError([runErrors['unknown-option']('', { option: given, known })]);
    }
    const { wants } = option;
    const value = wants === undefined ? '' : args[++i];
    if (value === undefined) throw new PolyvisorError([runErrors['option-without-value']('', { option: given, wants: wants ?? '' })]);
    const why = option.apply(options, value);
    if (typeof why === 'string') throw new PolyvisorError([runErrors['option-value']('', { option: given, value, why, wants: wants ?? '' })]);
  }
  if (options.serial.length === 0) options.serial.push({ kind: 'stdio' });
  if (!options.help && options.kernel === '') throw new PolyvisorError([runErrors['no-kernel']('', { option: '-kernel' })]);
  checkConsole(options);
  return options;
}

/** Two ports may write to standard output, but only one can read standard input. */
function checkConsole({ serial }: RunOptions): void {
  const [first, second] = serial.flatMap(({ kind }, i) => (kind === 'stdio' ? [i] : []));
  if (first === undefined || second === undefined) return;
  const params = { option: `-serial (COM${second + 1})`, other: `-serial (COM${first + 1})` };
  throw new PolyvisorError([runErrors['console-twice']('', params)]);
}
