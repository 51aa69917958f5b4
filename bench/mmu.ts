/**
 * Loads that are heavy on TLB misses, on page faults and on context switches, under each strategy of the MMU; then what one
 * fill costs. Needs gcc.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Access, MMU_BLOCK_END, MMU_OFFSETS, QUAD_OFFSETS, RIGHTS_RAM, type Mmu, type MmuStatistics } from '@polyvisor/core';
import { cpuModels, X86Vcpu } from '@polyvisor/cpu-x86';
import { createHost } from '@polyvisor/memory';
import { defaultWalkOptions, ShadowMmu, WalkMmu } from '@polyvisor/mmu-npt';
import { i32, ModuleBuilder } from '@polyvisor/wasm';
import { report } from './measure.ts';

const MIB = 2 ** 20, RAM = 160 * MIB, DEBUG_CONSOLE = 0xe9, DEBUG_EXIT = 0xf4;
const strategies = ['native', 'ept', 'npt', 'shadow'] as const;
type Strategy = (typeof strategies)[number];

/** What the guest runs, in its order; operations of one run. */
const LOADS = [
  { name: 'pointer chase over 2 MiB, which the TLB holds', operations: 1_000_000 },
  { name: 'pointer chase over 64 MiB, 4 KiB pages', operations: 1_000_000 },
  { name: 'pointer chase over 64 MiB, 2 MiB pages', operations: 1_000_000 },
  { name: 'page fault, map, unmap and INVLPG', operations: 40 * 512 },
  { name: 'switch of CR3 and 64 pages at equal addresses', operations: 4000 },
  { name: 'switch of CR3 and 64 pages at own addresses', operations: 4000 },
  { name: 'the same with PCIDs, equal addresses', operations: 4000 },
  { name: 'the same with PCIDs, own addresses', operations: 4000 },
] as const;

interface Outcome {
  /** Nanoseconds for each operation, by load, the best of three runs. */
  readonly ns: number[];
  readonly results: string[];
  /** Counters of the last run, by load. */
  readonly counts: MmuStatistics[];
}

function setUp(strategy: Strategy, bytes: number) {
  const host = createHost({ frames: bytes + 16 * MIB });
  const space = host.createAddressSpace({ name: 'bench', format: strategy === 'ept' ? 'ept' : 'npt' });
  space.populate(0, bytes / 4096, RIGHTS_RAM);
  const mmuHost = { host, space, cpus: 1 };
  const window = { gpa: 0, size: bytes, host: host.frames.offset(space.lookup(0).mfn) };
  const last = host.frames.offset(space.lookup(bytes / 4096 - 1).mfn);
  if (strategy === 'native' && last - window.host !== bytes - 4096) throw new Error('the memory is not one piece');
  const mmu: Mmu = strategy === 'shadow' ? new ShadowMmu({ ...defaultWalkOptions, pages: 1024 }, mmuHost)
    : new WalkMmu({ strategy, ...defaultWalkOptions }, mmuHost, window);
  return { host, space, mmu };
}

function runGuest(strategy: Strategy, image: Uint8Array): Outcome {
  const { host, space, mmu } = setUp(strategy, RAM);
  const outcome: Outcome = { ns: [], results: [], counts: [] };
  let ended = false, text = '', from = 0, best = Infinity;
  let before = mmu.statistics(), counts = before;
  // Set by the guest while it runs, which the compiler does not see.
  const hasEnded = (): boolean => ended;
  const mark = (c: string): void => {
    if (c === '<') {
      before = mmu.statistics();
      from = performance.now();
    } else if (c === '>') {
      best = Math.min(best, performance.now() - from);
      counts = difference(mmu.statistics(), before);
    } else if (c === '\n') {
      outcome.ns.push((best * 1e6) / LOADS[outcome.ns.length]!.operations);
      outcome.results.push(text);
      outcome.counts.push(counts);
      text = '';
      best = Infinity;
    } else text += c;
  };
  const io = {
    pioRead: () => -1, mmioRead: () => -1, mmioWrite: () => undefined, acknowledgeInterrupt: () => -1,
    pioWrite: (port: number, _size: number, value: number) => {
      if (port === DEBUG_CONSOLE) mark(String.fromCharCode(value & 0xff));
      else if (port === DEBUG_EXIT) ended = true;
    },
  };
  const clock = { source: 'host' as const, now: () => Math.round(performance.now() * 1e6) };
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const model = cpuModels.find((m) => m.name === 'max')!;
  const vcpu = new X86Vcpu({ index: 0, host, space, mmu, io, clock, log: log as never }, mmu, { model }, undefined);
  const dma = space.dma();
  const entry = load(image, (at, bytes) => dma.write(at, bytes, 0, bytes.length));
  const flat = { selector: 8, limit: 0xffff_ffff, base: 0n };
  vcpu.state.setSegment('cs', { ...flat, rights: 0xc09b });
  for (const name of ['ds', 'es', 'ss'] as const) vcpu.state.setSegment(name, { ...flat, selector: 16, rights: 0xc093 });
  vcpu.state.set('cr0', 0x11n);
  vcpu.state.set('rip', BigInt(entry));
  while (!hasEnded()) {
    const exit = vcpu.run(1_000_000);
    if (exit.kind !== 'budget' && !hasEnded()) throw new Error(`the guest stopped under ${strategy}: ${JSON.stringify(exit)}`);
  }
  host.destroy();
  return outcome;
}

const COUNTERS = ['fills', 'walkLoads', 'pageFaults', 'nestedFaults', 'flushes', 'shadowResyncs'] as const;
function difference(after: MmuStatistics, before: MmuStatistics): MmuStatistics {
  return Object.fromEntries(COUNTERS.map((name) => [name, after[name] - before[name]])) as unknown as MmuStatistics;
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

function compile(folder: string): Uint8Array {
  const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const flags = ['-O2', '-mgeneral-regs-only', '-mno-red-zone', '-fno-tree-loop-distribute-patterns', '-fno-pic', '-fno-stack-protector', '-fcf-protection=none'];
  const link = ['-no-pie', '-nostdlib', '-static', '-Wl,-Ttext=0x200000,-estart32,--build-id=none,-z,noexecstack'];
  const out = join(folder, 'guest.elf');
  execFileSync('gcc', [...flags, ...link, '-o', out, file('cpu/start.S'), file('mmu/guest.c')]);
  return readFileSync(out);
}

const LINEAR = 0x40_0000_0000;
/** Calls `fill` from WebAssembly, as an engine does, for one of 512 pages after the other. */
function nanosecondsOfFill(strategy: Strategy, small: boolean): { ns: number; loads: number } {
  const { host, space, mmu } = setUp(strategy, 8 * MIB);
  if (small) {
    // A first harvest splits the 2 MiB mappings.
    for (let gfn = 0; gfn < 2048; gfn += 512) space.translate(gfn * 4096, Access.write);
    space.harvestDirty(0, 2048, new Int32Array(64));
  }
  const state = host.reserve(MMU_BLOCK_END, 64, 'bench');
  mmu.attach(0, state);
  const put = (at: number, value: bigint): void => host.view.setBigUint64(space.translate(at, Access.write), value, true);
  put(0x1000, 0x2007n);
  put(0x2000 + 8 * 256, 0x3007n);
  put(0x3000, 0x4007n);
  for (let i = 0; i < 512; i++) put(0x4000 + 8 * i, BigInt(0x20_0000 + 4096 * i) | 0x107n);
  for (const [name, value] of [['cr0', 0x8001_0001n], ['cr3', 0x1000n], ['cr4', 0xa0n], ['efer', 0xd00n]] as const) {
    host.view.setBigUint64(state + QUAD_OFFSETS[name], value, true);
  }
  const m = new ModuleBuilder();
  const hot = m.importFunc('mmu', 'fill', { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] });
  m.export('loop', m.func('loop', { params: ['i32', 'i32'], results: [] }, (s, at, count) => {
    const n = s.var(i32.const(0));
    s.loop((next) => {
      s.call(hot, at, i32.shl(i32.and(i32.mul(n.get(), 7), 511), 12), i32.const(LINEAR / 2 ** 32), i32.const(Access.read));
      s.set(n, i32.add(n.get(), 1));
      s.br_if(next, i32.lt_u(n.get(), count));
    });
  }));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), { mmu: { fill: mmu.imports()['fill']! } });
  const loop = exports['loop'] as (state: number, count: number) => void;
  const count = 1_000_000;
  let best = Infinity;
  for (let round = 0; round < 6; round++) {
    const from = performance.now();
    loop(state, count);
    best = Math.min(best, ((performance.now() - from) * 1e6) / count);
  }
  const fills = host.view.getUint32(state + MMU_OFFSETS.fills, true);
  const loads = Number(host.view.getBigUint64(state + MMU_OFFSETS.walkLoads, true)) / fills;
  host.destroy();
  return { ns: best, loads };
}

const folder = mkdtempSync(join(tmpdir(), 'polyvisor-bench-'));
try {
  const image = compile(folder);
  // Once for the compilers.
  runGuest('npt', image);
  const outcomes = strategies.map((strategy) => runGuest(strategy, image));
  console.log(`mmu${' '.repeat(49)}${strategies.map((s) => s.padStart(12)).join('')}`);
  LOADS.forEach(({ name, operations }, i) => {
    const results = new Set(outcomes.map((o) => o.results[i]));
    if (results.size !== 1) throw new Error(`${name}: the strategies do not agree: ${[...results].join(', ')}`);
    const nested = Math.min(outcomes[1]!.ns[i]!, outcomes[2]!.ns[i]!);
    console.log(`  ${name.padEnd(50)}${outcomes.map((o) => `${o.ns[i]!.toFixed(o.ns[i]! < 100 ? 1 : 0)} ns`.padStart(12)).join('')}`);
    console.log(`    ${'time as a multiple of the better nested one'.padEnd(48)}${outcomes.map((o) => (o.ns[i]! / nested).toFixed(2).padStart(12)).join('')}`);
    console.log(`    ${'fills; loads for each operation'.padEnd(48)}${outcomes.map((o) => `${(o.counts[i]!.fills / operations).toFixed(1)}; ${(o.counts[i]!.walkLoads / operations).toFixed(0)}`.padStart(12)).join('')}`);
  });
  for (const [load, addresses] of [[4, 'equal'], [5, 'own']] as const) {
    const ratios = outcomes.map((o) => (o.ns[load]! / o.ns[load + 2]!).toFixed(2).padStart(12));
    console.log(`  ${`untagged / tagged, ${addresses} addresses`.padEnd(50)}${ratios.join('')}`);
  }
  console.log(`  guest tables compared again under shadow, by load: ${outcomes[3]!.counts.map((c) => c.shadowResyncs).join(', ')}`);
  for (const [strategy, small, target] of [['native', false, 60], ['ept', true, 150], ['npt', true, 150], ['shadow', false, 60]] as const) {
    const { ns, loads } = nanosecondsOfFill(strategy, small);
    report(`  a fill by ${strategy}, ${loads.toFixed(0)} loads`, ns, 'ns', target);
  }
} finally {
  rmSync(folder, { recursive: true });
}
