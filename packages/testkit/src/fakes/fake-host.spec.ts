import { describe, expect, test } from 'vitest';
import { DmaStatus, RIGHTS_RAM, RIGHTS_ROM } from '@polyvisor/core';
import { FakeHost } from './fake-host.ts';

describe('FakeHost', () => {
  test('gives frames zeroed and takes them back at the last release', () => {
    const host = new FakeHost({ frames: 4 });
    const mfn = host.frames.allocate();
    host.bytes[host.frames.offset(mfn)] = 9;
    host.frames.retain(mfn);

    expect(host.frames.release(mfn)).toBe(1);
    expect(host.frames.free).toBe(3);
    expect(host.frames.release(mfn)).toBe(0);
    expect(host.frames.free).toBe(4);
    expect(host.bytes[host.frames.offset(host.frames.allocate())]).toBe(0);
  });

  test('says −1 when no frame is left and refuses a reservation that does not fit', () => {
    const host = new FakeHost({ frames: 1, reserved: 4096 });
    host.frames.allocate();
    expect(host.frames.allocate()).toBe(-1);
    expect(() => host.reserve(8192, 64, 'engine')).toThrow(/testkit\/host-exhausted/);
  });

  test('gives an address space whose DMA honours rights and holes', () => {
    const host = new FakeHost({ frames: 16 });
    const space = host.createAddressSpace({ name: 'guest' });
    space.populate(0, 2, RIGHTS_RAM);
    space.populate(4, 1, RIGHTS_ROM);
    const dma = space.dma();

    expect(dma.write(4094, Uint8Array.of(1, 2, 3, 4), 0, 4)).toBe(DmaStatus.ok);
    expect(dma.load(4094, 4)).toBe(0x04030201);
    expect(dma.store(4 * 4096, 1, 1)).toBe(DmaStatus.denied);
    expect(dma.load(3 * 4096, 2)).toBe(0xffff);
    expect(dma.status).toBe(DmaStatus.noMemory);
    expect(space.lookup(1).dirty).toBe(true);
  });

  test('shares the frames of a clone until one side writes', () => {
    const host = new FakeHost({ frames: 16 });
    const space = host.createAddressSpace({ name: 'parent' });
    space.populate(0, 1, RIGHTS_RAM);
    space.dma().store(0, 1, 5);
    const child = space.clone('child');

    child.dma().store(0, 1, 6);

    expect(space.dma().load(0, 1)).toBe(5);
    expect(child.dma().load(0, 1)).toBe(6);
    expect(host.frames.free).toBe(14);
    child.destroy();
    expect(host.frames.free).toBe(15);
  });
});
