/** What user mode on the processor at hand cannot show: real-address mode, CPL 0, what the engine itself reports. */
import type { VmExit } from '@polyvisor/core';
import { describe, expect, test } from 'vitest';
import { Random as Numbers } from '../../test-x87/generate.ts';
import { Random } from '../cases.ts';
import { makeArea } from './area.ts';
import { StateEmulated } from './emulated.ts';
import { DATA, WINDOW, WINDOW_SIZE, type StateCase, type StateOutcome } from './native.ts';

const emulated = new StateEmulated();
/** The window's first address with an alignment of 64. */
const PLACE = WINDOW;
const little = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >> 24) & 255];

interface Setup {
  readonly area?: Uint8Array;
  readonly memory?: Uint8Array;
  readonly registers?: Readonly<Record<number, bigint>>;
  readonly legacy?: boolean;
  readonly before?: () => void;
}
const state = emulated.cpu.state;

function run(bytes: readonly number[], { area = makeArea(new Random(3), new Numbers(3)), memory = new Uint8Array(WINDOW_SIZE), registers = {}, legacy = false, before }: Setup = {}): StateOutcome {
  const given = new BigUint64Array(16);
  for (const [n, value] of Object.entries(registers)) given[Number(n)] = value;
  const c: StateCase = { rows: ['one'], bytes: Uint8Array.from(bytes), offset: 0x400, legacy, registers: given, flags: 0x202, area, memory };
  return emulated.run(c, (): VmExit => {
    before?.();
    return emulated.cpu.run(1);
  });
}
const words = (bytes: Uint8Array, count: number): string[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: count }, (_, i) => view.getUint16(i * 2, true).toString(16));
};

/** Control 37f, status 4000 (C3), ST(0) one, ST(1) zero, opcode 123, pointers with all their digits. */
function knownArea(): Uint8Array {
  const area = new Uint8Array(832), view = new DataView(area.buffer);
  view.setUint16(0, 0x37f, true);
  view.setUint16(2, 0x4000, true);
  view.setUint8(4, 3);
  view.setUint16(6, 0x123, true);
  view.setBigUint64(8, 0x89abcdefn, true);
  view.setBigUint64(16, 0x12345678n, true);
  view.setUint32(24, 0x1f80, true);
  view.setBigUint64(32, 1n << 63n, true);
  view.setUint16(40, 0x3fff, true);
  view.setBigUint64(512, 1n, true);
  return area;
}
const realMode = (): void => {
  state.set('cr0', 0n);
  state.setSegment('cs', { selector: 0, limit: 0xffffffff, base: 0n, rights: 0x9b });
};

describe('environments', () => {
  test('FNSTENV of 16 bits in real-address mode has 20 bits of each pointer and the opcode', () => {
    const { memory, vector } = run([0x67, 0xd9, 0x35, ...little(PLACE)], { area: knownArea(), legacy: true, before: realMode });
    expect(vector).toBe(-1);
    expect(words(memory, 7)).toEqual(['37f', '4000', 'fff4', 'cdef', 'b123', '5678', '4000']);
  });
  test('FNSTENV of 32 bits in real-address mode has 32 bits of each', () => {
    const { memory } = run([0x66, 0x67, 0xd9, 0x35, ...little(PLACE)], { area: knownArea(), legacy: true, before: realMode });
    expect(words(memory, 14)).toEqual(['37f', 'ffff', '4000', 'ffff', 'fff4', 'ffff', 'cdef', 'ffff', 'b123', '89a', '5678', 'ffff', '4000', '123']);
  });
  test('virtual-8086 mode has the form of real-address mode', () => {
    const before = (): void => {
      state.setSegment('cs', { selector: 0, limit: 0xffffffff, base: 0n, rights: 0xfb });
      state.set('rflags', 0x20202n);
    };
    const { memory } = run([0x67, 0xd9, 0x35, ...little(PLACE)], { area: knownArea(), legacy: true, before });
    expect(words(memory, 7)).toEqual(['37f', '4000', 'fff4', 'cdef', 'b123', '5678', '4000']);
  });
  test.each([[[0x67]], [[0x66, 0x67]]])('what FNSAVE of real-address mode stored, FRSTOR loads (prefixes %j)', (prefixes) => {
    const area = knownArea();
    new DataView(area.buffer).setBigUint64(8, 0xbcdefn, true);
    new DataView(area.buffer).setBigUint64(16, 0x45678n, true);
    const saved = run([...prefixes, 0xdd, 0x35, ...little(PLACE)], { area, legacy: true, before: realMode });
    const loaded = run([...prefixes, 0xdd, 0x25, ...little(PLACE)], { memory: saved.memory, legacy: true, before: realMode });
    expect(loaded.area.subarray(0, 24)).toEqual(area.subarray(0, 24));
    expect(loaded.area.subarray(32, 160)).toEqual(area.subarray(32, 160));
    expect(words(saved.area, 4)).toEqual(['37f', '0', '0', '0']);
  });
});

describe('images across a page that is not there', () => {
  test.each([['FNSAVE', [0xdd, 0x34, 0x25], 40], ['FXSAVE', [0x0f, 0xae, 0x04, 0x25], 64], ['XSAVE', [0x0f, 0xae, 0x24, 0x25], 576]])(
    '%s faults at the second page and writes nothing to the first', (_, opcode, before) => {
      const outcome = run([...opcode, ...little(DATA + 8192 - before)], { registers: { 0: 7n } });
      expect([outcome.vector, outcome.address]).toEqual([14, DATA + 8192]);
      expect(emulated.data(1, 4096 - before, before).every((byte) => byte === 0)).toBe(true);
    });
});

describe('XSAVES and XRSTORS', () => {
  const xsaves = [0x48, 0x0f, 0xc7, 0x2c, 0x25, ...little(PLACE)], xsavec = [0x48, 0x0f, 0xc7, 0x24, 0x25, ...little(PLACE)];
  const xrstors = [0x48, 0x0f, 0xc7, 0x1c, 0x25, ...little(PLACE)];
  const registers = { 0: 7n };
  const supervisor = (): void => state.setWord('cpl', 0);

  test('need CPL 0', () => {
    expect(run(xsaves, { registers }).vector).toBe(13);
    expect(run(xrstors, { registers }).vector).toBe(13);
  });
  test('XSAVES stores what XSAVEC does, and XRSTORS loads it', () => {
    const area = makeArea(new Random(11), new Numbers(11));
    area[512] = 7;
    const privileged = run(xsaves, { area, registers, before: supervisor }), common = run(xsavec, { area, registers });
    expect(privileged.vector).toBe(-1);
    expect(privileged.memory).toEqual(common.memory);
    expect(privileged.memory.some((byte) => byte !== 0)).toBe(true);
    const loaded = run(xrstors, { memory: privileged.memory, registers, before: supervisor });
    expect(loaded.area).toEqual(common.area);
  });
  test('XRSTORS refuses the standard format', () => {
    expect(run(xrstors, { registers, before: supervisor }).vector).toBe(13);
  });
});

describe('XGETBV', () => {
  const xgetbv = [0x0f, 0x01, 0xd0];
  test('gives XCR0', () => {
    const { registers } = run(xgetbv, { registers: { 0: 99n, 2: 99n } });
    expect([registers[0], registers[2]]).toEqual([7n, 0n]);
  });
  test('with ECX 1 gives the components that are in use', () => {
    const area = new Uint8Array(832);
    area[512] = 6;
    area[576 + 3] = 1;
    expect(run(xgetbv, { area, registers: { 1: 1n } }).registers[0]).toBe(4n);
  });
  test('knows no other register', () => {
    expect(run(xgetbv, { registers: { 1: 2n } }).vector).toBe(13);
  });
});
