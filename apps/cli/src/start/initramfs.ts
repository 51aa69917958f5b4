import { cpioArchive } from '@polyvisor/firmware';

/** What the shell prints when it waits; behind it, it may ask the terminal where the cursor is (ECMA-48, DSR). */
export const SHELL_PROMPT = /root@polyvisor:\S*# (?:\x1b\[6n)?$/;

const FOLDERS = ['bin', 'dev', 'etc', 'proc', 'root', 'sbin', 'sys', 'tmp', 'usr', 'usr/bin', 'usr/sbin'];

/**
 * The first process: it mounts what programs expect, gives the console to a shell with job control, and switches off when the shell ends.
 * LINES, COLUMNS and TERM come from the kernel's command line, which hands on what it does not know.
 */
const INIT = `#!/bin/busybox sh
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts && mount -t devpts pts /dev/pts
mount -t tmpfs tmp /tmp
echo 3 >/proc/sys/kernel/printk
hostname polyvisor
ip link set lo up 2>/dev/null
stty rows "\${LINES:-24}" cols "\${COLUMNS:-80}" 2>/dev/null
unset LINES COLUMNS
export HOME=/root USER=root PATH=/sbin:/usr/sbin:/bin:/usr/bin TERM="\${TERM:-vt100}" PS1='root@polyvisor:\\w# '
cd /root
echo
echo "Linux $(uname -r) and busybox, on Polyvisor with $(nproc) processor(s)."
echo 'Everything is in memory. "exit" switches the machine off.'
echo
setsid cttyhack sh
poweroff -f
`;

const FILES: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n',
  'etc/group': 'root:x:0:\n',
};

/** An initial file system whose only program is busybox, statically linked. */
export function shellInitramfs(busybox: Uint8Array): Uint8Array {
  const encoder = new TextEncoder();
  return cpioArchive([
    ...FOLDERS.map((path) => ({ kind: 'directory' as const, path })),
    { kind: 'character', path: 'dev/console', major: 5, minor: 1 },
    ...Object.entries(FILES).map(([path, content]) => ({ kind: 'file' as const, path, content: encoder.encode(content) })),
    { kind: 'file', path: 'bin/busybox', content: busybox, mode: 0o755 },
    { kind: 'file', path: 'init', content: encoder.encode(INIT), mode: 0o755 },
  ]);
}
