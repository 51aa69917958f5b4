/**
 * The boot matrix: Debian's kernels by each way in and each MMU, on several processors, and for i386; to a shell that
 * answers, and off by ACPI. Then what their logs complain about here and not in QEMU, and a pass of memtest86+.
 * `npx node --conditions=@polyvisor/source apps/cli/acceptance/boot.ts [matrix] [smp] [i386] [dmesg] [memtest]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { tmpdir } from 'node:os';
import { bootOnce, type Booting } from './lib/boots.ts';
import { missing } from './lib/host.ts';
import { compareComplaints } from './lib/kernel-log.ts';
import { linux, writeInitrd, type Flavour, type Linux } from './lib/linux.ts';
import { memtestCd, onePass } from './lib/memtest.ts';
import { show, took } from './lib/show.ts';

const folder = mkdtempSync(join(tmpdir(), 'polyvisor-boot-'));
const ENTRIES = ['pvh', 'bzimage64'], MMUS = ['ept', 'npt', 'shadow'];
let good = 0;
const bad: string[] = [];
const absent: string[] = [];

interface Ready {
  readonly name: string;
  readonly system: Linux;
  readonly initrd: string;
}

/** A kernel, or a loud word about its absence: another one is no substitute. */
function ready(flavour: Flavour, series?: string): Ready[] {
  const system = linux(flavour, series);
  if ('reason' in system) {
    absent.push(`linux-image-${series === undefined ? '' : `${series}-`}${flavour}`);
    show(`NOT AVAILABLE: ${absent.at(-1)!}`, system.reason);
    return [];
  }
  const initrd = writeInitrd(join(folder, `${series ?? 'own'}-${flavour}.cpio`), system, { modules: [] });
  return [{ name: basename(system.kernel).replace('vmlinuz-', ''), system, initrd }];
}

const kernels64 = (): Ready[] => [...ready('cloud-amd64'), ...ready('amd64'), ...ready('cloud-amd64', '6.12'), ...ready('amd64', '6.12')];

function judge(what: string, wrong: readonly string[], figures: string): void {
  show(what.padEnd(52), wrong.length === 0 ? figures : `FAILED, ${figures}\n${wrong.join('\n')}`);
  if (wrong.length === 0) good++;
  else bad.push(what);
}

async function boots(name: string, booting: Booting): Promise<void> {
  const { wrong, seconds, instructions } = await bootOnce(booting);
  const { entry = 'auto', mmu = 'ept', cpus = 1 } = booting;
  const mips = Math.round(instructions / seconds);
  judge(`${name} ${entry} ${mmu} -smp ${cpus}`, wrong, `${seconds.toFixed(1).padStart(6)} s, ${instructions} million instructions, ${mips} MIPS`);
}

async function matrix(): Promise<void> {
  show('== kernels by ways in and MMUs');
  for (const { name, ...rest } of kernels64()) {
    for (const entry of ENTRIES) for (const mmu of MMUS) await boots(name, { ...rest, entry, mmu });
  }
}

async function smp(): Promise<void> {
  show('== several processors');
  for (const { name, ...rest } of kernels64()) for (const cpus of [2, 4]) await boots(name, { ...rest, cpus });
}

async function i386(): Promise<void> {
  show('== i386');
  for (const { name, ...rest } of ready('686')) for (const mmu of MMUS) await boots(name, { ...rest, entry: 'bzimage32', mmu });
  for (const { name, ...rest } of ready('686-pae')) {
    for (const mmu of MMUS) await boots(name, { ...rest, entry: 'pvh', mmu });
    await boots(name, { ...rest, entry: 'bzimage32' });
  }
}

async function dmesg(): Promise<void> {
  show('== emergencies to warnings in the log that QEMU does not cause');
  const lacks = missing('qemu-system-x86_64');
  if (lacks !== undefined) {
    absent.push('qemu-system-x86_64');
    show('NOT AVAILABLE', lacks);
    return;
  }
  for (const { name, ...rest } of kernels64()) {
    for (const machine of ['pc', 'q35'] as const) {
      const { all, ofQemu, onlyHere } = await compareComplaints({ ...rest, cpus: 2 }, machine);
      judge(`${name} ${machine}`, onlyHere, `${all.length} here, ${ofQemu.length} in QEMU, ${onlyHere.length} only here`);
    }
  }
}

async function memtest(): Promise<void> {
  show('== memtest86+, one pass over 64 MiB');
  const cd = memtestCd();
  if ('reason' in cd) {
    absent.push('memtest86+');
    show('NOT AVAILABLE', cd.reason);
    return;
  }
  const time = took();
  const { screen, wrong } = await onePass(cd, 64, 3600);
  console.log(screen);
  judge('memtest86+', wrong, time());
}

const chosen = process.argv.slice(2);
try {
  for (const [name, part] of Object.entries({ matrix, smp, i386, dmesg, memtest })) if (chosen.length === 0 || chosen.includes(name)) await part();
} finally {
  rmSync(folder, { recursive: true });
}
show(`${good} good, ${bad.length} failed${absent.length === 0 ? '' : `, NOT AVAILABLE: ${[...new Set(absent)].join(', ')}`}`);
for (const what of bad) show('failed', what);
process.exitCode = bad.length === 0 ? 0 : 1;
