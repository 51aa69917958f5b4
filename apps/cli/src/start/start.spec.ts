/** `polyvisor start` as a process. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { runArguments } from './arguments.ts';
import { debianBusybox, debianKernel, hostBusybox, hostKernel } from './debian/files.ts';
import { parseStart } from './options.ts';

const polyvisor = fileURLToPath(new URL('../../bin/polyvisor.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'polyvisor-start-'));
const TIMEOUT = 600_000;
/** A cache with nothing in it, and no programs to fill it. */
const bare = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), PATH: folder };
const start = (input: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) =>
  spawnSync(process.execPath, [polyvisor, 'start', ...args], { encoding: 'utf8', input, env });

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('its own options may stand anywhere; the others are for run', () => {
  expect(parseStart(['-m', '512', '-tiny', '--files'])).toEqual({ help: false, tiny: true, files: true, rest: ['-m', '512'] });
  const guest = { name: 'x', kernel: 'K', initrd: 'I', prompt: /x/ };
  const given = ['-m', '512', '--append', 'debug', '-append', 'nokaslr'];
  expect(runArguments(guest, { rows: 40, columns: 132 }, given).join(' '))
    .toBe('-kernel K -initrd I -append console=ttyS0 no_timer_check LINES=40 COLUMNS=132 TERM=xterm debug nokaslr -m 512');
  expect(runArguments({ ...guest, initrd: undefined }, undefined, ['-append']).join(' '))
    .toBe('-kernel K -append console=ttyS0 no_timer_check quiet panic=-1 -no-reboot -append');
});

test('help fits a screen, and a wrong option is that of run', () => {
  const { status, stdout } = start('', ['--help']);
  expect([status, stdout.split('\n').length < 24, stdout.split('\n').every((line) => line.length <= 80)]).toEqual([0, true, true]);
  expect(start('', ['--tiny', '-smp', 'many'])).toMatchObject({ status: 2, stderr: expect.stringMatching(/cli\/option-value: "many"/) as string });
});

describe('the tiny guest', () => {
  test('is typed what stands in the pipe, and ends with it', () => {
    const { status, stdout, stderr } = start('cpuid\npeek 100000', ['--tiny', '-m', '64'], bare);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/tiny> cpuid\r\nGenuineIntel\r\nPolyvisor max\r\ntiny> peek 100000\r\n00100000 FA FC/)]);
    expect(stderr).toMatch(/^polyvisor: booting the tiny guest: /);
  });

  // A host with a kernel and a static busybox of its own boots those.
  test.skipIf('path' in hostKernel() && 'path' in hostBusybox())('is booted where there is no apt and nothing else, and it says why', () => {
    const { status, stdout, stderr } = start('uptime\npoweroff\n', [], bare);
    expect(stderr).toMatch(/there is no Linux to boot: .*there is no apt-get here; there is no .* booting the tiny guest/s);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/tiny> uptime\r\n\d+\.\d seconds\r\ntiny> poweroff\r\n$/)]);
  });

  test('ends by a signal', async () => {
    const child = spawn(process.execPath, [polyvisor, 'start', '--tiny'], { stdio: 'pipe' });
    child.stdout.on('data', (bytes: Buffer) => {
      if (bytes.toString().includes('tiny> ')) child.kill('SIGTERM');
    });
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(143);
  });

  test('is a file for others', () => {
    const { stdout } = start('', ['--tiny', '--files'], bare);
    expect(readFileSync(stdout.trim()).subarray(0, 4).toString()).toBe('\x7fELF');
  });
});

test('a host\'s own kernel and busybox are the newest that may be read, and need no libraries', () => {
  const root = join(folder, 'host');
  for (const path of ['boot', 'bin', 'usr/bin']) mkdirSync(join(root, path), { recursive: true });
  for (const version of ['6.1.9', '6.1.10', '5.10']) writeFileSync(join(root, 'boot', `vmlinuz-${version}`), '');
  /** An ELF file whose only program header has this type. */
  const elf = (type: number): Buffer => {
    const bytes = Buffer.alloc(64 + 56);
    bytes.set([0x7f, 0x45, 0x4c, 0x46, 2]);
    bytes.writeBigUInt64LE(64n, 32);
    bytes.writeUInt16LE(56, 54);
    bytes.writeUInt16LE(1, 56);
    bytes.writeUInt32LE(type, 64);
    return bytes;
  };
  writeFileSync(join(root, 'bin/busybox'), elf(3));
  const dynamic = hostBusybox(root);
  writeFileSync(join(root, 'usr/bin/busybox'), elf(1));
  if (process.arch !== 'x64') {
    expect([hostKernel(root), hostBusybox(root)]).toEqual([{ reason: expect.stringMatching(/not x86-64/) as string }, { reason: expect.stringMatching(/not x86-64/) as string }]);
    return;
  }
  expect(dynamic).toEqual({ reason: `there is no statically linked ${root}/bin/busybox` });
  expect([hostKernel(root), hostBusybox(root)]).toEqual([{ path: join(root, 'boot/vmlinuz-6.1.10') }, { path: join(root, 'usr/bin/busybox') }]);
  expect(hostKernel(join(root, 'usr'))).toMatchObject({ reason: expect.stringMatching(/no kernel/) as string });
});

describe('Debian', () => {
  const needed = [debianKernel(), debianBusybox()];
  const missing = needed.flatMap((found) => ('reason' in found ? [found.reason] : []));
  if (missing.length > 0) {
    test.skip(missing.join('; '), () => undefined);
    return;
  }

  test('boots to a shell that answers what was in the pipe before, with job control, and goes off at its end', () => {
    const lines = ['uname -s -m -n', 'tty', 'nproc', 'sleep 100 &', 'kill %1; wait; jobs', 'ls -d /proc/1 /sys/class /dev/pts', 'echo $FOO', 'cat >/tmp/x', 'last'];
    const { status, stdout, stderr } = start(lines.join('\n'), ['-m', '192', '-smp', '2', '-append', 'FOO=bar']);
    const answers = stdout.replaceAll('\r', '').split(/root@polyvisor:\S*# (?:\x1b\[6n)?/).slice(1).map((text) => text.split('\n').slice(1).join('\n').trim());
    expect(answers.slice(0, 3), stdout).toEqual(['Linux polyvisor x86_64', '/dev/ttyS0', '2']);
    expect(answers.slice(4, 7).join()).toMatch(/\[1\]\+ +Terminated +sleep 100,\/dev\/pts +\/proc\/1 +\/sys\/class,bar$/);
    expect(stdout).toContain('reboot: Power down');
    expect([status, stderr]).toEqual([0, expect.stringMatching(/^polyvisor: booting Linux: /)]);
  }, TIMEOUT);

  test('gives its files to others', () => {
    const paths = start('', ['--files']).stdout.trimEnd().split('\n');
    expect(paths.map((path) => existsSync(path))).toEqual([true, true]);
  });
});
