/** The same cases on the interpreter. */
import { createHost } from '@polyvisor/memory';
import { GENERAL_REGISTERS, RIGHTS_RAM, type Host, type VmExit } from '@polyvisor/core';
import { FlatTranslation } from '../src/engine/flat-translation.ts';
import { Interpreter } from '../src/engine/interpreter.ts';
import { CODE, DATA, WINDOW, WINDOW_SIZE, type Case, type Outcome } from './native.ts';
import { INITIAL_STATE, loadState, saveState, stateDifferences } from './vector-state.ts';

/** Code and stack segments as Linux gives them to user programs, 64-bit and 32-bit. */
export function setUserMode(cpu: Interpreter, legacy: boolean): void {
  const { state } = cpu;
  state.set('cr0', 0x80000001n);
  state.set('efer', 0x500n);
  state.setWord('cpl', 3);
  const flat = { selector: 0x2b, limit: 0xffffffff, base: 0n };
  for (const name of ['es', 'ss', 'ds', 'fs', 'gs'] as const) state.setSegment(name, { ...flat, rights: 0xc0f3 });
  state.setSegment('cs', { ...flat, selector: legacy ? 0x23 : 0x33, rights: legacy ? 0xc0fb : 0xa0fb });
}

export class Emulated {
  readonly host: Host = createHost({ frames: 8 * 2 ** 20, tables: 48 * 2 ** 20 });
  readonly cpu: Interpreter;
  readonly translation: FlatTranslation;
  readonly #code: readonly number[];
  readonly #window: readonly number[];

  constructor() {
    const space = this.host.createAddressSpace({ name: 'cases' });
    for (const base of [CODE, DATA]) space.populate(base / 4096, 2, RIGHTS_RAM);
    this.translation = new FlatTranslation(this.host, space);
    this.cpu = new Interpreter(this.host, this.translation);
    this.#code = [0, 1].map((page) => space.translate(CODE + page * 4096, 1));
    this.#window = [0, 1].map((page) => space.translate(DATA + page * 4096, 3));
  }

  #interpret(c: Case): VmExit {
    const { cpu } = this;
    let exit = cpu.run(c.count ?? 1);
    // A repeated string instruction counts each iteration.
    const repeated = [0xf2, 0xf3].some((prefix) => c.bytes.includes(prefix));
    for (let i = 0; repeated && i < 10000 && exit.kind === 'budget' && Number(cpu.state.get('rip')) === CODE + c.offset; i++) exit = cpu.run(1);
    return exit;
  }

  #transfer(c: Case): Uint8Array {
    const { bytes } = this.host, [first = 0, second = 0] = this.#code;
    for (const at of this.#code) {
      this.cpu.cache.invalidate(at >>> 12);
      bytes.fill(0xcc, at, at + 4096);
    }
    for (const [i, byte] of c.bytes.entries()) {
      const at = c.offset + i;
      bytes[at < 4096 ? first + at : second + at - 4096] = byte;
    }
    const [low = 0, high = 0] = this.#window, half = WINDOW_SIZE / 2;
    for (const at of this.#window) bytes.fill(0, at, at + 4096);
    bytes.set(c.memory.subarray(0, half), low + (WINDOW & 4095));
    bytes.set(c.memory.subarray(half), high);
    return bytes;
  }

  /** Runs a case; `execute` may run something else than the interpreter. */
  run(c: Case, execute: () => VmExit = () => this.#interpret(c)): Outcome {
    const { cpu } = this, { state } = cpu;
    const bytes = this.#transfer(c);
    setUserMode(cpu, c.legacy);
    GENERAL_REGISTERS.forEach((name, i) => state.set(name, c.registers[i] ?? 0n));
    state.set('rflags', BigInt(c.flags));
    state.set('rip', BigInt(CODE + c.offset));
    loadState(state.view, c.state ?? INITIAL_STATE);
    const exit = execute();
    const info = exit.kind === 'intercept' ? exit.info : undefined;
    const vector = exit.kind === 'budget' ? -1 : info?.what === 'exception' ? info.vector : 1000;
    const [low = 0, high = 0] = this.#window, half = WINDOW_SIZE / 2;
    const memory = new Uint8Array(WINDOW_SIZE);
    memory.set(bytes.subarray(low + (WINDOW & 4095), low + 4096));
    memory.set(bytes.subarray(high, high + half), half);
    return {
      vector, address: info?.what === 'exception' ? info.linear : 0, rip: Number(state.get('rip')),
      registers: BigUint64Array.from(GENERAL_REGISTERS, (name) => state.get(name)),
      flags: state.low('rflags'), memory, state: saveState(state.view),
    };
  }
}

/** What differs between two outcomes, as text; empty when nothing does. */
export function differences(c: Case, expected: Outcome, actual: Outcome): string[] {
  const found: string[] = [];
  const check = (what: string, a: number | bigint, b: number | bigint): void => {
    if (a !== b) found.push(`${what}: native ${a.toString(16)}, engine ${b.toString(16)}`);
  };
  check('vector', expected.vector, actual.vector);
  check('address', expected.address, actual.address);
  check('rip', expected.rip, actual.rip);
  // In 32-bit mode the upper halves and R8 to R15 are not there.
  GENERAL_REGISTERS.slice(0, c.legacy ? 8 : 16).forEach((name, i) => {
    const cut = (o: Outcome): bigint => BigInt.asUintN(c.legacy ? 32 : 64, o.registers[i] ?? 0n);
    check(name, cut(expected), cut(actual));
  });
  if (expected.vector < 0) check('flags', expected.flags & c.mask, actual.flags & c.mask);
  else check('flags', expected.flags & 0xcd5, actual.flags & 0xcd5);
  found.push(...stateDifferences(expected.state, actual.state, c.legacy));
  expected.memory.forEach((byte, i) => check(`memory+${i}`, byte, actual.memory[i] ?? -1));
  return found;
}
