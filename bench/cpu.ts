/**
 * Integer programs on tier 0, under QEMU's TCG and on the processor itself, in one run. Both virtual machines run the same
 * image: 64-bit code with paging, entered by PVH. Needs gcc and qemu-system-x86_64; without QEMU its column is left out.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RIGHTS_RAM } from '@polyvisor/core';
import { cpuModels, X86Vcpu } from '@polyvisor/cpu-x86';
import { createHost } from '@polyvisor/memory';
import { defaultWalkOptions, WalkMmu } from '@polyvisor/mmu-npt';

const NAMES = ['sieve', 'crc32', 'quicksort', 'matrix', 'string copy'];
/** Runs of a program between two marks. */
const TIMES = 40;
const RAM = 32 * 2 ** 20, DEBUG_CONSOLE = 0xe9, DEBUG_EXIT = 0xf4;

interface Outcome {
  /** Best time of a run of each program, in milliseconds. */
  readonly ms: number[];
  readonly results: string[];
  /** Instructions of one run. */
  readonly instructions: number[];
}

/** Takes the guest's output apart as it comes. */
class Marks implements Outcome {
  readonly ms: number[] = [];
  readonly results: string[] = [];
  readonly instructions: number[] = [];
  #text = '';
  #from = 0;
  #count = 0;
  #best = Infinity;

  byte(c: string, retired = 0): void {
    if (c === '<') {
      this.#from = performance.now();
      this.#count = retired;
    } else if (c === '>') {
      this.#best = Math.min(this.#best, (performance.now() - this.#from) / TIMES);
      this.instructions[this.results.length] = (retired - this.#count) / TIMES;
    } else if (c === '\n') {
      this.ms.push(this.#best);
      this.results.push(this.#text);
      this.#text = '';
      this.#best = Infinity;
    } else this.#text += c;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'polyvisor-bench-'));
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const path = (name: string): string => join(folder, name);

function compile(): void {
  const programs = file('../packages/cpu-x86/bench/programs.c'), main = file('../packages/cpu-x86/bench/native.c');
  // Integer instructions only: all three sides run the same object code.
  const flags = ['-O2', '-mgeneral-regs-only', '-fno-tree-loop-distribute-patterns', '-fno-pic', '-fno-stack-protector', '-fcf-protection=none'];
  execFileSync('gcc', [...flags, '-c', '-o', path('programs.o'), programs]);
  execFileSync('gcc', ['-O2', '-no-pie', '-o', path('native'), main, path('programs.o')]);
  const link = ['-no-pie', '-nostdlib', '-static', '-Wl,-Ttext=0x200000,-estart32,--build-id=none,-z,noexecstack'];
  execFileSync('gcc', [...flags, `-DTIMES=${TIMES}`, ...link, '-o', path('guest.elf'), file('cpu/start.S'), file('cpu/guest.c'), path('programs.o')]);
}

function runNative(): { ms: number; result: string }[] {
  return execFileSync(path('native'), { encoding: 'utf8' }).trim().split('\n').map((line) => {
    const [result = '0', ms = '0'] = line.split(' ');
    return { result: BigInt(result).toString(16).padStart(16, '0'), ms: Number(ms) };
  });
}

function runQemu(): Promise<Outcome> {
  const options = ['-accel', 'tcg', '-cpu', 'max', '-m', '32', '-display', 'none', '-no-reboot', '-kernel', path('guest.elf'),
    '-debugcon', 'stdio', '-device', 'isa-debug-exit,iobase=0xf4,iosize=4'];
  const marks = new Marks();
  return new Promise((resolve, reject) => {
    const child = spawn('qemu-system-x86_64', options, { stdio: ['ignore', 'pipe', 'inherit'], timeout: 300_000 });
    child.stdout.on('data', (data: Buffer) => {
      // The firmware writes as well: the guest's first mark ends that.
      for (const c of data.toString('latin1')) marks.byte(c);
    });
    child.on('error', reject);
    child.on('close', () => resolve(marks));
  });
}

function runPolyvisor(): Outcome {
  const host = createHost({ frames: RAM + 8 * 2 ** 20 });
  const space = host.createAddressSpace({ name: 'bench', format: 'npt' });
  space.populate(0, RAM / 4096, RIGHTS_RAM);
  const mmu = new WalkMmu({ strategy: 'npt', ...defaultWalkOptions }, { host, space, cpus: 1 });
  const marks = new Marks();
  let ended = false;
  // Set by the guest while it runs, which the compiler does not see.
  const hasEnded = (): boolean => ended;
  const io = {
    pioRead: () => -1, mmioRead: () => -1, mmioWrite: () => undefined, acknowledgeInterrupt: () => -1,
    pioWrite: (port: number, _size: number, value: number) => {
      if (port === DEBUG_CONSOLE) marks.byte(String.fromCharCode(value & 0xff), vcpu.instructions);
      else if (port === DEBUG_EXIT) ended = true;
    },
  };
  const started = performance.now();
  const clock = { source: 'host' as const, now: () => Math.round((performance.now() - started) * 1e6) };
  const model = cpuModels.find((m) => m.name === 'max')!;
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const vcpu: X86Vcpu = new X86Vcpu({ index: 0, host, space, mmu, io, clock, log: log as never }, mmu, { model }, undefined);
  const entry = load(readFileSync(path('guest.elf')), (at, bytes) => space.dma().write(at, bytes, 0, bytes.length));
  const flat = { selector: 8, limit: 0xffff_ffff, base: 0n };
  vcpu.state.setSegment('cs', { ...flat, rights: 0xc09b });
  for (const name of ['ds', 'es', 'ss'] as const) vcpu.state.setSegment(name, { ...flat, selector: 16, rights: 0xc093 });
  vcpu.state.set('cr0', 0x11n);
  vcpu.state.set('rip', BigInt(entry));
  while (!hasEnded()) {
    const exit = vcpu.run(1_000_000);
    if (exit.kind !== 'budget' && !hasEnded()) throw new Error(`the guest stopped: ${JSON.stringify(exit)}`);
  }
  return marks;
}

/** Loads the segments of an ELF64 file and gives the entry of its PVH note. */
function load(elf: Uint8Array, write: (at: number, bytes: Uint8Array) => void): number {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.length);
  let entry = 0;
  for (let i = 0; i < view.getUint16(56, true); i++) {
    const at = Number(view.getBigUint64(32, true)) + i * 56, kind = view.getUint32(at, true);
    const from = Number(view.getBigUint64(at + 8, true)), size = Number(view.getBigUint64(at + 32, true));
    if (kind === 1) write(Number(view.getBigUint64(at + 24, true)), elf.subarray(from, from + size));
    if (kind === 4) entry = view.getUint32(from + 16, true);
  }
  return entry;
}

try {
  compile();
  const native = runNative();
  const ours = runPolyvisor();
  const hasQemu = spawnSync('qemu-system-x86_64', ['--version']).status === 0;
  const qemu = hasQemu ? await runQemu() : undefined;
  if (!hasQemu) console.log('qemu-system-x86_64 is not installed: no comparison with it');
  const mips: number[] = [], ratios: number[] = [];
  NAMES.forEach((name, i) => {
    const wanted = native[i]!, ms = ours.ms[i]!, theirs = qemu?.ms[i];
    if (ours.results[i] !== wanted.result) throw new Error(`${name}: ${ours.results[i] ?? ''}, natively ${wanted.result}`);
    const speed = ours.instructions[i]! / ms / 1000;
    mips.push(speed);
    if (theirs !== undefined) ratios.push(theirs / ms);
    const compared = theirs === undefined ? '' : `QEMU TCG ${theirs.toFixed(2)} ms, speed of it ${(theirs / ms).toFixed(2)}; `;
    console.log(`${name.padEnd(12)} ${ms.toFixed(2).padStart(7)} ms ${speed.toFixed(0).padStart(5)} MIPS; ${compared}native ${wanted.ms.toFixed(2)} ms, slow-down ${(ms / wanted.ms).toFixed(1)}`);
  });
  const median = (list: number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? NaN;
  console.log(`median: ${median(mips).toFixed(0)} MIPS (target 150)${ratios.length > 0 ? `, ${median(ratios).toFixed(2)} of QEMU TCG's speed` : ''}`);
} finally {
  rmSync(folder, { recursive: true });
}
