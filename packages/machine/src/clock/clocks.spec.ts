import { describe, expect, test } from 'vitest';
import type { Vcpu } from '@polyvisor/core';
import { HostClock, InstructionClock } from './clocks.ts';

describe('the host clock', () => {
  test('follows host time only between go and stop', () => {
    let host = 1000;
    const clock = new HostClock(() => host);
    host = 1500;
    expect(clock.now()).toBe(0);
    clock.go();
    host = 1700;
    expect(clock.now()).toBe(200);
    clock.stop();
    host = 9999;
    expect(clock.now()).toBe(200);
  });

  test('never goes back when the host clock does', () => {
    let host = 1000;
    const clock = new HostClock(() => host);
    clock.go();
    host = 900;
    expect(clock.now()).toBe(0);
  });
});

describe('the host clock of a guest that is kept from working', () => {
  const MS = 1e6;
  function start() {
    let host = 5 * MS;
    const clock = new HostClock(() => host);
    clock.go();
    clock.work();
    const after = (elapsed: number): number => {
      host += elapsed;
      return clock.now();
    };
    return { clock, after };
  }

  test('stands still for what is longer than 10 ms, whoever looks first', () => {
    const { clock, after } = start();
    expect([after(2 * MS), after(10 * MS), after(110 * MS)]).toEqual([2 * MS, 12 * MS, 22 * MS]);
    clock.work();
    expect(clock.now()).toBe(22 * MS);
  });

  test('makes up for it while the guest works, and never goes back or ahead', () => {
    const { after } = start();
    let host = 50 * MS, last = after(host);
    for (let i = 0; i < 400; i++) {
      const now = after(MS);
      host += MS;
      expect(now - last).toBeGreaterThanOrEqual(MS);
      expect(now - last).toBeLessThanOrEqual(1.125 * MS + 1);
      last = now;
    }
    expect(last).toBe(host);
  });

  test('makes up for it at double pace while the guest sleeps, and lets it sleep', () => {
    const { clock, after } = start();
    after(50 * MS);
    clock.rest();
    expect([clock.now(), after(10 * MS), after(30 * MS), after(500 * MS)]).toEqual([10 * MS, 30 * MS, 90 * MS, 590 * MS]);
    clock.work();
    expect(after(MS)).toBe(591 * MS);
  });

  test('never leaps over a deadline: whoever sleeps is woken in time for it', () => {
    const { clock, after } = start();
    after(1010 * MS);
    clock.rest();
    expect(clock.wait()).toBe(Infinity);
    const timer = clock.timer(() => undefined);
    timer.arm(clock.now() + 400 * MS);
    expect(clock.wait()).toBe(200 * MS);
    after(clock.wait());
    expect([clock.now(), clock.wait()]).toEqual([timer.deadline, 0]);
    // A second was missing, 200 ms of it are made up for, and the rest is before this deadline.
    timer.arm(clock.now() + 2000 * MS);
    expect(clock.wait()).toBe(1200 * MS);
    after(clock.wait());
    expect([clock.now(), clock.wait()]).toEqual([timer.deadline, 0]);
  });

  test('waits as long as the guest when nothing is missing', () => {
    const { clock, after } = start();
    after(MS);
    clock.rest();
    clock.timer(() => undefined).arm(clock.now() + 7 * MS);
    expect(clock.wait()).toBe(7 * MS);
    expect(after(7 * MS)).toBe(8 * MS);
  });

  test('goes on where it was stopped', () => {
    const { clock, after } = start();
    after(50 * MS);
    clock.stop();
    expect(after(7 * MS)).toBe(10 * MS);
    clock.go();
    expect(after(MS)).toBe(11 * MS);
  });
});

describe('the instruction clock', () => {
  const vcpu = (instructions: number): Vcpu => ({ instructions }) as Vcpu;

  test('counts the instructions of all vCPUs, and does not jump when they are attached', () => {
    const clock = new InstructionClock(1e8);
    clock.set(5000);
    const cpus = [vcpu(100), vcpu(50)];
    clock.attach(cpus);
    expect(clock.now()).toBe(5000);
    Object.assign(cpus[1]!, { instructions: 60 });
    expect(clock.now()).toBe(5100);
  });

  test('gives a budget that ends at the next deadline, and skips to it when everybody sleeps', () => {
    const clock = new InstructionClock(1e8);
    clock.attach([vcpu(0)]);
    expect(clock.budget()).toBe(Infinity);
    expect(clock.skip()).toBe(false);
    let fired = 0;
    expect(clock.wait()).toBe(Infinity);
    clock.timer(() => fired++).arm(95);
    expect([clock.budget(), clock.wait()]).toEqual([10, 0]);
    expect(clock.skip()).toBe(true);
    clock.expire();
    expect([clock.now(), fired]).toEqual([95, 1]);
  });
});
