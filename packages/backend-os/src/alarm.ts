import { defineDevice, versioned } from '@polyvisor/core';
import { z } from 'zod';
import { AlarmToken, type Alarm } from './services.ts';

const state = z.strictObject({
  /** Guest time at which it rings, in ns; −1 while it is not set. */
  at: z.number().min(-1),
});

/**
 * The timer of a kernel that has no guest code for interrupts: it tells the kernel directly. A machine with the OS
 * backend needs exactly one.
 */
export const alarm = defineDevice({
  kind: 'os/alarm',
  api: 1,
  summary: 'A timer that wakes the kernel in TypeScript.',
  config: z.strictObject({}),
  state: versioned(1, state),
  resources: () => ({ timers: true, provides: { alarm: AlarmToken } }),
  create(_config, host, saved) {
    const timer = host.timer(() => bell.onRing?.());
    const bell: Alarm = {
      set: (at) => {
        timer.arm(at);
      },
      cancel: () => {
        timer.cancel();
      },
      onRing: undefined,
    };
    if (saved !== undefined && saved.at >= 0) timer.arm(saved.at);
    return {
      provides: { alarm: bell },
      reset: () => {
        timer.cancel();
      },
      save: () => ({ at: timer.armed ? timer.deadline : -1 }),
      destroy: () => {
        timer.cancel();
      },
    };
  },
});
