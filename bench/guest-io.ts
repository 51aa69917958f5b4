/**
 * Disk and network of a Linux guest, by Polyvisor and by QEMU's TCG, one after the other in one run with the same kernel, initial
 * RAM disk and devices (virtio). Needs Debian's packages, gcc and qemu-system-x86_64. Times are the host's.
 */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from '../apps/cli/test/compile.ts';
import { Guest } from '../apps/cli/acceptance/lib/guest.ts';
import { missing } from '../apps/cli/acceptance/lib/host.ts';
import { CONSOLE, PROMPT, linux, writeInitrd } from '../apps/cli/acceptance/lib/linux.ts';
import { LEASE, LEASE_SETUP } from '../apps/cli/acceptance/lib/network.ts';

const MB = 1e6, DISK = 256 * 2 ** 20, TRANSFER = 64 * MB, ROUNDS = 3;
const folder = mkdtempSync(join(tmpdir(), 'polyvisor-guest-io-'));
const disk = join(folder, 'disk.raw');

interface Task {
  readonly what: string;
  readonly unit: 'MB/s' | 'requests/s';
  /** In one run, of the unit (times a second). */
  readonly amount: number;
  readonly line: string;
}

function tasks(upPort: number, downPort: number): readonly Task[] {
  const io = (what: string, mode: string, size: number, requests: number, unit: Task['unit']): Task =>
    ({ what, unit, amount: unit === 'MB/s' ? size * requests / MB : requests, line: `io ${mode} ${size} ${requests} /dev/vda` });
  return [
    io('disk, sequential read of 1 MiB', 'read seq', 2 ** 20, 256, 'MB/s'),
    io('disk, sequential write of 1 MiB', 'write seq', 2 ** 20, 256, 'MB/s'),
    io('disk, random read of 4 KiB', 'read rand', 4096, 5000, 'requests/s'),
    io('disk, random write of 4 KiB', 'write rand', 4096, 5000, 'requests/s'),
    { what: 'TCP to the host', unit: 'MB/s', amount: TRANSFER / MB, line: `head -c ${TRANSFER} /dev/zero | nc 10.0.2.2 ${upPort}` },
    { what: 'TCP from the host', unit: 'MB/s', amount: TRANSFER / MB, line: `nc 10.0.2.2 ${downPort} </dev/null >/dev/null` },
  ];
}

/** Speeds of all tasks, the best of some rounds; and seconds to the shell. */
async function measure(guest: Guest, all: readonly Task[]): Promise<{ readonly boot: number; readonly speeds: number[] }> {
  const from = performance.now();
  await guest.until(PROMPT);
  const boot = (performance.now() - from) / 1000;
  await guest.must(LEASE);
  const speeds: number[] = [];
  for (const { line, amount } of all) {
    let best = Infinity;
    for (let i = 0; i < ROUNDS; i++) {
      const start = performance.now();
      await guest.must(line);
      best = Math.min(best, (performance.now() - start) / 1000);
    }
    speeds.push(amount / best);
  }
  await guest.kill();
  return { boot, speeds };
}

async function main(): Promise<string | undefined> {
  const system = linux('cloud-amd64');
  if ('reason' in system) return system.reason;
  const io = compile('io', fileURLToPath(new URL('guest-io/io.c', import.meta.url)), 'amd64', []);
  if ('reason' in io) return io.reason;
  const lacks = missing('qemu-system-x86_64');
  if (lacks !== undefined) return lacks;
  writeFileSync(disk, new Uint8Array(DISK).fill(1));
  truncateSync(disk, DISK);
  const initrd = writeInitrd(join(folder, 'initrd'), system, { modules: ['virtio_pci', 'virtio_blk', 'virtio_net'], files: { 'bin/io': io.path }, setup: LEASE_SETUP });
  const content = new Uint8Array(TRANSFER);
  const up = createServer((socket) => socket.resume());
  const down = createServer((socket) => socket.on('error', () => undefined).end(content));
  await Promise.all([up, down].map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))));
  const all = tasks((up.address() as AddressInfo).port, (down.address() as AddressInfo).port);
  const args = [
    '-kernel', system.kernel, '-initrd', initrd, '-append', CONSOLE, '-m', '256', '-serial', 'stdio',
    '-drive', `file=${disk},if=virtio,format=raw`, '-netdev', 'user,id=n0', '-device', 'virtio-net-pci,netdev=n0',
  ];
  const ours = await measure(Guest.polyvisor(args), all);
  const theirs = await measure(Guest.qemu(args), all);
  console.log(`${'start to shell'.padEnd(34)} ${ours.boot.toFixed(1).padStart(9)} s          QEMU TCG ${theirs.boot.toFixed(1).padStart(9)} s          speed of it ${(theirs.boot / ours.boot).toFixed(2)}`);
  all.forEach(({ what, unit }, i) => {
    const [a, b] = [ours.speeds[i]!, theirs.speeds[i]!];
    console.log(`${what.padEnd(34)} ${a.toFixed(1).padStart(9)} ${unit.padEnd(10)} QEMU TCG ${b.toFixed(1).padStart(9)} ${unit.padEnd(10)} speed of it ${(a / b).toFixed(2)}`);
  });
  up.close();
  down.close();
  return undefined;
}

try {
  const reason = await main();
  if (reason !== undefined) console.log(`nothing to measure: ${reason}`);
} finally {
  rmSync(folder, { recursive: true });
}
