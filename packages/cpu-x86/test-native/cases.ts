/** Makes cases from the instruction tables: every implemented row, all sizes and shapes, corner values. */
import { BASE, Decoded, Decoder, rows, VERDICT, MODE, FLAG, STATUS_FLAGS, type Row } from '../src/index.ts';
import { meaningOf } from '../src/uop/meaning-of.ts';
import { isVectorRow } from '../src/uop/vector-shapes.ts';
import { makeNumbers } from './float-cases.ts';
import { lacking } from './host-features.ts';
import { CODE, WINDOW, WINDOW_SIZE, type Case } from './native.ts';
import { aimGather, vectorPlace, vectorState } from './vector-cases.ts';

/** Mulberry32: small, and good enough to pick corner values. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed | 0;
  }
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  word64(): bigint {
    const random = (): bigint => (BigInt(this.below(2 ** 32)) << 32n) | BigInt(this.below(2 ** 32));
    if (this.chance(40)) return random();
    const size = this.pick([8n, 16n, 32n, 64n]);
    const near = BigInt.asUintN(64, this.pick([0n, 1n << (size - 1n), (1n << size) - 1n, BigInt(this.below(80))]) + BigInt(this.below(5) - 2));
    // The upper part of a narrow corner must not matter.
    return this.chance(50) && size < 64n ? (near & ((1n << size) - 1n)) | (BigInt.asUintN(64, random() << size)) : near;
  }
}

/**
 * Differences between processors: AMD's have no hint behind 0F 0D with a register, take REX.B of F3 90 to name R8, and
 * read 32 bits for MOVSXD of 16.
 */
const VENDOR = /^(NOP_0F0D|MOVSXD_Gv_Ew)$/;
/** Meanings that leave to the kernel here. */
const SKIPPED = /^(SYSTEM|INTO)$/;
const decoder = new Decoder();
const PP: Readonly<Record<string, readonly number[]>> = { '66': [0x66], F3: [0xf3], F2: [0xf2], any: [], NP: [], NFx: [] };
const MAPS: Readonly<Record<string, readonly number[]>> = { one: [], '0F': [0x0f], '0F38': [0x0f, 0x38], '0F3A': [0x0f, 0x3a] };
const VEX_PP: Readonly<Record<string, number>> = { NP: 0, '66': 1, F3: 2, F2: 3 };

/** Bytes that decode to the row in this mode, or undefined when the draw did not. `branch` keeps targets close. */
export function encode(row: Row, legacy: boolean, random: Random, d: Decoded): Uint8Array | undefined {
  const prefixes: number[] = [];
  const mem = row.modrm !== 'none' && row.mod !== 'reg' && (row.mod === 'mem' || random.chance(55));
  const near = row.operands.some((o) => o.kind.source === 'rel');
  if (!row.vex) {
    prefixes.push(...(PP[row.prefix] ?? []));
    const indirect = row.sizeRule === 'f64' && !legacy;
    if (!indirect && random.chance(25)) prefixes.push(0x66);
    if (row.lock && mem && random.chance(15)) prefixes.push(0xf0);
    if ((row.rep === 'rep' || row.rep === 'repe') && random.chance(60)) prefixes.push(random.pick([0xf2, 0xf3]));
  }
  if (random.chance(8) || (row.addrSizes === 2 && !legacy)) prefixes.push(0x67);
  const opcode = row.opcode + (row.opcodeReg ? random.below(8) : 0);
  const bytes: number[] = [];
  if (row.vex) {
    const invert = legacy ? 7 : random.below(8);
    const vvvv = row.usesVvvv ? (legacy ? 8 + random.below(8) : random.below(16)) : 15;
    const w = row.w >= 0 ? row.w : row.y >= 0 ? row.y : random.below(2), l = row.l >= 0 ? row.l : random.below(2);
    const payload = (vvvv << 3) | (l << 2) | (VEX_PP[row.prefix] ?? 0);
    if (row.map === 'vex1' && w === 0 && random.chance(30)) bytes.push(...prefixes, 0xc5, ((invert & 4) << 5) | payload, opcode);
    else bytes.push(...prefixes, 0xc4, (invert << 5) | Number(row.map.slice(3)), (w << 7) | payload, opcode);
  } else {
    const rex = legacy ? 0 : random.chance(55) ? 0x40 | random.below(16) : 0;
    bytes.push(...prefixes, ...(rex === 0 ? [] : [rex]), ...(MAPS[row.map] ?? []), opcode);
  }
  if (row.modrm !== 'none') {
    const reg = row.reg >= 0 ? row.reg : random.below(8), rm = row.modrm === 'vsib' ? 4 : row.rm >= 0 ? row.rm : random.below(8);
    const mod = mem ? random.below(3) : 3;
    bytes.push((mod << 6) | (reg << 3) | rm);
    if (mem && rm === 4) bytes.push(random.below(256));
  }
  // Displacement and immediate; small, so that branches and 32-bit addresses stay where memory is.
  for (let i = 0; i < 16; i++) bytes.push(near ? (i === 0 ? random.below(128) : 0) : random.chance(30) ? random.pick([0, 1, 0x7f, 0x80, 0xff]) : random.below(256));
  const all = Uint8Array.from(bytes);
  if (decoder.decode(d, all, 0, all.length, legacy ? MODE.BITS32 : MODE.BITS64) !== VERDICT.OK || d.row !== row.index) return undefined;
  return all.slice(0, d.length);
}

const STRINGS = /^(MOVS|CMPS|STOS|LODS|SCAS)[BWDQ]_[XYAr]/;

/** A place in the window for an operand of up to 16 bytes; some cross the page border, some miss memory. */
const place = (random: Random): number =>
  random.chance(6) ? 0x10002000 - random.below(8) : random.chance(10) ? WINDOW + 128 - random.below(8) : WINDOW + 16 + random.below(WINDOW_SIZE - 48);

/** Sets registers so that the memory operand lies at `address`; false when this encoding cannot reach it. */
export function aim(d: Decoded, bytes: Uint8Array, registers: BigUint64Array, address: number, offset: number, random: Random): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const row = rows[d.row]!;
  const immediates = bytes.length - displacementEnd(d, bytes, row);
  const at = bytes.length - immediates - d.dispSize;
  const bits = BigInt(d.addressSize);
  // FS and GS have bases of their own here.
  if (d.segment === 4 || d.segment === 5 || d.addressSize === 16) return false;
  const index = d.index >= 0 && row.modrm !== 'vsib' ? BigInt.asIntN(64, BigInt(random.below(7) - 3)) : 0n;
  if (d.base === BASE.RIP) {
    view.setInt32(at, address - (CODE + offset + d.length), true);
    return true;
  }
  const general = row.modrm === 'vsib' ? -1 : d.index;
  if (d.base < 0) {
    if (d.dispSize === 8) view.setBigUint64(at, BigInt(address), true);
    else if (d.dispSize === 4) view.setInt32(at, address - (Number(index) << d.scale), true);
    else return false;
  }
  if (general >= 0) {
    if (general === d.base || general === 4) return false;
    registers[general] = BigInt.asUintN((d.mode & MODE.BITS64) !== 0 ? 64 : 32, index);
  }
  if (d.base >= 0) {
    const value = BigInt(address) - (index << BigInt(d.scale)) - BigInt(d.disp);
    const high = bits < 64n && (d.mode & MODE.BITS64) !== 0 && random.chance(50) ? random.word64() << bits : 0n;
    const full = BigInt.asUintN(64, BigInt.asUintN(Number(bits), value) | high);
    // A push to the kernel's half faults at an address that the kernel does not tell exactly.
    if (d.base === 4 && full >= 1n << 47n) return false;
    registers[d.base] = full;
  }
  return true;
}

/** Where the displacement ends: the immediates' length follows from the row. */
function displacementEnd(d: Decoded, bytes: Uint8Array, row: Row): number {
  let tail = 0;
  for (const { kind } of row.operands) {
    if (kind.source !== 'imm' && kind.source !== 'imm2' && kind.source !== 'is4') continue;
    tail += kind.source === 'is4' ? 1 : kind.memSize === 'b' ? 1 : kind.memSize === 'w' ? 2 : d.operandSize === 16 ? 2 : kind.memSize === 'v' && d.operandSize === 64 ? 8 : 4;
  }
  return bytes.length - tail;
}

/** One case of a row, or undefined when the draw was no use. */
export function makeCase(row: Row, legacy: boolean, random: Random): Case | undefined {
  const meaning = meaningOf(row);
  if (meaning === undefined || row.privilege === 'iopl' || SKIPPED.test(meaning.name) || VENDOR.test(row.id) || lacking(row).length > 0) return undefined;
  const d = new Decoded();
  const bytes = encode(row, legacy, random, d);
  if (bytes === undefined) return undefined;
  if (row.id === 'PAUSE' && (d.rex & 1) !== 0) return undefined;
  const offset = random.chance(15) ? 4096 - 1 - random.below(15) : 0x400 + random.below(0x800);
  const registers = BigUint64Array.from({ length: 16 }, () => random.word64());
  if (legacy) for (let i = 0; i < 16; i++) registers[i] = i < 8 ? registers[i]! & 0xffffffffn : 0n;
  const memory = Uint8Array.from({ length: WINDOW_SIZE }, () => (random.chance(30) ? random.pick([0, 0xff, 0x80, 0x7f]) : random.below(256)));
  const view = new DataView(memory.buffer);
  const vector = isVectorRow(row);
  const numbers = vector ? makeNumbers(row, d, random) : undefined, state = vector ? vectorState(row, d, random, numbers) : undefined;
  const address = row.modrm === 'vsib' ? WINDOW + WINDOW_SIZE / 2 : vector ? vectorPlace(row, d, random) : place(random);
  if (row.modrm === 'vsib' && state !== undefined) aimGather(row, d, state, random);
  registers[4] = BigInt(WINDOW + 128 - (random.chance(70) ? 8 * random.below(4) : random.below(16)));
  if (meaning.name === 'LEAVE') registers[5] = BigInt(place(random));
  if (meaning.name === 'ENTER') registers[5] = BigInt(WINDOW + 128 + random.below(64));
  if (d.hasMemory !== 0 && row.mnemonic !== 'LEA' && !aim(d, bytes, registers, address, offset, random)) return undefined;
  if (numbers !== undefined) {
    if (d.hasMemory !== 0) numbers.rm.forEach((byte, i) => {
      if (address + i >= WINDOW && address + i < WINDOW + WINDOW_SIZE) memory[address + i - WINDOW] = byte;
    });
    else if (row.operands.some((o) => o.kind.source === 'rm' && o.kind.registers === 'gpr')) registers[d.rm] = new DataView(numbers.rm.buffer).getBigUint64(0, true);
  }
  if (row.operands.some((o) => o.kind.source === 'maskmov')) {
    if (d.addressSize === 16 || d.segment > 3) return undefined;
    registers[7] = BigInt(address);
  }
  if (STRINGS.test(row.id) || meaning.name === 'XLATB') {
    if (d.addressSize === 16 || d.segment > 3) return undefined;
    registers[6] = BigInt(place(random));
    registers[7] = BigInt(random.chance(85) ? place(random) : Number(registers[6]));
    registers[1] = BigInt(random.below(12));
    if (meaning.name === 'XLATB') registers[3] = BigInt(WINDOW - random.below(128) + 128);
  }
  if (meaning.name.startsWith('BT') && random.chance(70)) registers[d.reg] = legacy ? BigInt(random.below(512)) : BigInt.asUintN(64, BigInt(random.below(800) - 400));
  if (meaning.name.startsWith('BT') && d.hasMemory !== 0 && !aim(d, bytes, registers, address, offset, random)) return undefined;
  if (d.addressSize === 16) return undefined;
  // Not into the instruction itself.
  const drawn = 0x100 + random.below(0x1c00), target = CODE + (drawn >= offset && drawn < offset + 16 ? 0x80 : drawn);
  const setTop = (at: number, value: number): void => {
    if (at < WINDOW || at + 8 > WINDOW + WINDOW_SIZE) return;
    if (d.operandSize === 64) view.setBigUint64(at - WINDOW, BigInt(value), true);
    else view.setUint32(at - WINDOW, value, true);
  };
  if (meaning.name === 'RET') setTop(Number(registers[4]), target);
  if (meaning.name === 'JMP' || meaning.name === 'CALL') {
    if (d.hasMemory !== 0) setTop(address, target);
    else registers[d.rm] = BigInt(target);
    if (d.hasMemory === 0 && d.rm === 4 && meaning.name === 'CALL') return undefined;
  }
  // TF would trap, AC would make the harness itself trap, NT and RF are not user code's.
  if (meaning.name === 'POPF') {
    const at = Number(registers[4]) - WINDOW;
    view.setUint32(at, view.getUint32(at, true) & ~0x54100, true);
  }
  // Undefined results (SDM vol. 2: SHLD, SHRD with a count above the size; BSWAP of 16 bits).
  if (meaning.name === 'BSWAP' && d.operandSize === 16) return undefined;
  if (/^SH[LR]D$/.test(meaning.name) && d.operandSize === 16 && ((row.operands[2]?.kind.source === 'imm' ? d.imm : Number(registers[1]! & 31n)) & 31) > 16) return undefined;
  const flags = 0x202 | (random.below(0x1000) & STATUS_FLAGS) | (STRINGS.test(row.id) && random.chance(40) ? FLAG.DF : 0);
  const mask = (STATUS_FLAGS | FLAG.DF | FLAG.ID) & ~row.flags.undef;
  return { row: row.id, bytes, offset, legacy, registers, flags, memory, mask, ...(state === undefined ? {} : { state }) };
}

/** x87 instructions and what saves and restores state have an oracle of their own. */
export const isStateRow = (row: Row): boolean =>
  row.family === 'x87' || /^(FXSAVE|FXRSTOR|XSAVE|XRSTOR|V?(LD|ST)MXCSR)/.test(row.mnemonic);

/** `count` draws of each implemented row in each mode that has it; `only` selects rows by name. */
export function makeCases(seed: number, count: number, only?: RegExp): Case[] {
  const random = new Random(seed), cases: Case[] = [];
  for (const row of rows) {
    if (meaningOf(row) === undefined || isStateRow(row) || only?.test(row.id) === false) continue;
    for (const legacy of [false, true]) {
      if (!(legacy ? row.inLegacy : row.in64)) continue;
      let found = 0;
      for (let i = 0; i < count * 12 && found < count; i++) {
        const made = makeCase(row, legacy, random);
        if (made === undefined) continue;
        cases.push(made);
        found++;
      }
    }
  }
  return cases;
}
