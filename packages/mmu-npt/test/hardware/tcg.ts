/** QEMU's processor in software (TCG), for the modes that KVM does not have everywhere. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Prepared } from './sample.ts';

/** Where tcg-walk.S and tcg-walk.c want to lie. */
const PLACES = ['-Wl,-Ttext=0x80100000', '-Wl,--section-start=.mapped=0x80000000', '-Wl,--section-start=.tables=0x80010000', '-Wl,--section-start=.input=0x80200000'];
const FLAGS = ['-m32', '-O1', '-ffreestanding', '-fno-pic', '-fno-stack-protector', '-fcf-protection=none', '-mgeneral-regs-only', '-nostdlib',
  '-static', '-no-pie', '-Wl,-estart,--build-id=none,-z,noexecstack,--no-warn-rwx-segments'];
const ORIGIN = 0x1000;

export function prepareTcg(): Prepared {
  if (spawnSync('qemu-system-x86_64', ['--version']).status !== 0) return { skipped: 'qemu-system-x86_64 is not installed' };
  const folder = mkdtempSync(join(tmpdir(), 'polyvisor-tcg-'));
  const destroy = (): void => rmSync(folder, { recursive: true });
  const path = (name: string): string => join(folder, name);
  const source = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const build = (worlds: readonly Uint8Array[]) => {
    writeFileSync(path('input'), Buffer.concat([new Uint8Array(BigUint64Array.of(BigInt(worlds.length)).buffer), ...worlds]));
    return spawnSync('gcc', [...FLAGS, ...PLACES, `-DINPUT="${path('input')}"`, '-o', path('walk.elf'), source('tcg-walk.S'), source('tcg-walk.c')], { encoding: 'utf8' });
  };
  const tried = build([]);
  if (tried.status !== 0) {
    destroy();
    return { skipped: `gcc cannot build 32-bit programs: ${tried.error?.message ?? tried.stderr}` };
  }
  return {
    physicalBits: 40, pages1g: true, modes: ['32-bit', 'pae'], origin: ORIGIN, fill: 0xcc, within: false, quirks: true, destroy,
    run(worlds) {
      const built = build(worlds);
      if (built.status !== 0) throw new Error(`gcc failed: ${built.stderr}`);
      // Memory at 0x80000000 and beyond; pages are committed when they are touched.
      const run = spawnSync('qemu-system-x86_64', ['-accel', 'tcg', '-cpu', 'max,phys-bits=40', '-m', '2304', '-display', 'none', '-no-reboot', '-kernel', path('walk.elf'),
        '-chardev', 'stdio,id=out', '-device', 'isa-debugcon,iobase=0x6e9,chardev=out', '-device', 'isa-debug-exit,iobase=0xf4,iosize=4',
        '-serial', 'none', '-monitor', 'none'], { maxBuffer: 2 ** 30, timeout: 120_000 });
      // isa-debug-exit turns the 0 that is written into 1.
      if (run.status !== 1) throw new Error(`QEMU failed: ${run.error?.message ?? String(run.stderr)}`);
      return run.stdout;
    },
  };
}
