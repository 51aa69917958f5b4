/** Cases of x87 instructions and of those that save and restore state, from the tables. */
import { Decoded, rows, type Row } from '../../src/index.ts';
import { meaningOf } from '../../src/uop/meaning-of.ts';
import { inDomain } from '../../test-x87/accuracy.ts';
import { extended, Random as Numbers } from '../../test-x87/generate.ts';
import { aim, encode, isStateRow, Random } from '../cases.ts';
import { type Extended, makeArea } from './area.ts';
import { EVERYTHING, type Comparison } from './emulated.ts';
import { DATA, WINDOW, WINDOW_SIZE, type StateCase } from './native.ts';

export interface Task {
  readonly c: StateCase;
  readonly comparison: Comparison;
}

/** Needs CPL 0. */
const SKIPPED = /^(XSAVES|XRSTORS)/;
export const stateRows: readonly Row[] = rows.filter((row) => isStateRow(row) && meaningOf(row) !== undefined && !SKIPPED.test(row.mnemonic));

const TRANSCENDENTAL: Readonly<Record<string, 'f2xm1' | 'fsin' | 'fcos' | 'fptan' | 'fpatan' | 'fyl2x' | 'fyl2xp1'>> = {
  F2XM1: 'f2xm1', FSIN: 'fsin', FCOS: 'fcos', FSINCOS: 'fsin', FPTAN: 'fptan', FPATAN: 'fpatan', FYL2X: 'fyl2x', FYL2XP1: 'fyl2xp1',
};
const BORDER = WINDOW + WINDOW_SIZE / 2;
const SPECIAL: readonly Extended[] = [
  [0n, 0], [0n, 0x8000], [1n << 63n, 0x7fff], [1n << 63n, 0xffff], [3n << 62n, 0x7fff], [(1n << 63n) | 77n, 0x7fff], [5n, 0x7fff], [9n, 0x3fff],
];

export class StateCases {
  readonly #random: Random;
  readonly #numbers: Numbers;

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#numbers = new Numbers(seed);
  }

  #place(row: Row): number {
    const random = this.#random, size = sizeOf(row);
    // XSAVE asks for 64 bytes, FXSAVE for 16; a few miss.
    const to = row.aligned ? (row.mnemonic.startsWith('F') ? 16 : 64) : 1;
    const any = random.chance(4) ? DATA + 8192 - random.below(size + 16) : random.chance(25) ? BORDER - random.below(size)
      : WINDOW + 32 + random.below(WINDOW_SIZE - 32 - size);
    return any - (random.chance(95) ? any % to : 0);
  }

  /** Numbers in a format of memory, images, or noise. */
  #fill(row: Row, memory: Uint8Array, at: number): void {
    const random = this.#random, numbers = this.#numbers;
    if (at < 0 || at + sizeOf(row) + 16 > memory.length) return;
    const view = new DataView(memory.buffer);
    const code = row.operands.find((o) => o.kind.source === 'rm')?.code ?? '';
    if (/^(FX|X)(RSTOR|SAVE)/.test(row.mnemonic)) {
      const area = makeArea(random, numbers);
      memory.set(area.subarray(0, row.mnemonic.startsWith('F') ? 512 : area.length), at);
      if (!row.mnemonic.startsWith('F')) {
        const compacted = random.chance(40);
        if (compacted) view.setBigUint64(at + 520, (1n << 63n) | BigInt(random.chance(85) ? (memory[at + 512] ?? 0) | random.below(8) : random.below(16)), true);
        // Components 5 to 7 this processor has.
        if (random.chance(6)) memory[at + 512 + random.below(64)] = 1 << random.below(5);
      }
      if (random.chance(5)) view.setUint32(at + 24, 1 << random.pick([16, 18, 31]), true);
      return;
    }
    if (/^(FLDENV|FRSTOR)/.test(row.mnemonic)) {
      if (random.chance(60)) view.setUint16(at, 0x3f | random.below(0x10000), true);
      return;
    }
    if (random.chance(20)) return;
    const near = random.pick([0x3fff, 1, 0x4010, 0x403c, 0x7ffe]);
    if (code === 'Mf80') {
      const [sig, se] = extended(numbers, near);
      view.setBigUint64(at, BigInt.asUintN(64, sig), true);
      view.setUint16(at + 8, se, true);
    } else if (code === 'Mf64') {
      const exponent = BigInt(random.pick([0, 0, 1, 1022, 1023, 1024, 1030, 2046, 2047, 2047]));
      view.setBigUint64(at, (BigInt(random.below(2)) << 63n) | (exponent << 52n) | random.pick([0n, 1n, 1n << 51n, random.word64() & ((1n << 52n) - 1n)]), true);
    } else if (code === 'Mf32') {
      view.setUint32(at, (random.below(2) << 31) | (random.pick([0, 0, 1, 126, 127, 128, 140, 254, 255, 255]) << 23) | random.pick([0, 1, 1 << 22, random.below(1 << 23)]), true);
    } else if (code === 'Mbcd') {
      // Digits above nine are undefined.
      for (let i = 0; i < 9; i++) memory[at + i] = (random.below(10) << 4) | random.below(10);
      memory[at + 9] = (random.below(2) << 7) | random.below(128);
    } else if (row.mnemonic.endsWith('LDMXCSR')) view.setUint32(at, random.chance(90) ? random.below(0x10000) : random.pick([0x10000, 0x40000, 0x80000000]), true);
    else view.setBigUint64(at, random.chance(30) ? 0n : random.word64(), true);
  }

  #base(legacy: boolean): { registers: BigUint64Array; memory: Uint8Array; flags: number } {
    const random = this.#random;
    const registers = BigUint64Array.from({ length: 16 }, () => random.word64());
    if (legacy) for (let i = 0; i < 16; i++) registers[i] = i < 8 ? (registers[i] ?? 0n) & 0xffffffffn : 0n;
    registers[4] = BigInt(BORDER);
    const memory = Uint8Array.from({ length: WINDOW_SIZE }, () => random.below(256));
    return { registers, memory, flags: 0x202 | (random.below(0x1000) & 0x8d5) };
  }

  /** One instruction, with FNSTENV behind it in some cases; undefined when the draw was no use. */
  single(row: Row, legacy: boolean): Task | undefined {
    const random = this.#random, d = new Decoded();
    const bytes = encode(row, legacy, random, d);
    if (bytes === undefined || d.addressSize === 16) return undefined;
    const { registers, memory, flags } = this.#base(legacy);
    // EDX:EAX name components; this processor has some that the engine has not.
    if (row.mnemonic.startsWith('X')) {
      registers[0] = BigInt(random.chance(60) ? 7 : random.below(8));
      registers[2] = 0n;
    }
    const address = this.#place(row), offset = random.chance(15) ? 4096 - 1 - random.below(15) : 0x400 + random.below(0x800);
    if (d.hasMemory !== 0) {
      const mask = row.mnemonic.startsWith('X') ? [d.base, d.index] : [];
      if (mask.includes(0) || mask.includes(2) || !aim(d, bytes, registers, address, offset, random)) return undefined;
      this.#fill(row, memory, address - WINDOW);
    }
    const special = TRANSCENDENTAL[row.mnemonic];
    const area = makeArea(random, this.#numbers, special === undefined ? {} : { values: this.#domain(special), full: random.chance(90), quiet: random.chance(90) });
    const tail = d.hasMemory === 0 && random.chance(40) ? storeEnvironment(legacy) : [];
    const comparison = comparisonOf(row), ignored: (readonly [number, number])[] = tail.length === 0 ? [] : [...selectors(0, 32)];
    if (tail.length > 0 && comparison.status !== 0xffff) ignored.push([4, 6]);
    if (/^FNS(TENV|AVE)/.test(row.mnemonic)) ignored.push(...selectors(address - WINDOW, d.operandSize === 16 ? 16 : 32));
    const view = new DataView(area.buffer), pending = (area[512]! & 1) !== 0 && (view.getUint16(2, true) & ~view.getUint16(0, true) & 0x3f) !== 0;
    if (/^F?XSAVE/.test(row.mnemonic)) {
      const at = address - WINDOW;
      // The mask of MXCSR says that AMD's has a bit more, the pointers are told only while an exception is pending.
      ignored.push([at + 28, at + 32], ...(pending ? legacy ? [[at + 12, at + 16], [at + 20, at + 24]] as const : [] : [[at + 6, at + 24]] as const));
    }
    const c: StateCase = {
      rows: tail.length === 0 ? [row.id] : [row.id, 'FNSTENV_Menv'], bytes: Uint8Array.from([...bytes, ...tail]), offset, legacy, registers, flags, area, memory,
    };
    return { c, comparison: { ...comparison, ignored } };
  }

  #domain(op: NonNullable<(typeof TRANSCENDENTAL)[string]>): Extended[] {
    const random = this.#random, drawn = inDomain(this.#numbers, op);
    const a: Extended = [drawn.a, drawn.ase], b: Extended = [drawn.b, drawn.bse];
    const maybe = (value: Extended): Extended => (random.chance(12) ? random.pick(SPECIAL) : value);
    return [maybe(a), maybe(b)];
  }

  /** Several instructions with absolute addresses, and FNSTENV behind them. */
  sequence(legacy: boolean): Task {
    const random = this.#random, { registers, memory, flags } = this.#base(legacy);
    const parts: { row: Row; bytes: number[] }[] = [];
    const count = 2 + random.below(5);
    while (parts.length < count) {
      const row = random.pick(exact);
      if (!(legacy ? row.inLegacy : row.in64)) continue;
      const bytes = [...(row.opcode === 0x9b ? [0x9b] : [row.opcode])];
      if (row.modrm !== 'none') {
        const rm = row.rm >= 0 ? row.rm : random.below(8);
        if (row.mod === 'reg') bytes.push(0xc0 | (row.reg << 3) | rm);
        else {
          const address = WINDOW + 64 + random.below(WINDOW_SIZE - 256);
          this.#fill(row, memory, address - WINDOW);
          bytes.push(...absolute(row.reg, address, legacy));
        }
      }
      parts.push({ row, bytes });
    }
    parts.push({ row: rows.find((row) => row.id === 'FNSTENV_Menv')!, bytes: storeEnvironment(legacy) });
    const area = makeArea(random, this.#numbers);
    const c: StateCase = {
      rows: parts.map(({ row }) => row.id), bytes: Uint8Array.from(parts.flatMap(({ bytes }) => bytes)), offset: 0x400, legacy, registers, flags, area, memory,
    };
    return { c, comparison: { ...EVERYTHING, ignored: selectors(0, 32) } };
  }
}

/** Rows whose results are exact, so that sequences of them stay equal. */
const exact = stateRows.filter((row) => row.family === 'x87' && TRANSCENDENTAL[row.mnemonic] === undefined &&
  !/^(FNSTENV|FNSAVE|FLDENV|FRSTOR|FCOMI|FUCOMI|FPREM)/.test(row.mnemonic));

const little = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >> 24) & 255];
const absolute = (reg: number, address: number, legacy: boolean): number[] =>
  legacy ? [(reg << 3) | 5, ...little(address)] : [(reg << 3) | 4, 0x25, ...little(address)];
/** FNSTENV to the window's beginning, which shows the pointers. */
const storeEnvironment = (legacy: boolean): number[] => [0xd9, ...absolute(6, WINDOW, legacy)];
/** Selectors in an environment, which the engine stores as zero. */
const selectors = (at: number, size: 16 | 32): (readonly [number, number])[] =>
  size === 16 ? [[at + 8, at + 10], [at + 12, at + 14]] : [[at + 16, at + 18], [at + 24, at + 26]];

function sizeOf(row: Row): number {
  const code = row.operands.find((o) => o.kind.source === 'rm')?.code ?? '';
  return ({ Mf80: 10, Mbcd: 10, Mf64: 8, Mq: 8, Mf32: 4, Md: 4, Mw: 2, Menv: 28, Mst: 108, Mfx: 512, M: 832 } as Record<string, number>)[code] ?? 1;
}

function comparisonOf(row: Row): Comparison {
  const C1 = 0x200, C0 = 0x100, C3 = 0x4000;
  // Rounding differs by up to one unit of the last place, and with it which way it went and whether it was exact.
  if (TRANSCENDENTAL[row.mnemonic] !== undefined) return { ...EVERYTHING, status: 0xffff & ~(C1 | 0x30), tolerance: 1 };
  // Intel's clear C1, AMD's leave it.
  if (/^FU?COMI/.test(row.mnemonic)) return { ...EVERYTHING, status: 0xffff & ~C1 };
  if (/^FPREM/.test(row.mnemonic)) return { ...EVERYTHING, status: 0xffff & ~(C0 | C3) };
  return EVERYTHING;
}

/** `count` draws of each row in each mode, and as many sequences as tasks. */
export function makeStateCases(seed: number, count: number): Task[] {
  const source = new StateCases(seed), tasks: Task[] = [];
  for (const row of stateRows) {
    for (const legacy of [false, true]) {
      if (!(legacy ? row.inLegacy : row.in64)) continue;
      let found = 0;
      for (let i = 0; i < count * 20 && found < count; i++) {
        const task = source.single(row, legacy);
        if (task === undefined) continue;
        tasks.push(task);
        found++;
      }
    }
  }
  const sequences = tasks.length;
  for (let i = 0; i < sequences; i++) tasks.push(source.sequence((i & 1) === 1));
  return tasks;
}
