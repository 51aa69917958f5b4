/**
 * Guests that are no plain Linux: Xen with Debian's kernel as its first domain, which is paravirtual; Debian's installer; iPXE from a CD.
 * `npx node --conditions=@polyvisor/source apps/cli/acceptance/guests.ts [xen] [installer] [ipxe]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPackage, type Fetched } from '../src/start/debian/packages.ts';
import { Guest } from './lib/guest.ts';
import { PROMPT, linux, writeInitrd } from './lib/linux.ts';
import { needed, show, took } from './lib/show.ts';

const folder = mkdtempSync(join(tmpdir(), 'polyvisor-guests-'));
const fetched = (found: Fetched): string => needed(found).folder;

/** Xen's console is the serial port, and the domain's is Xen's. */
async function xen(): Promise<void> {
  const hypervisor = join(fetched(debianPackage('xen-hypervisor-4.17-amd64', 'amd64')), 'boot/xen-4.17-amd64.gz');
  // The cloud kernel has no driver for Xen's console.
  const system = needed(linux('amd64'));
  const initrd = writeInitrd(join(folder, 'initrd'), system, { modules: [], last: 'exec setsid sh -c \'exec sh -i </dev/hvc0 >/dev/hvc0 2>&1\'' });
  const since = took();
  const guest = Guest.polyvisor([
    '-m', '512', '-kernel', hypervisor, '-append', 'console=com1 com1=115200,8n1 loglvl=warning',
    '-initrd', `${system.kernel} console=hvc0 loglevel=4,${initrd}`,
  ]);
  await guest.until(PROMPT);
  show('to the shell of the first domain', since());
  show('it runs on', `${await guest.must('cat /sys/hypervisor/type')}, ${await guest.must('dmesg | grep -o "Booting kernel on.*\\|Booting paravirtualized kernel on.*" | head -n 1')}`);
  show('its processor', await guest.must('grep -m 1 "model name" /proc/cpuinfo'));
  guest.type('poweroff -f\n');
  show('status', String(await guest.end()));
}

async function installer(): Promise<void> {
  const images = join(fetched(debianPackage('debian-installer-12-netboot-amd64', 'amd64')), 'usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64');
  const since = took();
  const guest = Guest.polyvisor(['-m', '512', '-kernel', join(images, 'linux'), '-initrd', join(images, 'initrd.gz'), '-append', 'console=ttyS0 priority=critical no_timer_check', '-nic', 'user']);
  await guest.until('Choose the language', 600);
  show('to the choice of a language', since());
  await guest.kill();
}

async function ipxe(): Promise<void> {
  const cd = join(fetched(debianPackage('ipxe', 'amd64')), 'usr/lib/ipxe/ipxe.iso');
  const bios = join(fetched(debianPackage('seabios', 'amd64')), 'usr/share/seabios/bios-256k.bin');
  const since = took();
  const guest = Guest.polyvisor(['-m', '64', '-vga', 'std', '-serial', 'mon:stdio', '-bios', bios, '-cdrom', cd, '-boot', 'd', '-nic', 'user']);
  guest.type('\x01c');
  for (;;) {
    guest.type('info screen\n');
    const [screen] = await guest.until(/info screen\r\n[^]*?\(polyvisor\) /);
    const [lease] = /net0: 10\.0\.2\.15.*/.exec(screen) ?? [];
    if (lease !== undefined) {
      show('its address from DHCP', `${lease.trim()}, after ${since()}`);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  guest.type('quit\n');
  show('status', String(await guest.end()));
}

const parts = { xen, installer, ipxe };
const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  console.error(`no part is called ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}
try {
  for (const [name, part] of Object.entries(parts)) {
    if (names.length > 0 && !names.includes(name)) continue;
    show(`== ${name}`);
    await part();
  }
} finally {
  rmSync(folder, { recursive: true });
}
