import { describe, expect, test } from 'vitest';
import type { InterruptController } from '@polyvisor/core';
import { HostClock } from '../clock/clocks.ts';
import { createEvents } from '../events.ts';
import { InterruptRouter } from './router.ts';

function setup() {
  const calls: string[] = [];
  const controller: InterruptController = {
    inputs: 24,
    setLevel: (gsi, on) => calls.push(`level ${gsi} ${on}`),
    pulse: (gsi) => calls.push(`pulse ${gsi}`),
    importLevel: (gsi, on) => calls.push(`import ${gsi} ${on}`),
    message: (address, data) => calls.push(`message ${address} ${data}`),
    acknowledge: () => -1,
  };
  const events = createEvents();
  const router = new InterruptRouter(24, events, new HostClock(() => 0));
  router.controller = controller;
  return { router, calls, events };
}

describe('the interrupt router', () => {
  test('ORs level lines that share an input', () => {
    const { router, calls } = setup();
    const [a, b] = [router.level(4), router.level(4)];
    a.set(true);
    b.set(true);
    b.set(true);
    a.set(false);
    b.set(false);
    expect(calls).toEqual(['level 4 true', 'level 4 false']);
  });

  test('imports levels while restoring, and drops and reports pulses and messages', () => {
    const { router, calls, events } = setup();
    const warnings: string[] = [];
    events.log.stream.subscribe((e) => warnings.push(`${e.source}: ${e.message}`));
    router.importing = true;
    router.level(3).set(true);
    router.edge(5, 'devices.x').pulse();
    router.message('devices.y').send(0xfee00000, 1);
    router.importing = false;
    expect(calls).toEqual(['import 3 true']);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/^devices\.x: pulsed a line while it was restored/);
  });

  test('shows changes to subscribers and passes pulses and messages on', () => {
    const { router, calls, events } = setup();
    const seen: unknown[] = [];
    events.irq.stream.subscribe((e) => seen.push(e));
    router.edge(1, 'd').pulse();
    router.message('d').send(0xfee00000, 0x31);
    expect(calls).toEqual(['pulse 1', 'message 4276092928 49']);
    expect(seen).toEqual([{ gsi: 1, asserted: true, time: 0 }]);
  });
});
