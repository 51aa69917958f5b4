/**
 * How fast floating-point code of SSE2 runs on tier 0: three programs on doubles and vectors of singles, compiled by gcc -O2.
 * Prints millions of guest instructions a second and the slow-down against native code.
 *
 * Run with `node --conditions=@polyvisor/source packages/cpu-x86/bench/float.ts`. Needs gcc and objcopy.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RIGHTS_RAM, WORD_OFFSETS } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { FlatTranslation } from '../src/engine/flat-translation.ts';
import { Interpreter } from '../src/engine/interpreter.ts';
import { setUserMode } from '../test-native/emulated.ts';

const NAMES = ['n-body', 'saxpy', 'matrix of doubles'];
const BASE = 0x400000, STACK = 0x7ff000;
// The generated code is optimised on the way.
const ROUNDS = 40;

const folder = mkdtempSync(join(tmpdir(), 'polyvisor-float-'));
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const path = (name: string): string => join(folder, name);
const gcc = (...args: string[]): unknown => execFileSync('gcc', ['-O2', '-fno-pic', '-fno-stack-protector', '-fcf-protection=none', '-fno-math-errno', ...args]);
gcc('-c', '-o', path('programs.o'), file('float.c'));
gcc('-no-pie', '-o', path('native'), file('native.c'), path('programs.o'));
gcc('-no-pie', '-nostdlib', '-static', `-Wl,-Ttext=0x${BASE.toString(16)},-eentry,--build-id=none,-z,separate-code,-z,max-page-size=4096`, '-o', path('guest.elf'), file('guest.c'), path('programs.o'));
execFileSync('objcopy', ['-O', 'binary', '--set-section-flags', '.bss=alloc,load,contents', path('guest.elf'), path('guest.bin')]);
const symbol = execFileSync('nm', [path('guest.elf')], { encoding: 'utf8' }).split('\n').find((line) => line.endsWith(' entry'));
const entry = BigInt(`0x${symbol?.split(' ')[0] ?? ''}`);
const image = readFileSync(path('guest.bin'));
const native = execFileSync(path('native'), { encoding: 'utf8' }).trim().split('\n').map((line) => line.split(' ').map(Number));
rmSync(folder, { recursive: true });

const host = createHost({ frames: 16 * 2 ** 20, tables: 48 * 2 ** 20 });
const space = host.createAddressSpace({ name: 'bench' });
space.populate(BASE / 4096, (STACK + 4096 - BASE) / 4096, RIGHTS_RAM);
for (let at = 0; at < image.length; at += 4096) host.bytes.set(image.subarray(at, at + 4096), space.translate(BASE + at, 2));
const cpu = new Interpreter(host, new FlatTranslation(host, space));

NAMES.forEach((name, which) => {
  const [expected = -1, ms = 0] = native[which] ?? [];
  let best = Infinity, count = 0;
  for (let i = 0; i < ROUNDS; i++) {
    setUserMode(cpu, false);
    cpu.state.view.setUint32(WORD_OFFSETS.mxcsr, 0x1f80, true);
    for (const [register, value] of [['rip', entry], ['rsp', BigInt(STACK - 8)], ['rdi', BigInt(which)], ['rflags', 0x202n]] as const) cpu.state.set(register, value);
    const before = cpu.instructions, from = performance.now();
    const exit = cpu.run(2 ** 40);
    best = Math.min(best, performance.now() - from);
    count = cpu.instructions - before;
    const result = Number(cpu.state.get('rax'));
    if (exit.kind !== 'halted' || result !== expected) throw new Error(`${name}: ${exit.kind}, result ${result}, native ${expected}`);
  }
  console.log(`${name}: ${(count / 1e6).toFixed(1)} M instructions, ${(count / best / 1000).toFixed(0)} MIPS, ${best.toFixed(1)} ms; native ${ms.toFixed(1)} ms, slow-down ${(best / ms).toFixed(1)}`);
});
