/**
 * Runs programs on tier 0 and on this processor: the same object code, linked with `guest.c` for the one and with `native.c`
 * for the other. Prints millions of guest instructions a second and the slow-down. Needs gcc and objcopy.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RIGHTS_RAM, WORD_OFFSETS, X87_CONTROL } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { FlatTranslation } from '../src/engine/flat-translation.ts';
import { Interpreter } from '../src/engine/interpreter.ts';
import { setUserMode } from '../test-native/emulated.ts';

export interface Programs {
  /** What `run_program` of the source does for 0, 1, 2 … */
  readonly names: readonly string[];
  /** File beside this one. */
  readonly source: string;
  /** Options of gcc for the programs, and for what is linked around them in the guest. */
  readonly options: readonly string[];
  readonly guestOptions?: readonly string[];
  /** Runs of each program; the best counts, as the generated code is optimised on the way. */
  readonly rounds: number;
}

const BASE = 0x400000, STACK = 0x7ff000;
const COMMON = ['-O2', '-fno-pic', '-fno-stack-protector', '-fcf-protection=none'];
const LINK = ['-no-pie', '-nostdlib', '-static', `-Wl,-Ttext=0x${BASE.toString(16)},-eentry,--build-id=none,-z,separate-code,-z,max-page-size=4096`];

interface Built {
  readonly image: Uint8Array;
  readonly entry: bigint;
  /** Result and best time in milliseconds of each program. */
  readonly native: readonly (readonly number[])[];
}

function build({ source, options, guestOptions = [] }: Programs): Built {
  const folder = mkdtempSync(join(tmpdir(), 'polyvisor-bench-'));
  const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const path = (name: string): string => join(folder, name);
  const gcc = (...more: string[]): unknown => execFileSync('gcc', [...COMMON, ...more]);
  gcc(...options, '-c', '-o', path('programs.o'), file(source));
  gcc('-no-pie', '-o', path('native'), file('native.c'), path('programs.o'));
  gcc(...guestOptions, ...LINK, '-o', path('guest.elf'), file('guest.c'), path('programs.o'));
  execFileSync('objcopy', ['-O', 'binary', '--set-section-flags', '.bss=alloc,load,contents', path('guest.elf'), path('guest.bin')]);
  const symbol = execFileSync('nm', [path('guest.elf')], { encoding: 'utf8' }).split('\n').find((line) => line.endsWith(' entry'));
  const image = readFileSync(path('guest.bin'));
  const native = execFileSync(path('native'), { encoding: 'utf8' }).trim().split('\n').map((line) => line.split(' ').map(Number));
  rmSync(folder, { recursive: true });
  return { image, entry: BigInt(`0x${symbol?.split(' ')[0] ?? ''}`), native };
}

export function compareWithNative(programs: Programs): void {
  const { image, entry, native } = build(programs);
  const host = createHost({ frames: 16 * 2 ** 20, tables: 48 * 2 ** 20 });
  const space = host.createAddressSpace({ name: 'bench' });
  space.populate(BASE / 4096, (STACK + 4096 - BASE) / 4096, RIGHTS_RAM);
  space.dma().write(BASE, image, 0, image.length);
  const cpu = new Interpreter(host, new FlatTranslation(host, space));

  programs.names.forEach((name, which) => {
    const [expected = -1, ms = 0] = native[which] ?? [];
    let best = Infinity, count = 0;
    for (let i = 0; i < programs.rounds; i++) {
      setUserMode(cpu, false);
      cpu.state.view.setUint32(WORD_OFFSETS.mxcsr, 0x1f80, true);
      cpu.state.view.setUint16(X87_CONTROL.fcw[0], 0x37f, true);
      for (const [register, value] of [['rip', entry], ['rsp', BigInt(STACK - 8)], ['rdi', BigInt(which)], ['rflags', 0x202n]] as const) cpu.state.set(register, value);
      const before = cpu.instructions, from = performance.now();
      const exit = cpu.run(2 ** 40);
      best = Math.min(best, performance.now() - from);
      count = cpu.instructions - before;
      const result = Number(cpu.state.get('rax'));
      if (exit.kind !== 'halted' || result !== expected) throw new Error(`${name}: ${exit.kind}, result ${result}, native ${expected}`);
    }
    const mips = (time: number): string => (count / time / 1000).toFixed(0);
    console.log(`${name}: ${(count / 1e6).toFixed(1)} M instructions, ${mips(best)} MIPS, ${best.toFixed(1)} ms; native ${ms.toFixed(1)} ms, ${mips(ms)} MIPS, slow-down ${(best / ms).toFixed(1)}`);
  });
}
