import type { Random } from '../../random/random.ts';
import type { WalkRegisters } from './reference-walk.ts';
import type { MmuRig } from './rig.ts';

export type Mode = 'off' | '32-bit' | 'pae' | 'long';

/** Frames of RAM that hold tables, and those that the tables most often lead to. */
export const TABLES = { first: 2, count: 20 } as const;
export const DATA = { first: 22, count: 10 } as const;

export interface World {
  readonly mode: Mode;
  readonly registers: WalkRegisters;
  /** Addresses that the tables were made for. */
  readonly addresses: readonly bigint[];
}

const maybe = (random: Random, percent: number, bit: bigint): bigint => (random.chance(percent, 100) ? bit : 0n);
export const physical = (frame: number): bigint => BigInt(frame) << 12n;

export function randomMode(random: Random): Mode {
  return random.pick<Mode>(['off', '32-bit', '32-bit', 'pae', 'pae', 'long', 'long', 'long']);
}

/** Registers of a mode; the bits that tables are read with are random. */
export function randomRegisters(rig: MmuRig, random: Random, mode: Mode): WalkRegisters {
  let cr4 = mode === 'pae' || mode === 'long' ? 0x20n : 0n;
  for (const n of [4, 7, 20, 21, 22, 24]) cr4 |= maybe(random, 50, 1n << BigInt(n));
  if (mode === 'long') cr4 |= maybe(random, rig.subject.processor.la57 ? 50 : 0, 1n << 12n);
  const table = (): bigint => physical(rig.places.ram(TABLES.first + random.below(TABLES.count)));
  return {
    cr0: 1n | maybe(random, 60, 1n << 16n) | (mode === 'off' ? 0n : 1n << 31n),
    cr3: table() | (mode === 'long' ? BigInt(random.below(4096)) : BigInt(random.below(4) << 3)),
    cr4,
    efer: maybe(random, 75, 1n << 11n) | (mode === 'long' ? 0x500n : 0n),
    ...randomView(random),
    pdptes: [0, 1, 2, 3].map(() => table() | maybe(random, 90, 1n)),
  };
}

/** What may differ from access to access. */
export function randomView(random: Random): Pick<WalkRegisters, 'rflags' | 'cpl' | 'pkru' | 'pkrs'> {
  const keys = (): number => (random.chance(1, 2) ? random.int32() >>> 0 : 0);
  return { rflags: 2n | maybe(random, 50, 1n << 18n), cpl: random.pick([0, 0, 1, 3, 3]), pkru: keys(), pkrs: keys() };
}

/** Tables around a few addresses: mostly sound, with faults of every kind, loops and foreign frames strewn in. */
export function randomWorld(rig: MmuRig, random: Random, mode = randomMode(random)): World {
  for (let i = TABLES.first; i < DATA.first + DATA.count; i++) clear(rig, i);
  const registers = randomRegisters(rig, random, mode);
  const addresses = Array.from({ length: 8 }, () => randomLinear(rig, random, mode));
  if (mode !== 'off') for (const linear of addresses) path(rig, random, mode, registers, linear);
  return { mode, registers, addresses };
}

function clear(rig: MmuRig, i: number): void {
  rig.host.code.written(rig.memory.base + i);
  rig.host.bytes.fill(0, rig.ramAt(i), rig.ramAt(i) + 4096);
}

/** Few different indices, so that paths share tables; low pages, so that large pages lead to RAM. */
function randomLinear(rig: MmuRig, random: Random, mode: Mode): bigint {
  const page = random.pick([0, 1, 2, DATA.first, DATA.first + 3, TABLES.first, 255, 511]);
  if (mode === 'off') return physical(rig.places.ram(0) + page + (random.chance(1, 8) ? 300 : 0)) | BigInt(random.below(4096));
  let linear = BigInt(page * 4096 + random.below(4096));
  linear |= BigInt(random.pick([0, 0, 1, 511])) << 21n;
  linear |= BigInt(random.pick([0, 0, 1, 3])) << 30n;
  if (mode !== 'long') return linear;
  linear |= BigInt(random.pick([0, 1, 255, 256, 511])) << 39n;
  return BigInt.asUintN(64, BigInt.asIntN(48, linear));
}

function target(rig: MmuRig, random: Random): bigint {
  const { ram, rom, device, absent } = rig.places;
  const chance = random.below(100);
  if (chance < 70) return physical(ram(DATA.first + random.below(DATA.count)));
  if (chance < 80) return physical(ram(TABLES.first + random.below(TABLES.count)));
  if (chance < 86 && rom !== undefined) return physical(rom);
  if (chance < 92 && device !== undefined) return physical(device);
  if (chance < 96 && absent !== undefined) return physical(absent);
  return physical(random.pick([ram(random.below(500)), 0x300, 0xf_ffff, 0x3f_ffff]));
}

function path(rig: MmuRig, random: Random, mode: Mode, registers: WalkRegisters, linear: bigint): void {
  const { physicalBits } = rig.subject.processor;
  const wide = mode !== '32-bit', width = wide ? 9 : 10, bytes = wide ? 8 : 4;
  const five = mode === 'long' && ((registers.cr4 >> 12n) & 1n) === 1n;
  let table = mode === 'pae' ? registers.pdptes[Number((linear >> 30n) & 3n)]! : registers.cr3;
  for (let level = mode === 'long' ? (five ? 5 : 4) : 2; level >= 1; level--) {
    const shift = BigInt(12 + width * (level - 1));
    const index = Number((linear >> shift) & BigInt(2 ** width - 1));
    const i = frameIndex(rig, table);
    // Tables that lie elsewhere hold whatever is there.
    if (i === undefined) return;
    const old = wide ? rig.get(i, index * 8) : rig.get(i, (index & ~1) * 4) >> BigInt((index & 1) * 32) & 0xffff_ffffn;
    if (old !== 0n && random.chance(3, 4)) {
      table = old;
      if (level > 1 && (old & 0x80n) !== 0n) return;
      continue;
    }
    let entry = maybe(random, 96, 1n) | maybe(random, 85, 2n) | maybe(random, 80, 4n) | BigInt(random.below(4) << 3);
    entry |= maybe(random, 50, 0x20n) | maybe(random, 50, 0x40n) | maybe(random, 30, 0x100n) | BigInt(random.below(8) << 9);
    const large = level > 1 && level < 4 && random.chance(15, 100);
    if (large) {
      entry |= 0x80n | maybe(random, 20, 0x1000n) | maybe(random, 6, 1n << BigInt(13 + random.below(9)));
      entry |= maybe(random, 85, physical(rig.places.ram(0)) >> shift << shift) | maybe(random, 10, 1n << shift);
    } else {
      entry |= level === 1 ? target(rig, random) : physical(rig.places.ram(TABLES.first + random.below(TABLES.count)));
      if (level === 1 ? random.chance(1, 3) : random.chance(2, 100)) entry |= 0x80n;
    }
    if (wide) {
      entry |= maybe(random, (registers.efer & 0x800n) !== 0n ? 20 : 2, 1n << 63n);
      if (mode === 'long') entry |= BigInt(random.below(2048)) << 52n;
      else entry |= maybe(random, 3, 1n << BigInt(52 + random.below(11)));
      entry |= maybe(random, 2, 1n << BigInt(Math.min(51, physicalBits + random.below(52 - physicalBits))));
    }
    rig.put(i, index * bytes, entry, bytes);
    if (large) return;
    table = entry;
  }
}

/** Which frame of RAM an entry points to. */
export function frameIndex(rig: MmuRig, entry: bigint): number | undefined {
  const i = Number((entry & 0xf_ffff_ffff_f000n) >> 12n) - rig.places.ram(0);
  return i >= 0 && i < 500 ? i : undefined;
}

interface Place {
  readonly i: number;
  readonly offset: number;
  readonly bytes: 4 | 8;
}

/** Where the entries on the way to an address lie, as far as they lie in RAM. */
export function entriesOf(rig: MmuRig, mode: Mode, registers: WalkRegisters, linear: bigint): Place[] {
  const wide = mode !== '32-bit', width = wide ? 9 : 10, bytes = wide ? 8 : 4;
  const five = mode === 'long' && rig.subject.processor.la57 && ((registers.cr4 >> 12n) & 1n) === 1n;
  let table = mode === 'pae' ? registers.pdptes[Number((linear >> 30n) & 3n)]! : registers.cr3;
  const places: Place[] = [];
  for (let level = mode === 'long' ? (five ? 5 : 4) : 2; level >= 1; level--) {
    const i = frameIndex(rig, table);
    if (i === undefined) break;
    const offset = Number((linear >> BigInt(12 + width * (level - 1))) & BigInt(2 ** width - 1)) * bytes;
    places.push({ i, offset, bytes });
    table = wide ? rig.get(i, offset) : (rig.get(i, offset & ~7) >> BigInt((offset & 4) * 8)) & 0xffff_ffffn;
    if ((table & 1n) === 0n || (level > 1 && (table & 0x80n) !== 0n)) break;
  }
  return places;
}
