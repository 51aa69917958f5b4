/**
 * Debian 12 from a disk: boots to a login prompt, its programs run, and it powers off. Then the file system and the image
 * are checked by e2fsck and qemu-img. On a raw image and on qcow2 with a backing file.
 * `npx node --conditions=@polyvisor/source apps/cli/acceptance/debian.ts`
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianImage } from './lib/debian-image.ts';
import { Guest } from './lib/guest.ts';
import { must } from './lib/host.ts';
import { CONSOLE, SWITCH_ROOT, linux, writeInitrd } from './lib/linux.ts';
import { needed, show, took } from './lib/show.ts';

const image = needed(debianImage());
const system = needed(linux('cloud-amd64'));
const folder = mkdtempSync(join(tmpdir(), 'polyvisor-debian-'));
const initrd = writeInitrd(join(folder, 'initrd'), system, { modules: ['virtio_pci', 'virtio_blk', 'virtio_rng'], last: SWITCH_ROOT });

const HELLO = '#include <stdio.h>\\nint main(void) { printf("hello from gcc %%d\\\\n", __GNUC__); return 0; }\\n';
const PROGRAMS = [
  'cat /etc/debian_version',
  'apt-get --version | head -n 1',
  'python3 -c "import sys, hashlib; print(sys.version.split()[0], hashlib.sha256(b\'abc\').hexdigest()[:8], 2 ** 100)"',
  'perl -e \'printf "%s %d\\n", $^V, eval { my $s = 0; $s += $_ ** 2 for 1 .. 1000; $s }\'',
  `printf '${HELLO}' >/root/hello.c && gcc -O2 -o /root/hello /root/hello.c && /root/hello`,
  'dpkg --audit && dpkg -l | grep -c ^ii',
];

async function visit(drive: string): Promise<void> {
  const boot = took();
  const guest = Guest.polyvisor(['-kernel', system.kernel, '-initrd', initrd, '-append', CONSOLE, '-m', '256', '-drive', drive, '-device', 'virtio-rng-pci', '-no-reboot', '--stats']);
  await guest.until('login: ', 120);
  show('login prompt', boot());
  guest.type('root\n');
  await guest.until('# ');
  // A shell that does not edit lines.
  guest.type('exec sh\n');
  await guest.until('# ');
  for (const program of PROGRAMS) {
    const time = took();
    show(`$ ${program}`, `${await guest.must(program)}   (${time()})`);
  }
  const off = took();
  guest.type('poweroff\n');
  await guest.until('Power down', 600);
  show('powered off', `status ${await guest.end()} after ${off()}`);
  show('statistics', guest.errors.trim());
}

try {
  const [raw, qcow2, copy] = ['disk.raw', 'disk.qcow2', 'copy.raw'].map((name) => join(folder, name)) as [string, string, string];
  show('== raw');
  copyFileSync(image.path, raw);
  await visit(`file=${raw},if=virtio,format=raw`);
  show('e2fsck -fn', must('e2fsck', '-fn', raw));
  rmSync(raw);
  show('== qcow2 with a backing file');
  must('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', image.path, '-F', 'raw', qcow2);
  await visit(`file=${qcow2},if=virtio`);
  show('qemu-img check', must('qemu-img', 'check', qcow2));
  must('qemu-img', 'convert', '-O', 'raw', qcow2, copy);
  show('e2fsck -fn', must('e2fsck', '-fn', copy));
} finally {
  rmSync(folder, { recursive: true });
}
