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
    clock.timer(() => fired++).arm(95);
    expect(clock.budget()).toBe(10);
    expect(clock.skip()).toBe(true);
    clock.expire();
    expect([clock.now(), fired]).toEqual([95, 1]);
  });
});
