import type { Clock, DeviceLog, Dma, Timer } from '@polyvisor/core';
import { z } from 'zod';
import { Feature } from './constants.ts';
import type { VirtioCore } from './core.ts';
import type { Services, VirtioHost } from './model.ts';

/** Options of every virtio device, with QEMU's names and defaults. */
export const commonOptions = {
  event_idx: z.boolean().default(true),
  indirect_desc: z.boolean().default(true),
  packed: z.boolean().default(false),
  /** ACCESS_PLATFORM: the driver gives addresses that an IOMMU translates. */
  iommu_platform: z.boolean().default(false),
};
export type CommonOptions = z.output<z.ZodObject<typeof commonOptions>>;

/** The feature bits of the rings and the transport (§6), as configured. */
export function commonFeatures(options: CommonOptions, transitional: boolean): number[] {
  return [
    Feature.VERSION_1,
    ...(options.event_idx ? [Feature.EVENT_IDX] : []),
    ...(options.indirect_desc ? [Feature.INDIRECT_DESC] : []),
    ...(options.packed ? [Feature.RING_PACKED] : []),
    ...(options.iommu_platform ? [Feature.ACCESS_PLATFORM] : []),
    ...(transitional ? [Feature.ANY_LAYOUT] : []),
  ];
}

interface TransportHost {
  readonly id: string;
  readonly clock: Clock;
  readonly log: DeviceLog;
  readonly dma: Dma;
  readonly services: unknown;
  timer(fire: () => void): Timer;
}

/** The host object of a model, from that of its transport. */
export function makeVirtioHost<V extends Services>(host: TransportHost, core: VirtioCore): VirtioHost<V> {
  const { id, clock, log, dma } = host;
  return {
    id, clock, log, dma,
    // The transport asked for exactly the definition's services, and for its own.
    services: host.services as VirtioHost<V>['services'],
    queues: core.queues,
    negotiated: (bit) => core.negotiated(bit),
    get live() {
      return core.live;
    },
    configChanged: () => core.configChanged(),
    fail: (why) => core.fail(why),
    timer: (fire) => host.timer(fire),
  };
}
