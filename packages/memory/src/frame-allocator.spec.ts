import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodeFrames, FRAME_SIZE, hostOffset, RUN_FRAMES } from '@polyvisor/core';
import { RunAllocator } from './frame-allocator.ts';

const FIRST = RUN_FRAMES;
const RUNS = 3;

function make(): { frames: RunAllocator; bytes: Uint8Array } {
  const bytes = new Uint8Array((RUNS + 1) * RUN_FRAMES * FRAME_SIZE);
  const code = new CodeFrames(new Int32Array(bytes.buffer), hostOffset(0));
  return { frames: new RunAllocator(bytes, code, FIRST, RUNS), bytes };
}

describe('the frame allocator', () => {
  test('hands out every frame once, then −1', () => {
    const { frames } = make();
    const seen = new Set<number>();
    for (let i = 0; i < frames.total; i++) seen.add(frames.allocate());
    expect(seen.size).toBe(RUNS * RUN_FRAMES);
    expect(Math.min(...seen)).toBe(FIRST);
    expect(frames.allocate()).toBe(-1);
    expect(frames.free).toBe(0);
  });

  test('hands out runs that are contiguous and aligned to 2 MiB, and none while every run is broken', () => {
    const { frames } = make();
    const single = frames.allocate();
    const run = frames.allocateRun();
    expect(run % RUN_FRAMES).toBe(0);
    expect(frames.references(run + RUN_FRAMES - 1)).toBe(1);
    frames.allocateRun();
    expect(frames.allocateRun()).toBe(-1);
    frames.release(single);
    expect(frames.allocateRun()).toBeGreaterThan(0);
  });

  test('zeroes a frame that was used before', () => {
    const { frames, bytes } = make();
    const first = frames.allocate();
    bytes.fill(7, first * FRAME_SIZE, (first + 1) * FRAME_SIZE);
    frames.release(first);
    const again = frames.allocate();
    expect(again).toBe(first);
    expect(bytes.subarray(again * FRAME_SIZE, (again + 1) * FRAME_SIZE).every((b) => b === 0)).toBe(true);
  });

  test('ignores retain and release of frames that nobody holds or that are not its own', () => {
    const { frames } = make();
    frames.retain(FIRST);
    expect(frames.release(FIRST)).toBe(0);
    expect(frames.release(0)).toBe(0);
    expect(frames.free).toBe(frames.total);
  });

  test('agrees with a model over random sequences', () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant('one' as const) }),
      fc.record({ op: fc.constant('run' as const) }),
      fc.record({ op: fc.constant('retain' as const), pick: fc.nat() }),
      fc.record({ op: fc.constant('release' as const), pick: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const { frames } = make();
        const held = new Map<number, number>();
        const pick = (n: number): number => [...held.keys()][n % held.size]!;
        for (const s of steps) {
          if (s.op === 'one' || s.op === 'run') {
            const mfn = s.op === 'one' ? frames.allocate() : frames.allocateRun();
            const count = s.op === 'one' ? 1 : RUN_FRAMES;
            for (let i = 0; mfn >= 0 && i < count; i++) {
              expect(held.has(mfn + i)).toBe(false);
              held.set(mfn + i, 1);
            }
          } else if (held.size > 0) {
            const mfn = pick(s.pick);
            const refs = held.get(mfn)! + (s.op === 'retain' ? 1 : -1);
            if (s.op === 'retain') frames.retain(mfn);
            else expect(frames.release(mfn)).toBe(refs);
            if (refs === 0) held.delete(mfn);
            else held.set(mfn, refs);
          }
          expect(frames.free).toBe(frames.total - held.size);
        }
        for (const [mfn, refs] of held) expect(frames.references(mfn)).toBe(refs);
      }),
      { numRuns: 60 },
    );
  });
});
