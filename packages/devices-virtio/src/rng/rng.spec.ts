import { expect, test } from 'vitest';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { FakeBus, coldAccess, rig, suiteDriver } from '../../test/rig.ts';
import { virtioRngMmio, virtioRngPci } from './rng.ts';

const counting = () => {
  let next = 1;
  return { fill: (bytes: Uint8Array) => bytes.forEach((_, i) => { bytes[i] = next++; }), takeOver: (_other: unknown) => undefined };
};
const constant = { fill: (bytes: Uint8Array) => { bytes.fill(7); } };

test('fills buffers', () => {
  const driver = rig(virtioRngPci, {}, { services: { rng: counting() } }).start({ allBut: [] });
  driver.queues[0]!.add([{ write: 3 }, { write: 5 }]);
  driver.notify(0);
  expect([...driver.queues[0]!.contents(driver.queues[0]!.takeUsed()!)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('gives no more than its rate, and goes on in the next period', () => {
  const made = rig(virtioRngPci, { 'max-bytes': 10, period: 1000 }, { services: { rng: counting() } });
  const driver = made.start({ allBut: [] });
  const queue = driver.queues[0]!;
  for (let i = 0; i < 3; i += 1) queue.add([{ write: 8 }]);
  driver.notify(0);
  expect([queue.takeUsed()?.written, queue.takeUsed()?.written, queue.takeUsed()]).toEqual([8, 2, undefined]);
  made.clock.advance(1e9);
  expect(queue.takeUsed()?.written).toBe(8);
});

test('needs a reset after a buffer that it cannot write', () => {
  const made = rig(virtioRngPci, {}, { services: { rng: constant } });
  const driver = made.start({ allBut: [] });
  driver.queues[0]!.add([{ read: Uint8Array.of(1) }]);
  driver.notify(0);
  expect([driver.needsReset, made.errors()]).toEqual([true, ['a buffer for random bytes cannot be written; the device needs a reset']]);
});

const exercise = suiteDriver((suite, driver) => {
  driver.start({ allBut: [], base: 0x4000, bufferBytes: 0x400 });
  driver.queues[0]!.add([{ write: 1 + suite.random.below(100) }]);
  driver.notify(0);
});
describeDevice(virtioRngPci, {
  configs: [{ slot: 3 }, { slot: 3, 'max-bytes': 64, period: 1, packed: true }], exercise,
  services: ({ trace }) => ({ bus: new FakeBus(trace), rng: constant }), allocation: { cold: coldAccess },
});
describeDevice(virtioRngMmio, { configs: [{}], services: () => ({ rng: constant }), allocation: { cold: coldAccess } });
