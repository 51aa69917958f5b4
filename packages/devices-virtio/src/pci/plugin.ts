import {
  defineDevice, versioned, type Clock, type DeviceLog, type DevicePlugin, type Dma, type MessagePort, type RegionPlacement, type Timer,
} from '@polyvisor/core';
import { PciBusToken, PciConfigSpace, type BarWish, type PciBus } from '@polyvisor/devices-platform';
import { z } from 'zod';
import { VirtioCore } from '../virtio/core.ts';
import { commonFeatures, commonOptions, makeVirtioHost } from '../virtio/host.ts';
import type { Options, Services, VirtioDefinition } from '../virtio/model.ts';
import { coreState, type CoreState } from '../virtio/state.ts';
import { VirtioPciFunction } from './function.ts';
import { PciInterrupts } from './interrupts.ts';
import { LegacyRegion } from './legacy.ts';
import { ModernRegion } from './modern.ts';
import { Area, Bar, MODERN_BASE, Msix, VENDOR } from './registers.ts';
import { pciTransportState, type PciTransportState } from './state.ts';

/** MSI-X has no more, and BAR 1 has room for 128. */
const MAX_VECTORS = 128;

const pciOptions = {
  /** Device number on bus 0. */
  slot: z.int().min(0).max(31),
  /** `transitional` also has the registers of virtio 0.9.5; types that came later are modern only. */
  transport: z.enum(['modern', 'transitional']).optional(),
  /** Vectors of MSI-X; default one for each queue and one for the configuration. */
  vectors: z.int().min(1).max(MAX_VECTORS).optional(),
  ...commonOptions,
};
export type PciOptions = z.output<z.ZodObject<typeof pciOptions>>;

export interface VirtioPciState<S> {
  readonly transport: PciTransportState;
  readonly virtio: CoreState;
  readonly device: S;
}

interface VirtioPciResources<V> {
  readonly pio: { readonly legacy: { readonly size: number; readonly movable: true } };
  readonly mmio: {
    readonly modern: { readonly size: number; readonly movable: true };
    readonly msix: { readonly size: number; readonly movable: true };
  };
  readonly msi: true;
  readonly dma: true;
  readonly timers: true;
  readonly services: V & { readonly bus: typeof PciBusToken };
}

/** What the device host of a generic plugin is; TypeScript cannot tell while the services are unknown. */
interface PciHost {
  readonly id: string;
  readonly clock: Clock;
  readonly log: DeviceLog;
  readonly dma: Dma;
  readonly msi: MessagePort;
  readonly placement: Readonly<Record<'legacy' | 'modern' | 'msix', RegionPlacement>>;
  readonly services: { readonly bus: PciBus };
  timer(fire: () => void): Timer;
}

export type VirtioPciPlugin<O extends z.ZodRawShape, V extends Services, S> = DevicePlugin<Options<O> & PciOptions, VirtioPciResources<V>, VirtioPciState<S>>;

/** Makes a device plugin of a virtio device: a PCI function with MSI-X in BAR 1 and the virtio structures in BAR 4. */
export function virtioPci<O extends z.ZodRawShape, V extends Services, S>(
  kind: string, definition: VirtioDefinition<O, V, S>,
): VirtioPciPlugin<O, V, S> {
  // The schema's output is exactly this; zod's types do not add up for an unknown shape.
  const config = z.strictObject({ ...pciOptions, ...definition.options }) as unknown as z.ZodType<Options<O> & PciOptions>;
  const state = z.strictObject({ transport: pciTransportState, virtio: coreState, device: definition.state });
  return defineDevice<Options<O> & PciOptions, VirtioPciResources<V>, VirtioPciState<S>>({
    kind,
    api: 1,
    summary: definition.summary,
    config,
    state: versioned<VirtioPciState<S>>(1, state),
    resources: (options) => ({
      pio: { legacy: { size: LEGACY_SIZE, movable: true } },
      mmio: { modern: { size: Area.ALL, movable: true }, msix: { size: Msix.SIZE, movable: true } },
      msi: true,
      dma: true,
      timers: true,
      services: { ...definition.services(options), bus: PciBusToken },
    }),
    create(options, host, saved) {
      const parts = assemble(definition, options, host as unknown as PciHost, saved?.transport, saved?.virtio);
      const { core, space, interrupts, modern, legacy } = parts;
      const model = definition.create(options, makeVirtioHost<V>(host, core), saved?.device);
      core.attach(model);
      const regions = { legacy, modern, msix: msixRegion(interrupts) };
      const device = {
        regions,
        reset: () => {
          core.powerOn();
          modern.reset();
          interrupts.resetDevice();
          interrupts.msix.reset();
          space.reset();
        },
        save: (): VirtioPciState<S> => ({ transport: saveTransport(parts), virtio: core.save(), device: model.save() }),
        pause: () => model.pause?.(),
        resume: () => model.resume?.(),
        destroy: () => {
          core.destroy();
          interrupts.resetDevice();
        },
      };
      // The regions and the save are there; with unknown services TypeScript cannot reduce the type that says so.
      return device;
    },
  });
}

/** The legacy header, its vectors and configuration space: 128 bytes hold every device's. */
const LEGACY_SIZE = 128;

interface Parts {
  readonly core: VirtioCore;
  readonly space: PciConfigSpace;
  readonly interrupts: PciInterrupts;
  readonly modern: ModernRegion;
  readonly legacy: LegacyRegion;
}

function assemble<O extends z.ZodRawShape, V extends Services, S>(
  definition: VirtioDefinition<O, V, S>, options: Options<O> & PciOptions, host: PciHost,
  saved: PciTransportState | undefined, virtio: CoreState | undefined,
): Parts {
  const { transitionalId, deviceId, classCode } = definition;
  const transitional = transitionalId !== undefined && (options.transport ?? 'transitional') === 'transitional';
  const queueSizes = definition.queues(options);
  const bars: BarWish[] = [
    { index: Bar.MSIX, size: Msix.SIZE, kind: 'memory', place: host.placement.msix },
    { index: Bar.MODERN, size: Area.ALL, kind: 'memory64', prefetchable: true, place: host.placement.modern },
  ];
  if (transitional) bars.push({ index: Bar.LEGACY, size: LEGACY_SIZE, kind: 'io', place: host.placement.legacy });
  const space = new PciConfigSpace({
    vendor: VENDOR,
    device: transitional ? transitionalId : MODERN_BASE + deviceId,
    // Drivers of virtio 0.9.5 ask for revision 0 and find the device's type in the subsystem (§4.1.2.3).
    revision: transitional ? 0 : 1,
    subsystemVendor: VENDOR,
    subsystem: transitional ? deviceId : 0x1100,
    classCode, interruptPin: 1, bars,
  });
  const interrupts = new PciInterrupts(space, host.msi, queueSizes.length, options.vectors ?? Math.min(MAX_VECTORS, queueSizes.length + 1));
  const { clock, log, dma } = host;
  const features = commonFeatures(options, transitional);
  const core = new VirtioCore({ clock, log, dma, interrupts, queueSizes, features, timer: (fire) => host.timer(fire) });
  const modern = new ModernRegion(core, interrupts);
  const legacy = new LegacyRegion(core, interrupts, modern);
  const fn = new VirtioPciFunction(space, modern);
  host.services.bus.attach(host.id, options.slot, 0, fn);
  space.onWritten = () => {
    interrupts.msix.flush();
    interrupts.drive();
  };
  if (saved) restoreTransport({ core, space, interrupts, modern, legacy }, saved);
  if (virtio) core.restore(virtio);
  return { core, space, interrupts, modern, legacy };
}

function msixRegion({ msix }: PciInterrupts) {
  return {
    read: (offset: number, size: 1 | 2 | 4): number => {
      if (offset + size <= msix.tableSize) return msix.table.read(offset, size);
      return offset >= Msix.PENDING ? msix.pending.read(offset - Msix.PENDING, size) : 0;
    },
    write: (offset: number, size: 1 | 2 | 4, value: number): void => {
      if (offset + size <= msix.tableSize) msix.table.write(offset, size, value);
    },
  };
}

function saveTransport({ space, interrupts, modern }: Parts): PciTransportState {
  const { isr, configVector, queueVectors } = interrupts;
  const { deviceFeatureSelect, driverFeatureSelect, queueSelect } = modern;
  const vectors = { configVector, queueVectors: [...queueVectors] };
  return { space: space.save(), msix: interrupts.msix.save(), isr, ...vectors, deviceFeatureSelect, driverFeatureSelect, queueSelect };
}

function restoreTransport({ space, interrupts, modern }: Parts, saved: PciTransportState): void {
  space.restore(saved.space);
  interrupts.msix.restore(saved.msix);
  interrupts.isr = saved.isr;
  interrupts.configVector = saved.configVector;
  interrupts.queueVectors.set(saved.queueVectors.slice(0, interrupts.queueVectors.length));
  modern.deviceFeatureSelect = saved.deviceFeatureSelect;
  modern.driverFeatureSelect = saved.driverFeatureSelect;
  modern.queueSelect = saved.queueSelect;
  interrupts.drive();
}
