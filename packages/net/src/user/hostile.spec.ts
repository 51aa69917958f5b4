import { describe, expect, test } from 'vitest';
import { storm } from '../../test/storm.ts';

describe('a hostile guest', () => {
  test.each([1, 2, 3, 4])('neither breaks nor fills the network with 30,000 frames of seed %i', async (seed) => {
    const { alive, statistics } = await storm(seed, 30_000);
    expect(alive).toBe(true);
    expect(statistics.connections).toBeLessThanOrEqual(200);
    expect(statistics.flows).toBeLessThanOrEqual(50);
    expect(statistics.fragmentsWaiting).toBeLessThanOrEqual(16);
    expect(statistics.buffersTaken).toBeLessThanOrEqual(2 ** 22);
    // It must have come far enough to be worth something.
    expect(statistics.sent).toBeGreaterThan(3000);
  });
});
