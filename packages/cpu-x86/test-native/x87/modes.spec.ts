/** What user mode on the processor at hand cannot show: real-address mode, CPL 0, a component that not all have. */
import { MMU_OFFSETS } from '@polyvisor/core';
import { describe, expect, test } from 'vitest';
import { Random as Numbers } from '../../test-x87/generate.ts';
import { Random } from '../cases.ts';
import { makeArea } from './area.ts';
import { DATA } from './native.ts';
import { emulated, knownArea, little, PLACE, run, words } from './one-instruction.ts';

const { state } = emulated.cpu;
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

describe('PKRU', () => {
  const place = PLACE + 64, word = (bytes: Uint8Array, at: number): number => view(bytes).getUint32(at + 64, true);
  const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset);
  const keys = (value: number) => (): void => {
    state.set('xcr0', 0x207n);
    state.setWord('pkru', value);
  };
  const instruction = (...bytes: number[]): number[] => [0x48, 0x0f, ...bytes, 0x25, ...little(place)];
  const xsavec = instruction(0xc7, 0x24), xrstor = instruction(0xae, 0x2c);

  test('follows the upper halves of YMM in the compacted format', () => {
    const { memory } = run(xsavec, { registers: { 0: 0x207n }, before: keys(0x1234) });
    expect([word(memory, 576 + 256), word(memory, 512), word(memory, 520)]).toEqual([0x1234, 0x207, 0x207]);
  });
  test('takes their place where they are not asked for', () => {
    const { memory } = run(xsavec, { registers: { 0: 0x201n }, before: keys(0x1234) });
    expect([word(memory, 576), word(memory, 520)]).toEqual([0x1234, 0x201]);
  });
  test.each([[0x207n], [0x201n], [0x200n]])('is loaded from an image of components %s', (components) => {
    const { memory } = run(xsavec, { registers: { 0: components }, before: keys(0x1234) });
    run(xrstor, { memory, registers: { 0: 0x200n }, before: keys(0x55) });
    expect(state.word('pkru')).toBe(0x1234);
  });
  test('becomes zero where the image has it in its initial configuration', () => {
    run(xrstor, { registers: { 0: 0x200n }, before: keys(0x55) });
    expect(state.word('pkru')).toBe(0);
  });
  test('has its place in the standard format', () => {
    const at = DATA, bytes = [0x48, 0x0f, 0xae, 0x24, 0x25, ...little(at)];
    run(bytes, { registers: { 0: 0x207n }, before: keys(0x1234) });
    expect([...emulated.data(0, 2688, 8)]).toEqual([0x34, 0x12, 0, 0, 0, 0, 0, 0]);
  });
  test('when changed empties the TLB, whose entries the old value allowed', () => {
    const { view: words } = emulated.host, entry = (): bigint => words.getBigInt64(words.getInt32(emulated.cpu.block + MMU_OFFSETS.tlb, true) + ((PLACE >>> 12) & 4095) * 32, true);
    const load = [0x8b, 0x04, 0x25, ...little(PLACE)];
    run(load);
    expect(entry()).not.toBe(-1n);
    run(xrstor, { registers: { 0: 0x200n }, before: keys(0) });
    expect(entry()).not.toBe(-1n);
    run(xrstor, { registers: { 0: 0x200n }, before: keys(4) });
    expect(entry()).toBe(-1n);
  });
});
