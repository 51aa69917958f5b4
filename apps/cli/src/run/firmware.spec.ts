/** Debian's SeaBIOS and OVMF boot a GRUB CD with Debian's kernel; memtest86+ shows its screen. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { Guest } from '../../acceptance/lib/guest.ts';
import { converse, initrd } from '../../test/guest.ts';
import { debianBusybox, debianKernel } from '../start/debian/files.ts';
import { debianPackage } from '../start/debian/packages.ts';

const folder = mkdtempSync(join(tmpdir(), 'polyvisor-firmware-'));
const TIMEOUT = 600_000;

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const MENU = `serial --unit=0 --speed=115200
terminal_input serial console
terminal_output serial console
set timeout=0
menuentry Debian {
  linux /boot/vmlinuz console=ttyS0 no_timer_check
  initrd /boot/initrd
}
`;

/** A CD that both kinds of firmware boot, or why there is none. */
function makeCd(): { readonly path: string } | { readonly reason: string } {
  const [kernel, busybox] = [debianKernel(), debianBusybox()];
  if ('reason' in kernel) return kernel;
  if ('reason' in busybox) return busybox;
  const boot = join(folder, 'cd/boot');
  mkdirSync(join(boot, 'grub'), { recursive: true });
  cpSync(kernel.path, join(boot, 'vmlinuz'));
  cpSync(initrd(busybox.path, folder), join(boot, 'initrd'));
  writeFileSync(join(boot, 'grub/grub.cfg'), MENU);
  const path = join(folder, 'grub.iso');
  const made = spawnSync('grub-mkrescue', ['-o', path, join(folder, 'cd')], { encoding: 'utf8' });
  if (made.error) return { reason: `grub-mkrescue (packages grub-common, grub-pc-bin, grub-efi-amd64-bin, xorriso, mtools) does not run: ${made.error.message}` };
  return made.status === 0 ? { path } : { reason: `grub-mkrescue failed: ${made.stderr}` };
}

function firmware(name: string, file: string): { readonly path: string } | { readonly reason: string } {
  const fetched = debianPackage(name, 'amd64');
  if ('reason' in fetched) return fetched;
  const path = join(fetched.folder, file);
  return existsSync(path) ? { path } : { reason: `there is no ${path}` };
}

const seabios = firmware('seabios', 'usr/share/seabios/bios-256k.bin');
const ovmf = firmware('ovmf', 'usr/share/ovmf/OVMF.fd');

describe('a GRUB CD with Debian\'s kernel', () => {
  const cd = makeCd();
  for (const [name, found] of [['SeaBIOS', seabios], ['OVMF', ovmf]] as const) {
    const missing = 'reason' in cd ? cd.reason : 'reason' in found ? found.reason : undefined;
    if (missing !== undefined || 'reason' in cd || 'reason' in found) {
      test.skip(`boots by ${name}: ${missing ?? ''}`, () => undefined);
      continue;
    }
    test(`boots by ${name}, and powers off`, async () => {
      const args = ['-bios', found.path, '-m', '256', '-cdrom', cd.path, '-boot', 'd', '-smp', '2', '-serial', 'mon:stdio'];
      const lines = ['nproc', '[ -d /sys/firmware/efi ] && echo UEFI || echo BIOS', 'cat /sys/class/dmi/id/sys_vendor', 'poweroff -f'];
      const { status, answers, output } = await converse(args, lines);
      // Its tables say where the firmware has put power management.
      expect(output).not.toMatch(/ACPI Error|ACPI BIOS Error/);
      expect([status, answers], output).toEqual([0, ['2', name === 'OVMF' ? 'UEFI' : 'BIOS', 'Polyvisor']]);
    }, TIMEOUT);
  }
});

describe('the shell of OVMF', () => {
  test.skipIf('reason' in ovmf).each(['pc', 'q35'])('switches a %s off by its own service', async (machine) => {
    const guest = Guest.polyvisor(['-bios', 'path' in ovmf ? ovmf.path : '', '-m', '128', '-machine', machine]);
    await guest.until('Shell> ');
    guest.type('reset -s\r');
    expect(await guest.end()).toBe(0);
  }, TIMEOUT);
});

describe('memtest86+', () => {
  const cd = firmware('memtest86+', 'usr/lib/memtest86+/memtest86+x64.iso');
  const missing = 'reason' in cd ? cd.reason : 'reason' in seabios ? seabios.reason : undefined;
  if (missing !== undefined || 'reason' in cd || 'reason' in seabios) {
    test.skip(missing ?? '', () => undefined);
    return;
  }
  test('tests memory, and its screen can be read', async () => {
    const polyvisor = fileURLToPath(new URL('../../bin/polyvisor.js', import.meta.url));
    const args = ['-bios', seabios.path, '-vga', 'std', '-m', '32', '-cdrom', cd.path, '-boot', 'd', '-serial', 'mon:stdio'];
    const child = spawn(process.execPath, [polyvisor, 'run', ...args], { stdio: 'pipe' });
    let output = '';
    const look = setInterval(() => child.stdin.write('info screen\n'), 2000);
    child.stdin.write('\x01c');
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      // It begins by itself some seconds after its first screen.
      if (/Test #[1-9][^]*Status: Testing/.test(output)) child.stdin.write('quit\n');
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    clearInterval(look);
    expect([status, output]).toEqual([0, expect.stringMatching(/Memtest86\+ v6[^]*Polyvisor max[^]*Status: Testing[^]*Errors: 0/)]);
  }, TIMEOUT);
});
