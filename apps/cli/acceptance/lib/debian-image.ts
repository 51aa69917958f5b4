/** A Debian 12 for the disk of a guest, made of Debian's packages and kept in the user's cache. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from '../../src/start/debian/cache.ts';
import { missing, run } from './host.ts';

const PACKAGES = ['sysvinit-core', 'python3-minimal', 'perl', 'gcc', 'libc6-dev', 'make', 'e2fsprogs', 'kmod'];
const SIZE = '700M';
/** Part of the image's name: another recipe is another image. */
const RECIPE = 1;

/** What nobody reads in a guest; half of the files. */
const LEFT_OUT = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/share/info/*'];

/** root has no password, and a login is on the first serial port. */
const CUSTOMIZE = `set -e
mkdir root && tar -C root -xf root.tar
sed -i 's/^root:[^:]*:/root::/' root/etc/shadow
sed -i '/getty 38400/d' root/etc/inittab
echo 'T0:23:respawn:/sbin/agetty -L ttyS0 115200 vt100' >>root/etc/inittab
echo '/dev/vda / ext4 errors=remount-ro 0 1' >root/etc/fstab
echo polyvisor-debian >root/etc/hostname
mke2fs -q -t ext4 -L debian -d root disk.raw ${SIZE}
`;

/** A raw image with an ext4 file system, or why there is none. Nobody may write to it. */
export function debianImage(): { readonly path: string } | { readonly reason: string } {
  const folder = join(cache, 'guests');
  const path = join(folder, `debian-12-${RECIPE}.raw`);
  if (existsSync(path)) return { path };
  const isRoot = process.getuid?.() === 0;
  const lacks = missing('mmdebstrap', 'mke2fs', ...(isRoot ? [] : ['fakeroot']));
  if (lacks !== undefined) return { reason: lacks };
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'work-'));
  try {
    const options = [`--mode=${isRoot ? 'root' : 'unshare'}`, '--variant=minbase', '--aptopt=Acquire::Languages "none"', `--include=${PACKAGES.join(',')}`];
    const made = run('mmdebstrap', [...options, ...LEFT_OUT.map((path) => `--dpkgopt=path-exclude=${path}`), 'bookworm', join(work, 'root.tar')]);
    if (made.status !== 0) return { reason: `mmdebstrap failed: ${made.output.split('\n').at(-1) ?? ''}` };
    const shell = ['sh', '-c', `cd "$0"; ${CUSTOMIZE}`, work];
    const filled = isRoot ? run('sh', shell.slice(1)) : run('fakeroot', shell);
    if (filled.status !== 0) return { reason: `the image cannot be made: ${filled.output.split('\n').at(-1) ?? ''}` };
    renameSync(join(work, 'disk.raw'), path);
    return { path };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
