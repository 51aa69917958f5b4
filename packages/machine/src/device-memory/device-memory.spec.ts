import { expect, test } from 'vitest';
import { Access, FRAME_SIZE, decodeSnapshot, defineDevice, encodeSnapshot, versioned } from '@polyvisor/core';
import { scriptedCpu } from '@polyvisor/testkit';
import { plainBackend } from '@polyvisor/testkit/fixtures';
import { z } from 'zod';
import { createMachine, restoreMachine, type Machine, type MachineDescription } from '../index.ts';

const SIZE = 3 * FRAME_SIZE;
const base = z.number().optional();

/** A frame buffer and registers that a port places: what a BAR does. */
const screen = defineDevice({
  kind: 'test/screen',
  api: 1,
  summary: 'A frame buffer that can be moved.',
  config: z.strictObject({}),
  state: versioned(1, z.strictObject({ pixels: base, registers: base })),
  resources: () => ({
    pio: { place: { size: 2, prefer: 0x40 } },
    mmio: { registers: { size: 0x1000, movable: true } },
    memory: { pixels: { size: SIZE } },
  }),
  create(_config, host, saved) {
    const { pixels } = host.memory;
    let places = { pixels: saved?.pixels, registers: saved?.registers };
    const place = (): void => {
      pixels.move(places.pixels);
      host.placement.registers.move(places.registers);
    };
    place();
    return {
      regions: {
        registers: { read: (offset) => pixels.bytes[offset]!, write: (offset, _size, value) => (pixels.bytes[offset] = value) },
        place: {
          read: () => pixels.harvestWritten(new Int32Array(1)),
          write: (offset, _size, value) => {
            places = { ...places, [offset === 0 ? 'pixels' : 'registers']: value === 0 ? undefined : value * FRAME_SIZE };
            place();
          },
        },
      },
      reset: () => undefined,
      save: () => ({ ...(places.pixels !== undefined && { pixels: places.pixels }), ...(places.registers !== undefined && { registers: places.registers }) }),
    };
  },
});

const options = { plugins: { cpus: [scriptedCpu], backends: [plainBackend], devices: [screen] } };
const PAGES = 16;
const description = (more: object = {}): MachineDescription => ({
  memory: PAGES * FRAME_SIZE,
  cpu: { kind: 'testkit/scripted-cpu', config: { program: [{ halt: true }] } },
  backend: { kind: 'testkit/plain-backend' },
  devices: { screen: { kind: 'test/screen', ...more } },
});
const write = (machine: Machine, page: number, byte: number): boolean => {
  const at = machine.space.translate(page * FRAME_SIZE, Access.write);
  if (at >= 0) machine.host.bytes[at] = byte;
  return at >= 0;
};
const read = (machine: Machine, page: number): number => {
  const at = machine.space.translate(page * FRAME_SIZE, Access.read);
  return at < 0 ? -1 : machine.host.bytes[at]!;
};

test('the guest reaches memory of a device where the device puts it, and nowhere else', () => {
  const machine = createMachine(description(), options);
  machine.io.pioWrite(0x40, 1, 100);
  expect([write(machine, 100, 7), write(machine, 102, 9), write(machine, 103, 1)]).toEqual([true, true, false]);
  expect(machine.io.pioRead(0x40, 1)).toBe(2);
  machine.io.pioWrite(0x41, 1, 200);
  machine.io.mmioWrite(200 * FRAME_SIZE + 1, 1, 0x55);
  machine.io.pioWrite(0x40, 1, 120);
  expect([read(machine, 100), read(machine, 120), read(machine, 122), machine.io.mmioRead(200 * FRAME_SIZE + 1, 1)]).toEqual([-1, 7, 9, 0x55]);
  const free = machine.host.frames.free;
  machine.io.pioWrite(0x40, 1, 0);
  expect([read(machine, 120), machine.host.frames.free >= free]).toEqual([-1, true]);
  machine.destroy();
});

test('the machine\'s RAM is in front of it', () => {
  const machine = createMachine(description(), options);
  write(machine, PAGES - 1, 1);
  machine.io.pioWrite(0x40, 1, PAGES - 1);
  expect([read(machine, PAGES - 1), write(machine, PAGES, 5)]).toEqual([1, true]);
  machine.io.pioWrite(0x40, 1, 100);
  expect(read(machine, 101)).toBe(5);
  machine.destroy();
});

test('a snapshot has its contents once, and a restored device places it again', () => {
  const machine = createMachine(description(), options);
  machine.io.pioWrite(0x40, 1, 100);
  machine.io.pioWrite(0x41, 1, 200);
  write(machine, 101, 0x42);
  const saved = decodeSnapshot(encodeSnapshot(machine.save()));
  machine.destroy();
  const restored = restoreMachine(saved, options);
  expect([read(restored, 101), restored.space.ranges().at(-1)]).toEqual([0x42, { gfn: 100, count: 3, rights: 3 }]);
  expect(restored.io.mmioRead(200 * FRAME_SIZE, 1)).toBe(0);
  expect(encodeSnapshot(restored.save())).toEqual(encodeSnapshot(saved));
  restored.destroy();
});

test('nobody else places what the guest places', () => {
  expect(() => createMachine(description({ mmio: { registers: 0x8000 } }), options)).toThrow(/machine\/movable-placed.*registers/);
});
