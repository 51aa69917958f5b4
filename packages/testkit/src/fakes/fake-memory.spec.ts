import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DmaStatus } from '@polyvisor/core';
import { Trace } from '../trace/trace.ts';
import { FakeMemory } from './fake-memory.ts';

describe('FakeMemory', () => {
  test('reads back what was written, of any alignment', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12000 }), fc.uint8Array({ maxLength: 4300 }), (address, bytes) => {
        const memory = new FakeMemory({ size: 16384 + 64 });
        const back = new Uint8Array(bytes.length);
        expect(memory.write(address, bytes, 0, bytes.length)).toBe(DmaStatus.ok);
        expect(memory.read(address, back, 0, bytes.length)).toBe(DmaStatus.ok);
        expect(back).toEqual(bytes);
      }),
    );
  });

  test('copies the pages before a hole, and leaves the rest alone', () => {
    const memory = new FakeMemory({ size: 16384, holes: [[8192, 12288]] });
    memory.bytes.fill(7);
    const into = new Uint8Array(8192).fill(1);

    const status = memory.read(4096, into, 0, 8192);

    expect(status).toBe(DmaStatus.noMemory);
    expect(into[4095]).toBe(7);
    expect(into[4096]).toBe(1);
    expect(memory.missed).toBe(1);
  });

  test('denies writes to read-only ranges and lets reads pass', () => {
    const memory = new FakeMemory({ size: 8192, readOnly: [[4096, 8192]] });
    expect(memory.store(4096, 4, 1)).toBe(DmaStatus.denied);
    expect(memory.load(4096, 4)).toBe(0);
    expect(memory.status).toBe(DmaStatus.ok);
    expect(memory.denied).toBe(1);
  });

  test('loads little-endian as a signed number, and all ones from nowhere', () => {
    const memory = new FakeMemory({ size: 4096 });
    memory.store(0, 4, 0x80000001);
    expect(memory.load(0, 4)).toBe(0x80000001 | 0);
    expect(memory.load(0, 2)).toBe(1);
    expect(memory.load(2 ** 40, 2)).toBe(0xffff);
    expect(memory.status).toBe(DmaStatus.noMemory);
  });

  test('ends an operation that moves more bytes than its limit', () => {
    const trace = new Trace();
    trace.maxBytes = 100;
    const memory = new FakeMemory({ trace });
    trace.startOperation();
    memory.read(0, new Uint8Array(64), 0, 64);
    expect(() => memory.read(0, new Uint8Array(64), 0, 64)).toThrow('100 bytes of DMA');
  });
});
