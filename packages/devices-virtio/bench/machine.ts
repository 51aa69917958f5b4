import type { AnyDevicePlugin } from '@polyvisor/core';
import { RIGHTS_RAM } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { DriverQueue, Trace, VirtioPciDriver, anyDeviceHost } from '@polyvisor/testkit';
import { FakeBus } from '../test/rig.ts';
import { BenchQueue } from './queue-driver.ts';

const MB = 2 ** 20;
const RAM = 64 * MB;
/** Behind the rings. */
export const BUFFERS = 8 * MB;

/** A device over the memory of a real host, and its driver. */
export function benchDevice(plugin: AnyDevicePlugin, config: Record<string, unknown>, services: Record<string, unknown>) {
  const host = createHost({ frames: RAM + 16 * MB });
  const space = host.createAddressSpace({ name: 'bench' });
  space.populate(0, RAM / 4096, RIGHTS_RAM);
  const dma = space.dma();
  const trace = new Trace();
  trace.on = false;
  const bus = new FakeBus(trace);
  const fake = anyDeviceHost(plugin, plugin.config.parse({ slot: 3, ...config }), { trace, guarded: false, services: { bus, ...services } });
  const device = plugin.create(plugin.config.parse({ slot: 3, ...config }), { ...(fake.host as object), dma }, undefined);
  const bar = (index: number) => device.regions![index === 4 ? 'modern' : 'msix']!;
  const driver = new VirtioPciDriver({ config: bus.fn!, bar, memory: dma }).start({ allBut: [], bufferBytes: 4096 });
  driver.enableMsix(0xfee0_0000, 0x40, 2);
  const queues = driver.queues.map((queue) => {
    if (!(queue instanceof DriverQueue)) throw new Error('the bench drives split rings');
    return new BenchQueue(queue);
  });
  return { driver, dma, queues, clock: fake.clock };
}
