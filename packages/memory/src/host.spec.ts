import { describe, expect, test } from 'vitest';
import { createHost } from './host.ts';

const MIB = 2 ** 20;

describe('a Host', () => {
  test('lays tables before the frames and never hands out offset 0', () => {
    const host = createHost({ frames: 4 * MIB, tables: 2 * MIB });
    expect(host.reserve(64, 64, 'engine')).toBeGreaterThan(0);
    expect(host.frames.offset(host.frames.allocate())).toBe(2 * MIB);
    expect(host.memory.buffer.byteLength).toBe(6 * MIB);
  });

  test('reserves aligned blocks that do not overlap, and reuses released ones zeroed', () => {
    const host = createHost({ frames: 2 * MIB, tables: 2 * MIB });
    const a = host.reserve(100, 4096, 'a');
    const b = host.reserve(100, 4096, 'b');
    host.bytes.fill(1, a, a + 100);
    host.release(a);
    const c = host.reserve(100, 4096, 'c');
    expect([a % 4096, b - a, c]).toEqual([0, 4096, a]);
    expect(host.bytes.subarray(c, c + 100).every((x) => x === 0)).toBe(true);
  });

  test('names what asks for too much, and how to give it', () => {
    const host = createHost({ frames: 2 * MIB, tables: 2 * MIB });
    expect(() => host.reserve(4 * MIB, 64, 'engine')).toThrow(/memory\/no-table-space: engine asks for 4194304 bytes.*larger `tables`/);
    expect(() => host.release(host.reserve(8, 8, 'x') + 1 as never)).toThrow(/memory\/not-reserved/);
    expect(() => createHost({ frames: 2 ** 33 })).toThrow(/memory\/bad-size/);
    expect(() => createHost({ frames: NaN })).toThrow(/memory\/bad-size/);
  });

  test('destroys its address spaces with it', () => {
    const host = createHost({ frames: 4 * MIB });
    host.createAddressSpace({ name: 'a' }).populate(0, 10, 7);
    host.destroy();
    expect(host.frames.free).toBe(host.frames.total);
  });
});
