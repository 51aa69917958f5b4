import type { DriverQueue } from './driver-queue.ts';
import { DESCRIPTOR_SIZE, DescriptorFlag } from './layout.ts';

const { next, write, indirect } = DescriptorFlag;
/** An address no test's memory reaches. */
const NOWHERE = 2 ** 51;

/**
 * Chains that VIRTIO 1.2 §2.7.5 forbids, or that a careless device takes too literally. Each publishes one chain and
 * returns its head. A device must end each in bounded time, without an exception and without touching other memory.
 */
export const maliciousChains = {
  /** The last descriptor leads back to the first. */
  loop(queue: DriverQueue): number {
    const [a, b] = [queue.take(), queue.take()];
    const address = queue.allocate(16);
    queue.writeDescriptor(a, { address, length: 16, flags: next, next: b });
    queue.writeDescriptor(b, { address, length: 16, flags: next, next: a });
    return publish(queue, a);
  },
  /** A descriptor that leads to itself. */
  selfLoop(queue: DriverQueue): number {
    const a = queue.take();
    queue.writeDescriptor(a, { address: queue.allocate(16), length: 16, flags: next | write, next: a });
    return publish(queue, a);
  },
  /** An indirect table with more descriptors than the queue has (§2.7.5.3.1). */
  tooLong(queue: DriverQueue): number {
    const count = queue.size + 1;
    const table = queue.allocate(count * DESCRIPTOR_SIZE);
    const address = queue.allocate(16);
    for (let i = 0; i < count; i += 1) {
      queue.writeDescriptor(i, { address, length: 1, flags: i + 1 < count ? next : 0, next: i + 1 }, table);
    }
    return publishIndirect(queue, table, count * DESCRIPTOR_SIZE);
  },
  /** A buffer where there is no memory. */
  outOfRange(queue: DriverQueue): number {
    return one(queue, { address: NOWHERE, length: 4096, flags: write });
  },
  /** A buffer that wraps around the end of the address space. */
  wrapsAround(queue: DriverQueue): number {
    return one(queue, { address: 2 ** 64 - 4096, length: 8192, flags: write });
  },
  /** A buffer of 4 GiB − 1. */
  huge(queue: DriverQueue): number {
    return one(queue, { address: queue.allocate(16), length: 0xffffffff, flags: write });
  },
  zeroLength(queue: DriverQueue): number {
    return one(queue, { address: queue.allocate(16), length: 0, flags: 0 });
  },
  /** NEXT names a descriptor behind the end of the table. */
  nextOutOfTable(queue: DriverQueue): number {
    const a = queue.take();
    queue.writeDescriptor(a, { address: queue.allocate(16), length: 16, flags: next, next: 0xffff });
    return publish(queue, a);
  },
  /** The head itself lies behind the end of the table. */
  headOutOfTable(queue: DriverQueue): number {
    return publish(queue, queue.size);
  },
  /** An indirect table that holds an indirect descriptor (§2.7.5.3.1). */
  indirectInIndirect(queue: DriverQueue): number {
    const table = queue.allocate(DESCRIPTOR_SIZE);
    queue.writeDescriptor(0, { address: table, length: DESCRIPTOR_SIZE, flags: indirect, next: 0 }, table);
    return publishIndirect(queue, table, DESCRIPTOR_SIZE);
  },
  /** An indirect table whose length is no multiple of 16. */
  indirectOddLength(queue: DriverQueue): number {
    return publishIndirect(queue, queue.allocate(64), DESCRIPTOR_SIZE + 7);
  },
  /** INDIRECT and NEXT together (§2.7.5.3.1). */
  indirectWithNext(queue: DriverQueue): number {
    const [a, b] = [queue.take(), queue.take()];
    queue.writeDescriptor(a, { address: queue.allocate(16), length: DESCRIPTOR_SIZE, flags: indirect | next, next: b });
    queue.writeDescriptor(b, { address: queue.allocate(16), length: 16, flags: 0, next: 0 });
    return publish(queue, a);
  },
  /** A readable buffer behind a writable one (§2.7.4.2). */
  readAfterWrite(queue: DriverQueue): number {
    const [a, b] = [queue.take(), queue.take()];
    queue.writeDescriptor(a, { address: queue.allocate(16), length: 16, flags: write | next, next: b });
    queue.writeDescriptor(b, { address: queue.allocate(16), length: 16, flags: 0, next: 0 });
    return publish(queue, a);
  },
  /** The index promises more chains than the queue has descriptors. */
  indexTooFar(queue: DriverQueue): number {
    const head = one(queue, { address: queue.allocate(16), length: 16, flags: 0 });
    queue.setAvailIndex((queue.availIndex + queue.size + 1) & 0xffff);
    return head;
  },
} as const satisfies Record<string, (queue: DriverQueue) => number>;

export type MaliciousChain = keyof typeof maliciousChains;

function publish(queue: DriverQueue, head: number): number {
  queue.publish(head);
  return head;
}

function one(queue: DriverQueue, d: { readonly address: number; readonly length: number; readonly flags: number }): number {
  const head = queue.take();
  queue.writeDescriptor(head, { ...d, next: 0 });
  return publish(queue, head);
}

function publishIndirect(queue: DriverQueue, table: number, length: number): number {
  return one(queue, { address: table, length, flags: indirect });
}
