import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TimerQueue } from './timer-queue.ts';

describe('the timer queue', () => {
  test('fires in the order of deadlines, equal ones in the order of arming, like a sorted list', () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant('arm' as const), timer: fc.nat(9), at: fc.nat(50) }),
      fc.record({ op: fc.constant('cancel' as const), timer: fc.nat(9) }),
      fc.record({ op: fc.constant('expire' as const), now: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const queue = new TimerQueue();
        const fired: number[] = [];
        const timers = Array.from({ length: 10 }, (_, i) => queue.timer(() => fired.push(i)));
        let model: { timer: number; at: number }[] = [];
        for (const s of steps) {
          if (s.op !== 'expire') model = model.filter((m) => m.timer !== s.timer);
          if (s.op === 'arm') {
            timers[s.timer]!.arm(s.at);
            model.push({ timer: s.timer, at: s.at });
          } else if (s.op === 'cancel') timers[s.timer]!.cancel();
          else {
            const due = model.filter((m) => m.at <= s.now).sort((a, b) => a.at - b.at);
            model = model.filter((m) => m.at > s.now);
            fired.length = 0;
            expect(queue.expire(s.now)).toBe(due.length);
            expect(fired).toEqual(due.map((m) => m.timer));
          }
          expect(queue.next()).toBe(model.reduce((least, m) => Math.min(least, m.at), Infinity));
          expect(timers.map((t) => t.armed)).toEqual(timers.map((_, i) => model.some((m) => m.timer === i)));
        }
      }),
    );
  });

  test('lets a timer that re-arms itself for the past wait for the next call', () => {
    const queue = new TimerQueue();
    let count = 0;
    const timer = queue.timer(() => {
      count++;
      timer.arm(0);
    });
    timer.arm(0);
    expect(queue.expire(10)).toBe(1);
    expect(queue.expire(10)).toBe(1);
    expect(count).toBe(2);
  });
});
