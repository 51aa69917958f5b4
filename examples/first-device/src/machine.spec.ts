import { InterruptControllerToken, Scope } from '@polyvisor/core';
import { createMachine } from '@polyvisor/machine';
import { FakeInterruptController, scriptedCpu } from '@polyvisor/testkit';
import { plainBackend } from '@polyvisor/testkit/fixtures';
import { expect, test } from 'vitest';
import { stopwatch } from './stopwatch.ts';

test('a guest starts the stopwatch and reads it', async () => {
  const controller = new FakeInterruptController();
  const machine = createMachine(
    {
      memory: '1MiB',
      cpu: {
        kind: 'testkit/scripted-cpu',
        config: {
          program: [
            { mmioWrite: [0xf000_0008, 4, 3] },
            { mmioWrite: [0xf000_0000, 4, 1] },
            { loop: 2000, body: [{ set: ['rcx', 0] }] },
            { mmioRead: [0xf000_0004, 4] },
          ],
        },
      },
      backend: { kind: 'testkit/plain-backend' },
      clock: { source: 'instructions' },
      devices: { watch: { kind: 'acme/stopwatch', irq: { line: 5 } } },
    },
    {
      plugins: { devices: [stopwatch], cpus: [scriptedCpu], backends: [plainBackend] },
      scope: Scope.root().provide(InterruptControllerToken, controller),
    },
  );

  machine.run(10_000);
  // 4,000 instructions at one a nanosecond: 4 µs, and the limit of 3 µs has passed.
  expect(machine.vcpus[0]?.state.get('rax')).toBe(4n);
  expect(controller.levels[5]).toBe(true);
  machine.destroy();
});
