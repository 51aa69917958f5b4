/**
 * Debian's cloud kernel from the process's start to its shell, and idle there, by Polyvisor and by QEMU's TCG, in turns in one run.
 * Needs Debian's packages and qemu-system-x86_64.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Guest } from '../apps/cli/acceptance/lib/guest.ts';
import { missing } from '../apps/cli/acceptance/lib/host.ts';
import { CONSOLE, PROMPT, linux, writeInitrd } from '../apps/cli/acceptance/lib/linux.ts';

const MEMORY = 256, ROUNDS = 3;
/** Seconds: a shell has work to do for a while after its first prompt. */
const SETTLE = 5, IDLE = 15;
const folder = mkdtempSync(join(tmpdir(), 'polyvisor-boot-'));

interface Boot {
  /** Seconds, of the clock on the wall and of processors. */
  readonly wall: number;
  readonly processor: number;
  /** MiB beyond the guest's memory. */
  readonly above: number;
  /** Part of one processor that an idle guest takes. */
  readonly idle: number;
}

async function boot(guest: Guest, from: number): Promise<Boot> {
  await guest.until(PROMPT);
  const wall = (performance.now() - from) / 1000;
  const { seconds, peak } = guest.cost();
  await sleep(SETTLE * 1000);
  const before = guest.cost().seconds;
  await sleep(IDLE * 1000);
  const idle = (guest.cost().seconds - before) / IDLE;
  await guest.kill();
  return { wall, processor: seconds, above: peak / 2 ** 20 - MEMORY, idle };
}

async function main(): Promise<string | undefined> {
  const system = linux('cloud-amd64');
  if ('reason' in system) return system.reason;
  const lacks = missing('qemu-system-x86_64');
  if (lacks !== undefined) return lacks;
  const initrd = writeInitrd(join(folder, 'initrd'), system, { modules: [] });
  const args = ['-kernel', system.kernel, '-initrd', initrd, '-append', CONSOLE, '-m', String(MEMORY), '-serial', 'stdio'];
  const boots: { readonly ours: Boot; readonly theirs: Boot }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now();
    const ours = await boot(Guest.polyvisor(args), from);
    const then = performance.now();
    boots.push({ ours, theirs: await boot(Guest.qemu(args), then) });
  }
  const show = (what: string, unit: string, digits: number, value: (boot: Boot) => number, ratio: boolean): void => {
    const [ours, theirs] = [boots.map((b) => value(b.ours)), boots.map((b) => value(b.theirs))].map((values) => values.sort((a, b) => a - b)[ROUNDS >> 1]!) as [number, number];
    const text = `${what.padEnd(34)} ${ours.toFixed(digits).padStart(9)} ${unit.padEnd(5)} QEMU TCG ${theirs.toFixed(digits).padStart(9)} ${unit}`;
    console.log(ratio ? `${text.padEnd(76)} times QEMU's ${(ours / theirs).toFixed(2)}` : text);
  };
  show('start to shell', 's', 2, (b) => b.wall, true);
  show('processor time to shell', 's', 2, (b) => b.processor, true);
  show('peak memory above the guest\'s', 'MiB', 0, (b) => b.above, false);
  show('idle at the shell, of a processor', '%', 2, (b) => b.idle * 100, false);
  return undefined;
}

try {
  const reason = await main();
  if (reason !== undefined) console.log(`nothing to measure: ${reason}`);
} finally {
  rmSync(folder, { recursive: true });
}
