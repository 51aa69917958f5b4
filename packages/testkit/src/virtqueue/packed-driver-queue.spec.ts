import { expect, test } from 'vitest';
import { FakeMemory } from '../fakes/fake-memory.ts';
import { PackedDriverQueue } from './packed-driver-queue.ts';

const [NEXT, WRITE, AVAIL, USED] = [1, 2, 0x80, 0x8000];

/** The device's side: uses one chain at a time, in order, and says that it wrote `written` bytes. */
class PackedDevice {
  at = 0;
  wrap = true;
  readonly queue: PackedDriverQueue;
  readonly memory: FakeMemory;
  constructor(queue: PackedDriverQueue, memory: FakeMemory) {
    this.queue = queue;
    this.memory = memory;
  }

  use(written: number): number[] {
    const flags: number[] = [];
    const first = this.#place(this.at);
    const { wrap } = this;
    let id = 0;
    for (;;) {
      const place = this.#place(this.at);
      flags.push(this.memory.load(place + 14, 2));
      id = this.memory.load(place + 12, 2);
      this.at += 1;
      if (this.at === this.queue.size) {
        this.at = 0;
        this.wrap = !this.wrap;
      }
      if ((flags.at(-1)! & NEXT) === 0) break;
    }
    this.memory.store(first + 8, 4, written);
    this.memory.store(first + 12, 2, id);
    this.memory.store(first + 14, 2, wrap ? AVAIL | USED : 0);
    return flags;
  }
  #place(index: number): number {
    return this.queue.at.descriptors + 16 * index;
  }
}

function make(size: number, eventIndex = false) {
  const memory = new FakeMemory();
  const queue = new PackedDriverQueue({ memory, size, base: 0x1000, eventIndex });
  return { memory, queue, device: new PackedDevice(queue, memory) };
}

test('marks descriptors as available with its wrap counter, also around the ring', () => {
  const { queue, device } = make(3);
  expect(queue.takeUsed()).toBeUndefined();
  for (let i = 0; i < 10; i += 1) {
    queue.add([{ read: Uint8Array.of(i) }, { write: 4 }]);
    const turns = [2 * i, 2 * i + 1].map((n) => (Math.floor(n / 3) % 2 === 0 ? AVAIL : USED));
    expect(device.use(3)).toEqual([turns[0]! | NEXT, turns[1]! | WRITE]);
    const used = queue.takeUsed();
    expect([used?.written, used?.chain.segments.length, queue.free]).toEqual([3, 2, 3]);
  }
});

test('puts indirect chains into one descriptor', () => {
  const { queue, device } = make(2);
  queue.add([{ read: Uint8Array.of(1) }, { write: 1 }, { write: 1 }], { indirect: true });
  expect([queue.free, device.use(0)]).toEqual([1, [4 | AVAIL]]);
  expect(() => queue.add([{ write: 1 }, { write: 1 }])).toThrow(/testkit\/queue-misuse/);
});

test('asks for notifications as the device wishes', () => {
  const { memory, queue } = make(4, true);
  queue.add([{ write: 1 }]);
  expect(queue.needsNotification(1)).toBe(true);
  memory.store(queue.at.used, 4, 1 << 16);
  expect(queue.needsNotification(1)).toBe(false);
  memory.store(queue.at.used, 4, 0x8000 | (2 << 16));
  expect(queue.needsNotification(1)).toBe(true);
  memory.store(queue.at.used, 4, 0x8002 | (2 << 16));
  expect(queue.needsNotification(1)).toBe(false);
});
