import { describe, expect, test } from 'vitest';
import { FakeClock } from './fake-clock.ts';

describe('FakeClock', () => {
  test('fires timers in the order of their deadlines, at their deadlines', () => {
    const clock = new FakeClock(100);
    const fired: string[] = [];
    const late = clock.timer(() => fired.push(`late ${clock.now()}`));
    const early = clock.timer(() => fired.push(`early ${clock.now()}`));
    late.arm(300);
    early.arm(200);

    const count = clock.advance(250);

    expect(fired).toEqual(['early 200', 'late 300']);
    expect(count).toBe(2);
    expect(clock.now()).toBe(350);
  });

  test('lets a timer arm itself again on the way', () => {
    const clock = new FakeClock();
    const fired: number[] = [];
    const tick = clock.timer(() => {
      fired.push(clock.now());
      tick.arm(clock.now() + 10);
    });
    tick.arm(10);

    clock.advance(35);

    expect(fired).toEqual([10, 20, 30]);
    expect(clock.nextDeadline()).toBe(40);
  });

  test('keeps a timer that is armed for the past until the next occasion', () => {
    const clock = new FakeClock(50);
    let fired = 0;
    const tick = clock.timer(() => {
      fired += 1;
      tick.arm(0);
    });
    tick.arm(0);

    expect(clock.expire()).toBe(1);
    expect(clock.expire()).toBe(1);
    expect(fired).toBe(2);
  });

  test('does not fire a cancelled timer', () => {
    const clock = new FakeClock();
    let fired = 0;
    const timer = clock.timer(() => (fired += 1));
    timer.arm(5);
    timer.cancel();

    clock.advance(10);

    expect(fired).toBe(0);
    expect(clock.nextDeadline()).toBe(Infinity);
  });

  test('refuses NaN as a deadline', () => {
    const timer = new FakeClock().timer(() => undefined);
    expect(() => { timer.arm(NaN); }).toThrow(RangeError);
  });
});
