import { accessSync, constants, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cachedPackages, debianDependency, debianPackage, type Fetched, type Progress } from './packages.ts';

/** A file, or why there is none. */
export type Found = { readonly path: string } | { readonly reason: string };

const META_PACKAGE = 'linux-image-cloud-amd64';
/** With a version of three numbers; packages of no content have two. */
const IMAGE_PACKAGE = /^linux-image-\d+\.\d+\.\d.*-cloud-amd64$/;
const PT_INTERP = 3;

/** Debian's cloud kernel: from the cache, else downloaded. */
export function debianKernel(progress?: Progress): Found {
  const fetched = cloudKernel(progress);
  if ('reason' in fetched) return fetched;
  const path = kernelIn(join(fetched.folder, 'boot'));
  return path === undefined ? { reason: `there is no kernel in ${fetched.folder}` } : { path };
}

/** Where kernels of other series are in the cache too, apt knows which one is Debian's own, without a network. */
function cloudKernel(progress?: Progress): Fetched {
  const cached = cachedPackages('amd64').filter((name) => IMAGE_PACKAGE.test(name));
  const [first] = cached;
  if (first !== undefined && cached.length === 1) return debianPackage(first, 'amd64', progress);
  const fetched = debianDependency(META_PACKAGE, IMAGE_PACKAGE, 'amd64', progress);
  return 'reason' in fetched && first !== undefined ? debianPackage(first, 'amd64', progress) : fetched;
}

/** Debian's statically linked busybox: from the cache, else downloaded. */
export function debianBusybox(progress?: Progress): Found {
  const fetched = debianPackage('busybox-static', 'amd64', progress);
  if ('reason' in fetched) return fetched;
  const path = ['bin/busybox', 'usr/bin/busybox'].map((file) => join(fetched.folder, file)).find((file) => existsSync(file));
  return path === undefined ? { reason: `there is no busybox in ${fetched.folder}` } : { path };
}

/** A kernel that is installed on this host. `root` is for tests. */
export function hostKernel(root = '/'): Found {
  if (process.arch !== 'x64') return { reason: 'this host is not x86-64, and neither would its kernel be' };
  const boot = join(root, 'boot');
  const path = kernelIn(boot);
  return path === undefined ? { reason: `there is no kernel in ${boot} that may be read` } : { path };
}

/** A busybox of this host that needs no libraries. */
export function hostBusybox(root = '/'): Found {
  if (process.arch !== 'x64') return { reason: 'this host is not x86-64, and neither would its busybox be' };
  const places = ['bin/busybox', 'usr/bin/busybox'].map((place) => join(root, place));
  const path = places.find((place) => readable(place) && isStatic(readFileSync(place)));
  return path === undefined ? { reason: `there is no statically linked ${places[0]!}` } : { path };
}

/** The newest kernel of a folder that may be read. */
function kernelIn(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const names = readdirSync(folder).filter((name) => name.startsWith('vmlinuz-')).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return names.map((name) => join(folder, name)).find(readable);
}

function readable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** A 64-bit ELF file without a program interpreter (System V ABI, "Program Header"). */
function isStatic(bytes: Buffer): boolean {
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f45_4c46 || bytes[4] !== 2) return false;
  const table = Number(bytes.readBigUInt64LE(32));
  const [size, count] = [bytes.readUInt16LE(54), bytes.readUInt16LE(56)];
  return table + size * count <= bytes.length && !Array.from({ length: count }, (_, i) => bytes.readUInt32LE(table + i * size)).includes(PT_INTERP);
}
