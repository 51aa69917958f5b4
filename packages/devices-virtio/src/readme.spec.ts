import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { echoPci } from '../test/echo.ts';
import { FakeBus, coldAccess, rig } from '../test/rig.ts';

const text = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the README shows the example device as it is', () => {
  expect(text('../README.md')).toContain(text('../test/echo.ts').trim());
});

test('the example device works behind virtio-pci', () => {
  const driver = rig(echoPci).start({ allBut: [] });
  const [queue] = driver.queues;
  queue!.add([{ read: new TextEncoder().encode('stressed') }, { write: 20 }]);
  driver.notify(0);
  expect([new TextDecoder().decode(queue!.contents(queue!.takeUsed()!)), driver.device.read(0, 1)]).toEqual(['desserts', 7]);
});

describeDevice(echoPci, { configs: [{ slot: 3 }], services: ({ trace }) => ({ bus: new FakeBus(trace) }), allocation: { cold: coldAccess } });
