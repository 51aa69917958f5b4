/** A thread with a disk behind virtio-pci over memory that it shares: registers are asked for by messages, chains it serves alone. */
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { FakeBlock, FakeMemory } from '@polyvisor/testkit';
import { virtioBlkPci } from '../src/index.ts';
import { rig } from './rig.ts';

/** What both threads have: guest memory, and where the answer to an access of a register is awaited. */
export interface Shared {
  readonly memory: SharedArrayBuffer;
  /** Whether there is an answer, the answer, and the thread that gave it. */
  readonly answer: SharedArrayBuffer;
}
/** An access of a register; without `value` it reads. The configuration space is BAR −1, and −2 counts interrupts. */
export interface Access {
  readonly bar: number;
  readonly offset: number;
  readonly size: 1 | 2 | 4;
  readonly value?: number;
}
export const INTERRUPTS = -2;

function serve({ memory, answer }: Shared): void {
  const drive = new FakeBlock({ size: 1024 * 512 });
  const made = rig(virtioBlkPci, {}, { services: { drive }, memory: new FakeMemory({ bytes: new Uint8Array(memory) }) });
  const words = new Int32Array(answer);
  parentPort!.on('message', ({ bar, offset, size, value }: Access) => {
    const region = bar === -1 ? made.access.config : made.bar(Math.max(bar, 0));
    if (bar === INTERRUPTS) words[1] = made.messages.length;
    else if (value === undefined) words[1] = region.read(offset, size);
    else region.write(offset, size, value);
    words[2] = threadId;
    Atomics.store(words, 0, 1);
    Atomics.notify(words, 0);
  });
}

serve(workerData as Shared);
