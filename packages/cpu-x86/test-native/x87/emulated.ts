/** The same cases on the interpreter, and what differs. */
import { GENERAL_REGISTERS, RIGHTS_RAM, type Host, type VmExit } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { FlatTranslation } from '../../src/engine/flat-translation.ts';
import { Interpreter } from '../../src/engine/interpreter.ts';
import { setUserMode } from '../emulated.ts';
import { complete, loadArea, readArea } from './area.ts';
import { CODE, CODE_SIZE, DATA, WINDOW, WINDOW_SIZE, type StateCase, type StateOutcome } from './native.ts';

export class StateEmulated {
  readonly host: Host = createHost({ frames: 8 * 2 ** 20, tables: 48 * 2 ** 20 });
  readonly cpu: Interpreter;
  readonly translation: FlatTranslation;
  readonly #code: readonly number[];
  readonly #data: readonly number[];

  constructor() {
    const space = this.host.createAddressSpace({ name: 'cases' });
    for (const base of [CODE, DATA]) space.populate(base / 4096, 2, RIGHTS_RAM);
    this.translation = new FlatTranslation(this.host, space);
    this.cpu = new Interpreter(this.host, this.translation);
    this.#code = [0, 1].map((page) => space.translate(CODE + page * 4096, 1));
    this.#data = [0, 1].map((page) => space.translate(DATA + page * 4096, 3));
  }

  /** Bytes of one of the two pages of data as they are now. */
  data(page: number, offset: number, count: number): Uint8Array {
    const at = (this.#data[page] ?? 0) + offset;
    return this.host.bytes.slice(at, at + count);
  }

  #write(c: StateCase): void {
    const { bytes } = this.host, half = WINDOW_SIZE / 2;
    for (const at of this.#code) this.cpu.cache.invalidate(at >>> 12);
    for (let i = 0; i < CODE_SIZE; i++) {
      const at = c.offset + i;
      bytes[(this.#code[at >> 12] ?? 0) + (at & 4095)] = c.bytes[i] ?? 0xcc;
    }
    const [low = 0, high = 0] = this.#data;
    for (const at of this.#data) bytes.fill(0, at, at + 4096);
    bytes.set(c.memory.subarray(0, half), low + (WINDOW & 4095));
    bytes.set(c.memory.subarray(half), high);
  }

  /** Runs a case; `execute` may run something else than the interpreter. */
  run(c: StateCase, execute: () => VmExit = () => this.cpu.run(c.rows.length)): StateOutcome {
    const { cpu } = this, { state } = cpu, { bytes } = this.host;
    this.#write(c);
    setUserMode(cpu, c.legacy);
    state.set('xcr0', 7n);
    // FXSAVE with SSE, SIMD exceptions, XSAVE.
    state.set('cr4', 0x40600n);
    GENERAL_REGISTERS.forEach((name, i) => state.set(name, c.registers[i] ?? 0n));
    state.set('rflags', BigInt(c.flags));
    state.set('rip', BigInt(CODE + c.offset));
    loadArea(state, c.area);
    const exit = execute();
    const info = exit.kind === 'intercept' ? exit.info : undefined;
    const vector = exit.kind === 'budget' ? -1 : info?.what === 'exception' ? info.vector : 1000;
    const [low = 0, high = 0] = this.#data, half = WINDOW_SIZE / 2, memory = new Uint8Array(WINDOW_SIZE);
    memory.set(bytes.subarray(low + (WINDOW & 4095), low + 4096));
    memory.set(bytes.subarray(high, high + half), half);
    return {
      vector, address: info?.what === 'exception' ? info.linear : 0, rip: Number(state.get('rip')),
      registers: BigUint64Array.from(GENERAL_REGISTERS, (name) => state.get(name)),
      flags: state.low('rflags'), area: readArea(state), memory,
    };
  }
}

/** What of an outcome counts. */
export interface Comparison {
  /** Bits of FSW that are compared. */
  readonly status: number;
  /** Units of the last place that a register may be off. */
  readonly tolerance: number;
  /** Bytes of the window that are not compared, from and to. */
  readonly ignored: readonly (readonly [number, number])[];
}
export const EVERYTHING: Comparison = { status: 0xffff, tolerance: 0, ignored: [] };

const STATUS_FLAGS = 0x8d5;

/** Distance of two numbers in units of the last place; a large number when they are not neighbours at all. */
function distance(a: DataView, b: DataView, at: number): bigint {
  const line = (v: DataView): bigint => {
    const se = v.getUint16(at + 8, true), sig = v.getBigUint64(at, true);
    const magnitude = (BigInt(se & 0x7fff) << 63n) + (sig & ((1n << 63n) - 1n));
    return se >= 0x8000 ? -magnitude : magnitude;
  };
  const d = line(a) - line(b);
  return d < 0n ? -d : d;
}

/** Texts of what differs; empty when nothing does. */
export function stateDifferences(c: StateCase, comparison: Comparison, expected: StateOutcome, actual: StateOutcome): string[] {
  const found: string[] = [];
  const check = (what: string, a: number | bigint, b: number | bigint): void => {
    if (a !== b) found.push(`${what}: native ${a.toString(16)}, engine ${b.toString(16)}`);
  };
  check('vector', expected.vector, actual.vector);
  // Where in a page a long access fails is not defined.
  check('page', Math.floor(expected.address / 4096), Math.floor(actual.address / 4096));
  check('rip', expected.rip, actual.rip);
  check('flags', expected.flags & STATUS_FLAGS, actual.flags & STATUS_FLAGS);
  GENERAL_REGISTERS.slice(0, c.legacy ? 8 : 16).forEach((name, i) => {
    const cut = (o: StateOutcome): bigint => BigInt.asUintN(c.legacy ? 32 : 64, o.registers[i] ?? 0n);
    check(name, cut(expected), cut(actual));
  });
  const theirs = complete(expected.area), a = new DataView(theirs.buffer), b = new DataView(actual.area.buffer);
  check('fcw', a.getUint16(0, true), b.getUint16(0, true));
  check('fsw', a.getUint16(2, true) & comparison.status, b.getUint16(2, true) & comparison.status);
  check('ftw', a.getUint8(4), b.getUint8(4));
  check('mxcsr', a.getUint32(24, true), b.getUint32(24, true));
  // This processor tells the pointers only while an exception is pending; elsewhere FNSTENV stores them.
  if ((a.getUint16(2, true) & b.getUint16(2, true) & 0x80) !== 0) {
    check('fop', a.getUint16(6, true), b.getUint16(6, true));
    for (const [name, at] of [['fip', 8], ['fdp', 16]] as const) check(name, a.getBigUint64(at, true), b.getBigUint64(at, true));
  }
  for (let i = 0; i < 8; i++) {
    const at = 32 + i * 16, text = (v: DataView): string => `${v.getUint16(at + 8, true).toString(16)}:${v.getBigUint64(at, true).toString(16)}`;
    if (text(a) === text(b)) continue;
    if (distance(a, b, at) > BigInt(comparison.tolerance)) found.push(`st${i}: native ${text(a)}, engine ${text(b)}`);
  }
  for (const [from, to] of [[160, 416], [576, 832]] as const) {
    for (let at = from; at < to; at += 8) check(`area+${at}`, a.getBigUint64(at, true), b.getBigUint64(at, true));
  }
  if (Buffer.compare(expected.memory, actual.memory) !== 0) {
    expected.memory.forEach((byte, i) => {
      if (byte !== actual.memory[i] && !comparison.ignored.some(([from, to]) => i >= from && i < to)) check(`memory+${i}`, byte, actual.memory[i] ?? -1);
    });
  }
  return found;
}
