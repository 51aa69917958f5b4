/** Debian's kernels, and initial RAM disks with busybox and the modules that a guest needs. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cpioArchive, type ArchiveEntry } from '@polyvisor/firmware';
import { debianDependency, debianPackage, type Architecture } from '../../src/start/debian/packages.ts';

/** The cloud kernel has ext4 built in; the generic one has 9P, and everything as modules. 686 has no PAE. */
export type Flavour = 'cloud-amd64' | 'amd64' | '686' | '686-pae';

export interface Linux {
  readonly kernel: string;
  readonly busybox: string;
  /** Module files by their names, with underscores. */
  readonly modules: ReadonlyMap<string, string>;
}

/** A kernel with its modules, or why there is none: Debian's own, or that of another series it has, such as 6.12. */
export function linux(flavour: Flavour, series?: string): Linux | { readonly reason: string } {
  const architecture: Architecture = flavour.startsWith('686') ? 'i386' : 'amd64';
  const name = series === undefined ? flavour : `${series}-${flavour}`;
  const image = debianDependency(`linux-image-${name}`, new RegExp(`^linux-image-[\\d.]+(-\\d+|\\+deb\\d+)-${flavour}$`), architecture);
  if ('reason' in image) return image;
  const busybox = debianPackage('busybox-static', architecture);
  if ('reason' in busybox) return busybox;
  const boot = join(image.folder, 'boot');
  const file = existsSync(boot) ? readdirSync(boot).find((name) => name.startsWith('vmlinuz-')) : undefined;
  if (file === undefined) return { reason: `there is no kernel in ${boot}` };
  const lib = join(image.folder, 'lib/modules');
  const paths = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ko'));
  const modules = new Map(paths.map((path) => [moduleName(basename(path, '.ko')), join(lib, path)]));
  return { kernel: join(boot, file), busybox: join(busybox.folder, 'bin/busybox'), modules };
}

const moduleName = (name: string): string => name.replaceAll('-', '_');

/** Modules and what they need, in an order in which they can be loaded. What is built in has no file. */
function withDependencies(modules: ReadonlyMap<string, string>, wanted: readonly string[]): string[] {
  const order: string[] = [];
  const visit = (name: string): void => {
    const file = modules.get(moduleName(name));
    if (file === undefined || order.includes(file)) return;
    const [, needed = ''] = /\0depends=([^\0]*)\0/.exec(readFileSync(file, 'latin1')) ?? [];
    needed.split(',').filter((each) => each !== '').forEach(visit);
    order.push(file);
  };
  wanted.forEach(visit);
  return order;
}

/**
 * The kernel's command line: few messages on the serial port. Linux counts timer interrupts at its start and gives up when
 * a busy host let too few through; that is not what these guests are asked about.
 */
export const CONSOLE = 'console=ttyS0 loglevel=4 no_timer_check';
/** What the shell of an initial RAM disk says when it is there. */
export const PROMPT = 'guest-is-ready# ';
const SHELL = 'exec setsid sh -c \'exec sh -i </dev/ttyS0 >/dev/ttyS0 2>&1\'';
/** Goes on with the system on the first disk. */
export const SWITCH_ROOT = 'mount -t ext4 -o rw /dev/vda /root && umount /proc /sys && mount -o move /dev /root/dev && exec switch_root /root /sbin/init; exec sh';

export interface Initrd {
  readonly modules: readonly string[];
  /** Files of the host by where they are in the guest; they may be run. */
  readonly files?: Readonly<Record<string, string>>;
  /** Commands before the last one. */
  readonly setup?: string;
  /** What the first process becomes; a shell on the serial port when left out. */
  readonly last?: string;
}

/** Writes an initial RAM disk. */
export function writeInitrd(path: string, system: Linux, { modules, files = {}, setup = '', last = SHELL }: Initrd): string {
  const loaded = withDependencies(system.modules, modules);
  const init = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
${loaded.map((file) => `insmod /modules/${basename(file)}`).join('\n')}
export PS1='${PROMPT}'
${setup}
${last}
`;
  const file = (name: string, content: Uint8Array): ArchiveEntry => ({ kind: 'file', path: name, content, mode: 0o755 });
  writeFileSync(path, cpioArchive([
    ...['bin', 'dev', 'proc', 'sys', 'modules', 'root', 'mnt', 'tmp', 'etc'].map((name) => ({ kind: 'directory' as const, path: name })),
    { kind: 'character', path: 'dev/console', major: 5, minor: 1 },
    file('bin/busybox', readFileSync(system.busybox)),
    ...loaded.map((module) => file(`modules/${basename(module)}`, readFileSync(module))),
    ...Object.entries(files).map(([name, from]) => file(name, readFileSync(from))),
    file('init', new TextEncoder().encode(init)),
  ]));
  return path;
}
