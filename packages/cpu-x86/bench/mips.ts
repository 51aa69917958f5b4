/**
 * How fast tier 0 is: five integer programs, compiled by gcc -O2 for this processor and run on it and on the
 * interpreter. Prints millions of guest instructions a second and the slow-down against native code.
 *
 * Run with `node --conditions=@polyvisor/source packages/cpu-x86/bench/mips.ts`. Needs gcc and objcopy.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RIGHTS_RAM } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { FlatTranslation } from '../src/engine/flat-translation.ts';
import { Interpreter } from '../src/engine/interpreter.ts';
import { engineBytes } from '../src/interp/engine-bytes.ts';
import { setUserMode } from '../test-native/emulated.ts';

const NAMES = ['sieve', 'crc32', 'quicksort', 'matrix', 'string copy'];
const BASE = 0x400000, STACK = 0x7ff000;
const ROUNDS = 5;

const folder = mkdtempSync(join(tmpdir(), 'polyvisor-mips-'));
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const path = (name: string): string => join(folder, name);
// Integer instructions only: both sides run the same object code.
const flags = ['-O2', '-mgeneral-regs-only', '-fno-tree-loop-distribute-patterns', '-fno-pic', '-fno-stack-protector', '-fcf-protection=none'];
execFileSync('gcc', [...flags, '-c', '-o', path('programs.o'), file('programs.c')]);
execFileSync('gcc', ['-O2', '-no-pie', '-o', path('native'), file('native.c'), path('programs.o')]);
execFileSync('gcc', [...flags, '-no-pie', '-nostdlib', '-static', `-Wl,-Ttext=0x${BASE.toString(16)},-eentry,--build-id=none,-z,separate-code,-z,max-page-size=4096`, '-o', path('guest.elf'), file('guest.c'), path('programs.o')]);
execFileSync('objcopy', ['-O', 'binary', '--set-section-flags', '.bss=alloc,load,contents', path('guest.elf'), path('guest.bin')]);
const symbol = execFileSync('nm', [path('guest.elf')], { encoding: 'utf8' }).split('\n').find((line) => line.endsWith(' entry'));
const entry = BigInt(`0x${symbol?.split(' ')[0] ?? ''}`);
const image = readFileSync(path('guest.bin'));
const native = execFileSync(path('native'), { encoding: 'utf8' }).trim().split('\n').map((line) => line.split(' ').map(Number));
rmSync(folder, { recursive: true });

let started = performance.now();
const bytes = engineBytes();
console.log(`module: ${bytes.length} bytes, unpacked in ${(performance.now() - started).toFixed(1)} ms`);
started = performance.now();
new WebAssembly.Module(bytes);
console.log(`compiled in ${(performance.now() - started).toFixed(1)} ms`);

const host = createHost({ frames: 16 * 2 ** 20, tables: 48 * 2 ** 20 });
const space = host.createAddressSpace({ name: 'bench' });
space.populate(BASE / 4096, (STACK + 4096 - BASE) / 4096, RIGHTS_RAM);
for (let at = 0; at < image.length; at += 4096) {
  host.bytes.set(image.subarray(at, at + 4096), space.translate(BASE + at, 2));
}
const cpu = new Interpreter(host, new FlatTranslation(host, space));

function runProgram(which: number): { ms: number; count: number; result: number } {
  setUserMode(cpu, false);
  cpu.state.set('rip', entry);
  cpu.state.set('rsp', BigInt(STACK - 8));
  cpu.state.set('rdi', BigInt(which));
  cpu.state.set('rflags', 0x202n);
  const before = cpu.instructions, from = performance.now();
  const exit = cpu.run(2 ** 40);
  if (exit.kind !== 'halted') throw new Error(`${NAMES[which] ?? ''}: ${JSON.stringify(exit)} at ${cpu.state.get('rip').toString(16)}`);
  return { ms: performance.now() - from, count: cpu.instructions - before, result: Number(cpu.state.get('rax')) };
}

NAMES.forEach((name, which) => {
  let best = Infinity, count = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const run = runProgram(which);
    if (run.result !== native[which]?.[0]) throw new Error(`${name}: result ${run.result}, native ${native[which]?.[0] ?? 0}`);
    best = Math.min(best, run.ms);
    count = run.count;
  }
  const ms = native[which]?.[1] ?? 0;
  console.log(`${name}: ${(count / 1e6).toFixed(1)} M instructions, ${(count / best / 1000).toFixed(0)} MIPS, ${best.toFixed(1)} ms; native ${ms.toFixed(1)} ms, ${(count / ms / 1000).toFixed(0)} MIPS, slow-down ${(best / ms).toFixed(1)}`);
});
