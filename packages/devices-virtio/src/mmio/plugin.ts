import { defineDevice, versioned, type Clock, type DeviceLog, type DevicePlugin, type Dma, type LevelLine, type LineWish, type Timer } from '@polyvisor/core';
import { z } from 'zod';
import { VirtioCore } from '../virtio/core.ts';
import { commonFeatures, commonOptions, makeVirtioHost } from '../virtio/host.ts';
import type { Options, Services, VirtioDefinition } from '../virtio/model.ts';
import { coreState, type CoreState } from '../virtio/state.ts';
import { MmioInterrupts, MmioRegion, mmioTransportState, type MmioTransportState } from './region.ts';
import { REGION_SIZE } from './registers.ts';

const mmioOptions = {
  /** Base of the registers, a multiple of 512; QEMU's microvm has them from 0xfeb00000 on. */
  address: z.int().min(0).max(2 ** 52 - REGION_SIZE).multipleOf(REGION_SIZE).default(0xfeb0_0000),
  /** Interrupt input of the level line. */
  irq: z.int().min(0).max(1023).default(5),
  /** Version 1 of the registers, which drivers of virtio 0.9.5 know. */
  'force-legacy': z.boolean().default(false),
  ...commonOptions,
};
export type MmioOptions = z.output<z.ZodObject<typeof mmioOptions>>;

export interface VirtioMmioState<S> {
  readonly transport: MmioTransportState;
  readonly virtio: CoreState;
  readonly device: S;
}

interface VirtioMmioResources<V> {
  readonly mmio: { readonly regs: { readonly size: number; readonly prefer: number; readonly align: number } };
  readonly irq: { readonly line: LineWish<'level'> };
  readonly dma: true;
  readonly timers: true;
  readonly services: V;
}

/** What the device host of a generic plugin is; TypeScript cannot tell while the services are unknown. */
interface MmioHost {
  readonly id: string;
  readonly clock: Clock;
  readonly log: DeviceLog;
  readonly dma: Dma;
  readonly irq: { readonly line: LevelLine };
  readonly services: unknown;
  timer(fire: () => void): Timer;
}

export type VirtioMmioPlugin<O extends z.ZodRawShape, V extends Services, S> =
  DevicePlugin<Options<O> & MmioOptions, VirtioMmioResources<V>, VirtioMmioState<S>>;

/** Makes a device plugin of a virtio device: 512 bytes of registers and an interrupt line (VIRTIO 1.2 §4.2). */
export function virtioMmio<O extends z.ZodRawShape, V extends Services, S>(
  kind: string, definition: VirtioDefinition<O, V, S>,
): VirtioMmioPlugin<O, V, S> {
  // The schema's output is exactly this; zod's types do not add up for an unknown shape.
  const config = z.strictObject({ ...mmioOptions, ...definition.options }) as unknown as z.ZodType<Options<O> & MmioOptions>;
  const state = z.strictObject({ transport: mmioTransportState, virtio: coreState, device: definition.state });
  return defineDevice<Options<O> & MmioOptions, VirtioMmioResources<V>, VirtioMmioState<S>>({
    kind,
    api: 1,
    summary: definition.summary,
    config,
    state: versioned<VirtioMmioState<S>>(1, state),
    resources: (options) => ({
      mmio: { regs: { size: REGION_SIZE, prefer: options.address, align: REGION_SIZE } },
      irq: { line: { kind: 'level', prefer: options.irq } },
      dma: true,
      timers: true,
      services: definition.services(options),
    }),
    create(options, given, saved) {
      const host = given as unknown as MmioHost;
      const legacy = options['force-legacy'];
      const interrupts = new MmioInterrupts(host.irq.line);
      const { clock, log, dma } = host;
      const wiring = { clock, log, dma, interrupts, queueSizes: definition.queues(options), features: commonFeatures(options, legacy) };
      const core = new VirtioCore({ ...wiring, timer: (fire) => host.timer(fire) });
      if (saved) core.restore(saved.virtio);
      const regs = new MmioRegion({ core, interrupts, deviceId: definition.deviceId, legacy }, saved?.transport);
      const model = definition.create(options, makeVirtioHost<V>(host, core), saved?.device);
      core.attach(model);
      const device = {
        regions: { regs },
        reset: () => {
          core.powerOn();
          regs.reset();
        },
        save: (): VirtioMmioState<S> => ({ transport: regs.save(), virtio: core.save(), device: model.save() }),
        pause: () => model.pause?.(),
        resume: () => model.resume?.(),
        destroy: () => {
          core.destroy();
          interrupts.set(0);
        },
      };
      // The region and the save are there; with unknown services TypeScript cannot reduce the type that says so.
      return device;
    },
  });
}
