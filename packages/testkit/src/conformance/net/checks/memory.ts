import { Random } from '../../../random/random.ts';
import { openHeap } from '../../heap.ts';
import { found, type Check } from '../../report.ts';
import type { NetSubject } from '../options.ts';
import { numberedFrame } from '../packets.ts';
import { breathe, withBothEnds } from '../rig.ts';

const FRAMES = 60_000;

export const bounded: Check<NetSubject> = {
  name: 'bounded',
  summary: 'a card that takes nothing makes the network hold a bounded number of bytes',
  run: (subject) => withBothEnds(subject, async (net) => {
    const heap = openHeap();
    if ('skipped' in heap) return heap;
    const used = (): number => {
      heap.collect();
      // Buffers lie outside of the heap.
      const { process } = globalThis as unknown as { process: { memoryUsage(): { readonly heapUsed: number; readonly arrayBuffers: number } } };
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    net.card.room = false;
    const frame = numberedFrame(new Random(subject.seed), 0, Math.min(net.near.mtu, 1500));
    const before = used();
    for (let i = 0; i < FRAMES; i += 1) {
      net.far.send(frame);
      if (i % 500 === 499) await breathe(net);
    }
    const held = used() - before;
    return held <= subject.mostHeld ? [] : [found(`${Math.round(held / 2 ** 20)} MiB are held after ${FRAMES} frames, of at most ${Math.round(subject.mostHeld / 2 ** 20)}`)];
  }),
};
