import { expect, test } from 'vitest';
import { FakeInterruptController } from './fake-interrupt-controller.ts';

test('a fake interrupt controller acknowledges the lowest pending vector first and tells when none is left', () => {
  const pending: boolean[] = [];
  const controller = new FakeInterruptController({ base: 0x30 });
  controller.onPending = (is) => pending.push(is);

  controller.setLevel(4, true);
  controller.setLevel(4, true);
  controller.pulse(1);
  controller.importLevel(9, true);

  expect([controller.acknowledge(0), controller.acknowledge(0), controller.acknowledge(0)]).toEqual([0x31, 0x34, -1]);
  expect(pending.at(-1)).toBe(false);
  expect(controller.levels[9]).toBe(true);
});
