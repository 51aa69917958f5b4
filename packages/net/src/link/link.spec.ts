import { FakeClock } from '@polyvisor/testkit';
import { describe, expect, test } from 'vitest';
import { capture, link, readPcap, type LinkOptions } from '../index.ts';

function rig(options: LinkOptions) {
  const clock = new FakeClock();
  const cable = link({ scheduler: clock, ...options });
  const got: { at: number; bytes: number[] }[] = [];
  const card = { full: false, drained: 0, receive: (frame: Uint8Array): boolean => !card.full && got.push({ at: clock.now(), bytes: [...frame] }) > 0, onDrained: () => (card.drained += 1) };
  cable.b.attach(card);
  const send = (n: number, length = 100): boolean => cable.a.send(new Uint8Array(length).fill(n));
  return { clock, cable, got, card, send };
}

describe('a link', () => {
  test('delays by its length and its bandwidth', () => {
    const { clock, got, send } = rig({ delay: 5e6, bandwidth: 100_000 });
    send(1);
    send(2);
    clock.advance(1e9);
    expect(got.map((x) => [x.at, x.bytes[0]])).toEqual([[6e6, 1], [7e6, 2]]);
  });

  test('loses, repeats and reorders a share of frames, the same with the same seed', () => {
    const run = (seed: number): number[] => {
      const { clock, cable, got, send } = rig({ seed, loss: 0.1, duplicate: 0.1, reorder: 0.1, delay: 1e6 });
      for (let i = 0; i < 200; i += 1) {
        send(i);
        clock.advance(1e5);
      }
      clock.advance(1e9);
      const { a } = cable.statistics;
      expect(got.length).toBe(200 - a.lost + a.duplicated);
      for (const n of [a.lost, a.duplicated, a.delayed]) expect(n).toBeGreaterThan(5);
      return got.map((x) => x.bytes[0]!);
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    expect(run(3)).not.toEqual(run(3).sort((x, y) => x - y));
  });

  test('refuses what has no room, and tells when there is some', () => {
    const { cable, card, clock, got, send } = rig({ queue: 1000, delay: 1e6 });
    let drained = 0;
    cable.a.attach({ receive: () => true, onDrained: () => (drained += 1) });
    card.full = true;
    let taken = 0;
    while (send(taken)) taken += 1;
    expect(taken).toBe(10);
    card.full = false;
    clock.advance(1e8);
    expect([got.length, drained]).toEqual([10, 1]);
  });
});

describe('a capture', () => {
  test('holds both directions in order, and is read back', () => {
    const { cable, clock, card } = rig({ delay: 1_000_001 });
    const file: number[] = [];
    const tapped = capture(cable.a, (bytes) => file.push(...bytes), { scheduler: clock, epoch: 1.6e18, most: 64 });
    tapped.attach({ receive: () => true, onDrained: () => undefined });
    tapped.send(new Uint8Array(100).fill(1));
    cable.b.send(new Uint8Array(60).fill(2));
    clock.advance(1e9);
    const frames = readPcap(Uint8Array.from(file));
    expect(frames.map((f) => [f.bytes.length, f.length, f.bytes[0]])).toEqual([[64, 100, 1], [60, 60, 2]]);
    expect(frames.map((f) => Math.round((f.at - 1.6e18) / 1e6))).toEqual([0, 1]);
    expect(card.drained).toBe(0);
    expect(() => readPcap(Uint8Array.from(file.slice(0, -1)))).toThrow(/net\/not-a-capture/);
  });
});
