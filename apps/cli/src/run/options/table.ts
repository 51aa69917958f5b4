import { parseBytes } from '@polyvisor/core';
import { KERNEL_ENTRIES } from '@polyvisor/firmware';
import { CHANNELS, CHARDEV_WANTS, channelOf, chardevOf } from './channels.ts';
import { DRIVE_WANTS, driveOf, plainDrive } from './drives.ts';
import { Settings } from './settings.ts';
import { MACHINES, MMUS, VGAS, type Device, type RunOptions } from './types.ts';

export interface Option {
  /** What stands behind it, for messages; without it the option takes nothing. */
  readonly wants?: string;
  /** Says why the value is wrong. */
  apply(options: RunOptions, value: string): string | undefined | void;
}

const LEAST_MEMORY = 2 * 2 ** 20;
const MOST_CPUS = 255;
const MOST_PORTS = 4;


type TextKey = 'name' | 'kernel' | 'initrd' | 'append' | 'cpu' | 'bios' | 'machineFile' | 'restore' | 'trace';
const text = (key: TextKey, wants: string): Option => ({ wants, apply: (options, value) => void (options[key] = value) });
const flag = (key: 'help' | 'noReboot' | 'stats' | 'snapshot'): Option => ({ apply: (options) => void (options[key] = true) });

function choice<K extends 'mmu' | 'entry' | 'vga'>(key: K, of: readonly RunOptions[K][], why: string): Option {
  return {
    wants: of.join(', '),
    apply(options, value) {
      const found = of.find((known) => known === value);
      if (found === undefined) return why;
      options[key] = found;
      return undefined;
    },
  };
}

const MACHINE_WANTS = MACHINES.join(', ');
const DEVICE_WANTS = 'DRIVER[,SETTING=VALUE]';
const NETDEV_WANTS = 'user,id=NAME[,hostfwd=tcp::PORT-:PORT][,restrict=on], stream,id=NAME,addr.type=unix,addr.path=PATH[,server=on], or tap,id=NAME,ifname=NAME';
const NIC_WANTS = 'user[,model=DRIVER][,mac=ADDRESS][,hostfwd=…], or none';
const OBJECT_WANTS = 'filter-dump,id=NAME,netdev=NAME,file=PATH';
const FSDEV_WANTS = 'local,id=NAME,path=FOLDER[,security_model=none]';
const VIRTFS_WANTS = 'local,path=FOLDER,mount_tag=TAG[,security_model=none][,readonly=on]';

function deviceOf(value: string): Device {
  const settings = new Settings('-device', value, DEVICE_WANTS, 'driver');
  return { driver: settings.need('driver'), settings };
}

function folderPath(settings: Settings): string {
  settings.choice('type', ['local'] as const);
  // Files belong to whoever runs this, as with QEMU's "none".
  settings.choice('security_model', ['none', 'passthrough'] as const);
  return settings.need('path');
}

const disk = (media: 'disk' | 'cdrom'): Option => ({
  wants: 'FILE',
  apply: (options, value) => void options.drives.push(plainDrive(value, options.drives.length, media)),
});

/** All options by their names, without dashes. */
export const OPTIONS: Readonly<Record<string, Option>> = {
  kernel: text('kernel', 'FILE'),
  initrd: text('initrd', 'FILE'),
  append: text('append', 'TEXT'),
  bios: text('bios', 'FILE'),
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
  machine: {
    wants: MACHINE_WANTS,
    apply(options, value) {
      const settings = new Settings('-machine', value, MACHINE_WANTS, 'type');
      options.machine = settings.choice('type', MACHINES) ?? options.machine;
      // There is one way to run a guest, which QEMU would call tcg.
      settings.choice('accel', ['tcg']);
      settings.end();
    },
  },
  accel: { wants: 'tcg', apply: (_options, value) => (value.startsWith('tcg') ? undefined : 'is no way to run a guest here') },
  hda: disk('disk'),
  hdb: disk('disk'),
  cdrom: disk('cdrom'),
  drive: { wants: DRIVE_WANTS, apply: (options, value) => void options.drives.push(driveOf(value, options.drives.length)) },
  snapshot: flag('snapshot'),
  boot: {
    wants: 'LETTERS, such as c for a disk, d for a CD',
    apply(options, value) {
      const order = value.replace(/^order=/, '');
      if (!/^[cdn]+$/.test(order)) return 'is no order of c (disk), d (CD) and n (network)';
      options.boot = order;
      return undefined;
    },
  },
  device: {
    wants: DEVICE_WANTS,
    apply: (options, value) => void options.devices.push(deviceOf(value)),
  },
  netdev: { wants: NETDEV_WANTS, apply: (options, value) => void options.netdevs.push(new Settings('-netdev', value, NETDEV_WANTS, 'type')) },
  nic: {
    wants: NIC_WANTS,
    apply(options, value) {
      if (value === 'none') return;
      const settings = new Settings('-nic', value, NIC_WANTS, 'type');
      const id = settings.text('id') ?? `nic${options.netdevs.length}`;
      const driver = settings.text('model') ?? 'virtio-net-pci';
      const mac = settings.text('mac');
      options.netdevs.push(settings.with('id', id));
      options.devices.push(deviceOf(`${driver},netdev=${id}${mac === undefined ? '' : `,mac=${mac}`}`));
    },
  },
  object: {
    wants: OBJECT_WANTS,
    apply(options, value) {
      const settings = new Settings('-object', value, OBJECT_WANTS, 'type');
      settings.choice('type', ['filter-dump'] as const);
      options.captures.push(settings);
    },
  },
  fsdev: {
    wants: FSDEV_WANTS,
    apply(options, value) {
      const settings = new Settings('-fsdev', value, FSDEV_WANTS, 'type');
      options.folders.push({ id: settings.need('id'), path: folderPath(settings) });
      settings.end();
    },
  },
  virtfs: {
    wants: VIRTFS_WANTS,
    apply(options, value) {
      const settings = new Settings('-virtfs', value, VIRTFS_WANTS, 'type');
      const id = settings.text('id') ?? `virtfs${options.folders.length}`;
      const [path, tag, readOnly] = [folderPath(settings), settings.need('mount_tag'), settings.flag('readonly') ?? false];
      settings.end();
      options.folders.push({ id, path });
      options.devices.push(deviceOf(`virtio-9p-pci,fsdev=${id},mount_tag=${tag},readonly=${readOnly ? 'on' : 'off'}`));
    },
  },
  chardev: {
    wants: CHARDEV_WANTS,
    apply(options, value) {
      const chardev = chardevOf(value);
      if (options.chardevs.some(({ id }) => id === chardev.id)) return `has the name "${chardev.id}", which another one has`;
      options.chardevs.push(chardev);
      return undefined;
    },
  },
  serial: {
    wants: CHANNELS,
    apply(options, value) {
      const found = channelOf(value);
      if (!found) return 'is no channel';
      if (options.serial.length === MOST_PORTS) return `is one serial port more than ${MOST_PORTS}`;
      options.serial.push(found);
      return undefined;
    },
  },
  debugcon: {
    wants: CHANNELS,
    apply(options, value) {
      options.debugConsole = channelOf(value);
      return options.debugConsole ? undefined : 'is no channel';
    },
  },
  display: { wants: 'none', apply: (_options, value) => (value === 'none' ? undefined : 'is a display, and there is none yet') },
  vga: choice('vga', VGAS, 'is no video card'),
  // The monitor is behind a key of the console.
  monitor: { wants: 'none', apply: (_options, value) => (value === 'none' || value === 'null' ? undefined : 'is a place of its own for the monitor, which has none here') },
  nodefaults: { apply: () => undefined },
  nographic: { apply: () => undefined },
  'no-reboot': flag('noReboot'),
  mmu: choice('mmu', MMUS, 'is no strategy'),
  entry: choice('entry', KERNEL_ENTRIES, 'is no way to enter a kernel'),
  'machine-file': text('machineFile', 'FILE'),
  restore: text('restore', 'FILE'),
  trace: text('trace', 'FILE, or - for standard error'),
  stats: flag('stats'),
  help: flag('help'),
  h: flag('help'),
};
