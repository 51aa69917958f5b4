import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FakeMemory } from '../fakes/fake-memory.ts';
import { DriverQueue, passed, type Segment } from './driver-queue.ts';
import { AVAIL, DESCRIPTOR_SIZE, DescriptorFlag, USED, USED_ELEMENT_SIZE } from './layout.ts';
import { maliciousChains } from './malicious.ts';

interface Buffer { readonly address: number; readonly length: number; readonly writable: boolean }

/** The device's side, as short as it can be: copies what it reads, upside down, into what it may write. */
class ReferenceDevice {
  seen = 0;
  readonly refusals: string[] = [];
  readonly queue: DriverQueue;
  readonly memory: FakeMemory;

  constructor(queue: DriverQueue, memory: FakeMemory) {
    this.queue = queue;
    this.memory = memory;
  }

  work(): void {
    const { avail, used } = this.queue.at;
    const idx = this.memory.load(avail + AVAIL.idx, 2);
    if (((idx - this.seen) & 0xffff) > this.queue.size) this.refusals.push('index');
    for (let n = 0; this.seen !== idx && n < this.queue.size; n += 1) {
      const head = this.memory.load(avail + AVAIL.ring + 2 * (this.seen % this.queue.size), 2);
      const written = this.#process(head);
      const at = used + USED.ring + USED_ELEMENT_SIZE * (this.seen % this.queue.size);
      this.memory.store(at, 4, head);
      this.memory.store(at + 4, 4, written);
      this.seen = (this.seen + 1) & 0xffff;
      this.memory.store(used + USED.idx, 2, this.seen);
    }
  }

  #process(head: number): number {
    const buffers = this.#walk(this.queue.at.descriptors, this.queue.size, head, true);
    if (typeof buffers === 'string') {
      this.refusals.push(buffers);
      return 0;
    }
    const input: number[] = [];
    for (const { address, length } of buffers.filter((b) => !b.writable)) {
      const bytes = new Uint8Array(length);
      if (this.memory.read(address, bytes, 0, length) !== 0) this.refusals.push('memory');
      input.unshift(...bytes.reverse());
    }
    let written = 0;
    for (const { address, length } of buffers.filter((b) => b.writable)) {
      const part = Uint8Array.from(input.slice(written, written + length));
      if (this.memory.write(address, part, 0, part.length) !== 0 || length > 65536) this.refusals.push('memory');
      written += part.length;
    }
    return written;
  }

  #walk(table: number, size: number, first: number, mayBeIndirect: boolean): Buffer[] | string {
    const out: Buffer[] = [];
    for (let index = first, n = 0; ; n += 1) {
      if (n >= this.queue.size) return 'loop';
      if (index >= size) return 'table';
      const at = table + index * DESCRIPTOR_SIZE;
      const length = this.memory.load(at + 8, 4) >>> 0;
      const flags = this.memory.load(at + 12, 2);
      const address = (this.memory.load(at, 4) >>> 0) + (this.memory.load(at + 4, 4) >>> 0) * 2 ** 32;
      if ((flags & DescriptorFlag.indirect) !== 0) {
        const bad = !mayBeIndirect || (flags & DescriptorFlag.next) !== 0 || length % DESCRIPTOR_SIZE !== 0;
        return bad ? 'indirect' : this.#walk(address, length / DESCRIPTOR_SIZE, 0, false);
      }
      const writable = (flags & DescriptorFlag.write) !== 0;
      if (length === 0) return 'length';
      if (!writable && out.at(-1)?.writable === true) return 'order';
      if (address + length > this.memory.bytes.length) return 'memory';
      out.push({ address, length, writable });
      if ((flags & DescriptorFlag.next) === 0) return out;
      index = this.memory.load(at + 14, 2);
    }
  }
}

function make(size = 8, eventIndex = false) {
  const memory = new FakeMemory({ size: 0x40000 });
  const queue = new DriverQueue({ memory, size, base: 0x1001, eventIndex });
  return { memory, queue, device: new ReferenceDevice(queue, memory) };
}

describe('DriverQueue', () => {
  test('takes chains of any shape to a device and brings back what it wrote', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 3 }), fc.boolean(), (reads, writes, indirect) => {
        const { queue, device } = make();
        const input = Uint8Array.from(reads.flatMap((part) => [...part]));
        const segments: Segment[] = [...reads.map((read) => ({ read })), ...Array.from({ length: writes }, () => ({ write: 80 }))];
        queue.add(segments, { indirect });
        expect(queue.takeUsed()).toBeUndefined();

        device.work();

        const used = queue.takeUsed();
        expect(used && queue.contents(used)).toEqual(Uint8Array.from([...input].reverse()));
        expect(queue.free).toBe(8);
        expect(device.refusals).toEqual([]);
      }),
    );
  });

  test('keeps going around the ring', () => {
    const { queue, device } = make(4);
    for (let i = 0; i < 50; i += 1) {
      queue.add([{ read: Uint8Array.of(i) }, { write: 1 }]);
      device.work();
      const used = queue.takeUsed();
      expect(used && [...queue.contents(used)]).toEqual([i]);
    }
    expect(queue.usedIndex).toBe(50);
    expect(queue.free).toBe(4);
  });

  test('refuses a chain that needs more descriptors than are free', () => {
    const { queue } = make(2);
    queue.add([{ write: 1 }, { write: 1 }]);
    expect(() => queue.add([{ write: 1 }])).toThrow(/testkit\/queue-misuse/);
  });

  test('aligns the parts as the specification asks', () => {
    const { descriptors, avail, used } = make().queue.at;
    expect([descriptors % 16, avail % 2, used % 4]).toEqual([0, 0, 0]);
  });

  test('asks for notifications as the device wishes, by flag or by event index', () => {
    const byFlag = make();
    expect(byFlag.queue.needsNotification(0)).toBe(true);
    byFlag.memory.store(byFlag.queue.at.used, 2, 1);
    expect(byFlag.queue.needsNotification(0)).toBe(false);

    const byIndex = make(8, true);
    byIndex.queue.add([{ write: 1 }]);
    byIndex.memory.store(byIndex.queue.at.used + USED.ring + USED_ELEMENT_SIZE * 8, 2, 1);
    expect(byIndex.queue.needsNotification(0)).toBe(false);
    byIndex.queue.add([{ write: 1 }]);
    expect(byIndex.queue.needsNotification(1)).toBe(true);
  });

  test('knows when an index passes an event, also over the wrap', () => {
    expect(passed(5, 6, 5)).toBe(true);
    expect(passed(5, 5, 4)).toBe(false);
    expect(passed(0xffff, 1, 0xfffe)).toBe(true);
    expect(passed(3, 1, 0xfffe)).toBe(false);
  });
});

describe('malicious chains', () => {
  const expected = {
    loop: 'loop', selfLoop: 'loop', tooLong: 'loop', outOfRange: 'memory', wrapsAround: 'memory', huge: 'memory', zeroLength: 'length',
    nextOutOfTable: 'table', headOutOfTable: 'table', indirectInIndirect: 'indirect', indirectOddLength: 'indirect',
    indirectWithNext: 'indirect', readAfterWrite: 'order', indexTooFar: 'index',
  } satisfies Record<keyof typeof maliciousChains, string>;

  test.each(Object.entries(expected))('%s is what a careful device refuses for its %s', (name, reason) => {
    const { queue, device } = make();
    maliciousChains[name as keyof typeof maliciousChains](queue);

    device.work();

    expect(device.refusals).toContain(reason);
  });
});
