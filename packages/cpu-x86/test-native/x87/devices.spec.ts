/** Images in a page that a device answers. */
import { FillStatus, MMU_OFFSETS, RIGHTS_RAM, X87_REGISTERS_AT, type HostOffset } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { expect, test } from 'vitest';
import { Engine } from '../../src/engine/engine.ts';
import { FlatTranslation } from '../../src/engine/flat-translation.ts';
import { STATUS } from '../../src/state/engine-layout.ts';

const CODE = 0x1000, MEMORY = 0x2000, DEVICE = 0x3000;

test('FXSAVE and FXRSTOR across memory and a device reach both, each register once', () => {
  const host = createHost({ frames: 4 * 2 ** 20, tables: 48 * 2 ** 20 });
  const space = host.createAddressSpace({ name: 'device' });
  space.populate(CODE / 4096, 2, RIGHTS_RAM);
  const flat = new FlatTranslation(host, space), { fill } = flat.imports();
  const registers = new Uint8Array(4096), reads: number[] = [], writes: number[] = [];
  const mmu = {
    attach: (index: number, state: HostOffset) => flat.attach(index, state),
    imports: () => ({
      fill: (state: number, low: number, high: number, access: number): number => {
        if (low >>> 12 !== DEVICE >>> 12) return fill(state, low, high, access);
        host.view.setInt32(state + MMU_OFFSETS.gpa, low, true);
        host.view.setInt32(state + MMU_OFFSETS.gpa + 4, high, true);
        return FillStatus.mmio;
      },
    }),
  };
  const at = new DataView(registers.buffer);
  const engine = new Engine(host, mmu, {
    mmioRead: (gpa, size) => {
      reads.push(gpa);
      return size === 4 ? at.getInt32(gpa - DEVICE, true) : size === 2 ? at.getUint16(gpa - DEVICE, true) : at.getUint8(gpa - DEVICE);
    },
    mmioWrite: (gpa, size, value) => {
      writes.push(gpa);
      if (size === 4) at.setInt32(gpa - DEVICE, value, true);
      else if (size === 2) at.setUint16(gpa - DEVICE, value, true);
      else at.setUint8(gpa - DEVICE, value);
    },
  });
  const { state } = engine, place = DEVICE - 64;
  const run = (...bytes: number[]): number => {
    const code = space.translate(CODE, 1);
    engine.cache.invalidate(code >>> 12);
    host.bytes.set(bytes, code);
    state.set('rip', BigInt(CODE));
    return engine.execute(1);
  };
  state.set('cr0', 0x80000001n);
  state.set('cr4', 0x40600n);
  state.set('efer', 0x500n);
  state.set('rflags', 2n);
  state.set('rax', BigInt(place));
  for (const name of ['es', 'ss', 'ds'] as const) state.setSegment(name, { selector: 0x2b, limit: 0xffffffff, base: 0n, rights: 0xc0f3 });
  state.setSegment('cs', { selector: 0x33, limit: 0xffffffff, base: 0n, rights: 0xa0fb });
  for (const code of [[0xdb, 0xe3], [0xd9, 0xeb], [0xd9, 0xe8], [0xd9, 0xe8]]) expect(run(...code)).toBe(STATUS.budget);
  const before = state.save().subarray(X87_REGISTERS_AT);

  expect(run(0x0f, 0xae, 0x00)).toBe(STATUS.budget);
  const image = new Uint8Array(512);
  image.set(host.bytes.subarray(space.translate(MEMORY, 1) + 4096 - 64, space.translate(MEMORY, 1) + 4096));
  image.set(registers.subarray(0, 448), 64);
  expect([...image.subarray(32, 42), ...image.subarray(64, 74)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f, 0x35, 0xc2, 0x68, 0x21, 0xa2, 0xda, 0x0f, 0xc9, 0, 0x40]);
  expect(writes).toEqual(Array.from({ length: (416 - 64) / 4 }, (_, i) => DEVICE + i * 4));
  expect(reads).toEqual([]);

  expect(run(0xdb, 0xe3)).toBe(STATUS.budget);
  expect(run(0x0f, 0xae, 0x08)).toBe(STATUS.budget);
  expect(state.save().subarray(X87_REGISTERS_AT)).toEqual(before);
  expect(reads).toEqual(Array.from({ length: 448 / 4 }, (_, i) => DEVICE + i * 4));
});
