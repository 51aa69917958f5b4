/** The session of docs/writing-a-pci-device.md, typed in Debian's kernel: its lspci finds the example's device, and user space drives it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ArchiveEntry } from '@polyvisor/firmware';
import { afterAll, expect, test } from 'vitest';
import { compile } from '../../test/compile.ts';
import { converse, initrd } from '../../test/guest.ts';
import { debianBusybox, debianKernel } from '../start/debian/files.ts';
import { debianPackage } from '../start/debian/packages.ts';

const example = fileURLToPath(new URL('../../../../examples/first-pci-device/', import.meta.url));
const page = readFileSync(new URL('../../../../docs/writing-a-pci-device.md', import.meta.url), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'polyvisor-pci-'));
const TIMEOUT = 600_000;
/** lspci and the libraries that it needs. */
const PACKAGES = ['pciutils', 'libpci3', 'libkmod2', 'libudev1', 'zlib1g', 'libzstd1', 'liblzma5', 'libssl3', 'libc6'];
const MODULES = ['uio', 'uio_pci_generic'];

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What the page shows as typed, with the answers. */
function session(): { readonly command: string; readonly answer: string }[] {
  const blocks = [...page.matchAll(/^```console\n([^]*?)^```$/gm)].map(([, block = '']) => block);
  const typed = blocks.flatMap((block) => block.split(/^# /m).slice(1));
  return typed.map((text) => {
    const end = text.indexOf('\n');
    return { command: text.slice(0, end), answer: text.slice(end + 1).trim() };
  });
}

/** lspci with its libraries where its program interpreter looks for them. */
function lspci(folders: readonly string[]): ArchiveEntry[] {
  const libraries = folders.flatMap((root) => ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu', 'lib64'].map((part) => join(root, part)));
  const all = libraries.filter(existsSync).flatMap((path) => readdirSync(path).filter((name) => name.includes('.so')).map((name) => join(path, name)));
  const entries = new Map<string, string>();
  const need = (path: string): void => {
    const { stdout } = spawnSync('readelf', ['-ld', path], { encoding: 'utf8' });
    for (const [, name = ''] of stdout.matchAll(/(?:NEEDED.*\[|interpreter: .*\/)([^\]]+)\]/g)) {
      const found = all.find((library) => basename(library) === name);
      if (found === undefined || entries.has(name)) continue;
      entries.set(name, found);
      need(found);
    }
  };
  const program = join(folders[0]!, 'usr/bin/lspci');
  need(program);
  return [
    { kind: 'directory', path: 'lib64' },
    { kind: 'file', path: 'bin/lspci', content: readFileSync(program), mode: 0o755 },
    ...[...entries].map(([name, path]): ArchiveEntry => (
      { kind: 'file', path: `${name.startsWith('ld-') ? 'lib64' : 'lib'}/${name}`, content: readFileSync(path), mode: 0o755 }
    )),
  ];
}

/** The kernel's modules that lead a device's interrupt to user space. */
function modules(kernel: string): ArchiveEntry[] {
  const release = basename(kernel).replace('vmlinuz-', '');
  const from = join(dirname(kernel), '..', 'lib/modules', release, 'kernel/drivers/uio');
  const files = MODULES.map((name) => readdirSync(from).find((file) => file.startsWith(`${name}.ko`))!);
  const to = `lib/modules/${release}`;
  const text = (path: string, content: string): ArchiveEntry => ({ kind: 'file', path, content: new TextEncoder().encode(content) });
  return [
    ...['lib', 'lib/modules', to].map((path): ArchiveEntry => ({ kind: 'directory', path })),
    ...files.map((file): ArchiveEntry => ({ kind: 'file', path: `${to}/${file}`, content: readFileSync(join(from, file)) })),
    text(`${to}/modules.dep`, `${files[0]!}:\n${files[1]!}: ${files[0]!}\n`),
  ];
}

const kernel = debianKernel();
const busybox = debianBusybox();
const packages = PACKAGES.map((name) => debianPackage(name, 'amd64'));
const driver = compile('checksum', join(example, 'guest/checksum.c'), 'amd64', ['-Wall', '-Werror']);
const [missing] = [kernel, busybox, driver, ...packages].flatMap((found) => ('reason' in found ? [found.reason] : []));

test.skipIf(missing !== undefined)(`Linux finds the device, and user space drives it by registers, DMA and an interrupt${missing === undefined ? '' : ` (${missing})`}`, async () => {
  if (!('path' in kernel && 'path' in busybox && 'path' in driver)) return;
  const folders = packages.flatMap((found) => ('folder' in found ? [found.folder] : []));
  const content: ArchiveEntry[] = [
    ...modules(kernel.path), ...lspci(folders), { kind: 'file', path: 'bin/checksum', content: readFileSync(driver.path), mode: 0o755 },
  ];
  const options = ['-kernel', kernel.path, '-initrd', initrd(busybox.path, folder, content), '-append', 'console=ttyS0 no_timer_check loglevel=1 panic=-1', '-no-reboot'];
  const steps = session();
  const { status, output, errors, answers } = await converse([...options, '--machine-file', join(example, 'machine.json')], [...steps.map(({ command }) => command), 'poweroff -f']);
  // lspci looks for the index of modules that an installed system has.
  const found = answers.map((answer) => answer.replace(/\n?lspci: Unable to load libkmod.*/, ''));
  expect(found, `${output}\n${errors}`).toEqual(steps.map(({ answer }) => answer));
  expect([status, errors]).toEqual([0, '']);
}, TIMEOUT);
