import type { KernelEntry } from '@polyvisor/firmware';
import type { Settings } from './settings.ts';

/** Where a character device of the guest leads. */
export type Channel = { readonly kind: 'stdio'; /** The escape key works in a pipe too. */ readonly monitor?: true } | { readonly kind: 'none' } | { readonly kind: 'file'; readonly path: string } | { readonly kind: 'chardev'; readonly id: string };

/** A channel that devices name. */
export interface Chardev {
  readonly id: string;
  readonly channel: Channel;
}

export const MACHINES = ['pc', 'q35'] as const;
export const MMUS = ['ept', 'npt', 'shadow'] as const;
export const VGAS = ['none', 'std'] as const;

/** A disk, and what it is plugged into. */
export interface Drive {
  readonly id: string;
  readonly file: string;
  readonly format: 'raw' | 'qcow2' | undefined;
  /** `none`: a `-device` names it. */
  readonly interface: 'ide' | 'virtio' | 'none';
  readonly media: 'disk' | 'cdrom';
  readonly readOnly: boolean;
  /** Changes are dropped at the end. */
  readonly snapshot: boolean;
  /** Its place on the board's controller; the first free one when left out. */
  readonly index: number | undefined;
}

/** A folder of the host for the guest. */
export interface SharedFolder {
  readonly id: string;
  readonly path: string;
}

export interface Device {
  readonly driver: string;
  /** The driver says which settings it has. */
  readonly settings: Settings;
}

export interface RunOptions {
  help: boolean;
  name: string;
  /** Bytes. */
  memory: number;
  cpus: number;
  cpu: string | undefined;
  machine: (typeof MACHINES)[number];
  mmu: (typeof MMUS)[number];
  vga: (typeof VGAS)[number];
  kernel: string | undefined;
  initrd: string | undefined;
  append: string;
  entry: KernelEntry;
  /** A BIOS or UEFI image. */
  bios: string | undefined;
  /** Letters of `-boot`: where the BIOS looks, in this order. */
  boot: string | undefined;
  drives: Drive[];
  /** All drives are as with `snapshot=on`. */
  snapshot: boolean;
  devices: Device[];
  /** Networks by their names; `-nic` makes a card as well. */
  netdevs: Settings[];
  /** Captures of networks. */
  captures: Settings[];
  /** Shared folders by their names. */
  folders: SharedFolder[];
  /** Channels by their names, without those that serial ports took. */
  chardevs: Chardev[];
  /** COM1 to COM4. */
  serial: Channel[];
  debugConsole: Channel | undefined;
  noReboot: boolean;
  stats: boolean;
  /** Where the trace goes; `-` is standard error. */
  trace: string | undefined;
  machineFile: string | undefined;
  /** A snapshot to go on from. */
  restore: string | undefined;
}

export function defaultOptions(): RunOptions {
  return {
    help: false, name: 'run', memory: 256 * 2 ** 20, cpus: 1, cpu: undefined, machine: 'pc', mmu: 'ept', vga: 'none',
    kernel: undefined, initrd: undefined, append: '', entry: 'auto', bios: undefined, boot: undefined, drives: [], snapshot: false,
    devices: [], netdevs: [], captures: [], folders: [], chardevs: [], serial: [], debugConsole: undefined, noReboot: false, stats: false, trace: undefined,
    machineFile: undefined, restore: undefined,
  };
}
