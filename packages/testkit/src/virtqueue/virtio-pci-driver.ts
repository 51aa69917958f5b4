import type { Dma, Region } from '@polyvisor/core';
import { misuse } from './buffer-area.ts';
import { DriverQueue } from './driver-queue.ts';
import { PackedDriverQueue } from './packed-driver-queue.ts';

/** A PCI function, as its driver reaches it. */
export interface FunctionAccess {
  /** Configuration space. */
  readonly config: Pick<Region, 'read' | 'write'>;
  /** The region behind a BAR. */
  bar(index: number): Pick<Region, 'read' | 'write'>;
  readonly memory: Dma;
}

export interface VirtioStart {
  /** Feature bits to accept; each has to be offered. VERSION_1 always is. */
  readonly features?: readonly number[];
  /** Accepts everything that is offered, but for these. */
  readonly allBut?: readonly number[];
  /** Where the queues lie in memory, one behind the other; default 0x1000. */
  readonly base?: number;
  /** Bytes of buffers for each queue, used again and again; default 64 KiB. */
  readonly bufferBytes?: number;
  /** Descriptors of a queue, at most what the device offers; default that. */
  readonly size?: number;
}

const Common = {
  deviceFeatureSelect: 0, deviceFeature: 4, driverFeatureSelect: 8, driverFeature: 12, configVector: 16, numQueues: 18, status: 20,
  queueSelect: 22, queueSize: 24, queueVector: 26, queueEnable: 28, queueNotifyOff: 30, queueDesc: 32, queueDriver: 40, queueDevice: 48,
} as const;
const CfgType = { common: 1, notify: 2, isr: 3, device: 4 } as const;
const Status = { acknowledge: 1, driver: 2, driverOk: 4, featuresOk: 8, needsReset: 0x40 } as const;
const Feature = { eventIndex: 29, version1: 32, packed: 34 } as const;
const Capability = { vendor: 0x09, msix: 0x11 } as const;

/** A structure that a vendor capability describes (VIRTIO 1.2 §4.1.4). */
class Structure {
  readonly multiplier: number;
  readonly #region: Pick<Region, 'read' | 'write'>;
  readonly #base: number;
  constructor(region: Pick<Region, 'read' | 'write'>, base: number, multiplier: number) {
    this.#region = region;
    this.#base = base;
    this.multiplier = multiplier;
  }
  read(offset: number, size: 1 | 2 | 4): number {
    const value = this.#region.read(this.#base + offset, size);
    return size === 4 ? value : value & (size === 2 ? 0xffff : 0xff);
  }
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#region.write(this.#base + offset, size, value);
  }
  write64(offset: number, value: number): void {
    this.write(offset, 4, value % 2 ** 32 | 0);
    this.write(offset + 4, 4, Math.floor(value / 2 ** 32));
  }
}

/**
 * A driver of a modern virtio function, which goes the way of Linux: it finds the structures by their capabilities,
 * resets, negotiates, gives each queue a vector and memory, and says that it is ready (VIRTIO 1.2 §3.1.1, §4.1.5.1).
 */
export class VirtioPciDriver {
  readonly queues: (DriverQueue | PackedDriverQueue)[] = [];
  readonly common: Structure;
  readonly isr: Structure;
  readonly device: Structure;
  readonly notifications: Structure;
  readonly #access: FunctionAccess;
  readonly #notifyOffsets: number[] = [];
  #msix = 0;

  constructor(access: FunctionAccess) {
    this.#access = access;
    const found = this.#capabilities();
    const structure = (type: number): Structure => found.get(type) ?? fail(`the function has no structure of type ${type}`);
    this.common = structure(CfgType.common);
    this.notifications = structure(CfgType.notify);
    this.isr = structure(CfgType.isr);
    this.device = structure(CfgType.device);
  }

  get status(): number {
    return this.common.read(Common.status, 1);
  }
  /** The device asks for a reset: it met something that it cannot go on from. */
  get needsReset(): boolean {
    return (this.status & Status.needsReset) !== 0;
  }

  offers(bit: number): boolean {
    this.common.write(Common.deviceFeatureSelect, 4, bit >> 5);
    return (this.common.read(Common.deviceFeature, 4) & (1 << (bit & 31))) !== 0;
  }

  reset(): void {
    this.common.write(Common.status, 1, 0);
    this.queues.length = 0;
    this.#notifyOffsets.length = 0;
  }

  /** Brings the device up; throws when it refuses the features. */
  start(options: VirtioStart = {}): this {
    this.reset();
    this.common.write(Common.status, 1, Status.acknowledge);
    this.common.write(Common.status, 1, Status.acknowledge | Status.driver);
    const accepted = this.#negotiate(options);
    const ready = Status.acknowledge | Status.driver | Status.featuresOk;
    this.common.write(Common.status, 1, ready);
    if ((this.status & Status.featuresOk) === 0) fail('the device refuses the features');
    let base = options.base ?? 0x1000;
    const count = this.common.read(Common.numQueues, 2);
    for (let i = 0; i < count; i += 1) base = this.#setUp(i, base, accepted, options);
    this.common.write(Common.configVector, 2, 0);
    this.common.write(Common.status, 1, ready | Status.driverOk);
    return this;
  }

  /** Tells the device of what was published in a queue. */
  notify(queue: number): void {
    this.notifications.write((this.#notifyOffsets[queue] ?? 0) * this.notifications.multiplier, 2, queue);
  }

  /** Enables MSI-X: vector v sends `data + v` to the address. BAR 1 has the table, as the capability says. */
  enableMsix(address: number, data: number, vectors: number): void {
    if (this.#msix === 0) fail('the function has no MSI-X');
    const { config } = this.#access;
    const place = config.read(this.#msix + 4, 4);
    const table = this.#access.bar(place & 7);
    for (let v = 0; v < vectors; v += 1) {
      const at = (place & ~7) + 16 * v;
      table.write(at, 4, address | 0);
      table.write(at + 4, 4, 0);
      table.write(at + 8, 4, data + v);
      table.write(at + 12, 4, 0);
    }
    config.write(this.#msix + 2, 2, 0x8000);
  }

  #negotiate({ features = [], allBut }: VirtioStart): (bit: number) => boolean {
    const words = [0, 1].map((word) => {
      this.common.write(Common.deviceFeatureSelect, 4, word);
      const offered = this.common.read(Common.deviceFeature, 4);
      let wanted = [...features, Feature.version1].filter((bit) => bit >> 5 === word).reduce((sum, bit) => sum | (1 << (bit & 31)), 0);
      if (allBut) wanted = allBut.filter((bit) => bit >> 5 === word).reduce((rest, bit) => rest & ~(1 << (bit & 31)), offered);
      if ((wanted & ~offered) !== 0) fail(`features 0x${(wanted & ~offered).toString(16)} of word ${word} are not offered`);
      this.common.write(Common.driverFeatureSelect, 4, word);
      this.common.write(Common.driverFeature, 4, wanted);
      return wanted;
    });
    return (bit) => ((words[bit >> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }

  #setUp(index: number, base: number, accepted: (bit: number) => boolean, options: VirtioStart): number {
    const { common } = this;
    common.write(Common.queueSelect, 2, index);
    const size = Math.min(common.read(Common.queueSize, 2), options.size ?? Infinity);
    common.write(Common.queueSize, 2, size);
    common.write(Common.queueVector, 2, index + 1);
    const bufferBytes = options.bufferBytes ?? 0x10000;
    const ring = Math.ceil((size * 26 + 64) / 4096) * 4096;
    const shape = { memory: this.#access.memory, size, base, buffers: base + ring, bufferBytes, eventIndex: accepted(Feature.eventIndex) };
    for (let at = base; at < base + ring; at += 4) shape.memory.store(at, 4, 0);
    const queue = accepted(Feature.packed) ? new PackedDriverQueue(shape) : new DriverQueue(shape);
    common.write64(Common.queueDesc, queue.at.descriptors);
    common.write64(Common.queueDriver, queue.at.avail);
    common.write64(Common.queueDevice, queue.at.used);
    this.#notifyOffsets[index] = common.read(Common.queueNotifyOff, 2);
    common.write(Common.queueEnable, 2, 1);
    this.queues[index] = queue;
    return base + ring + Math.ceil(bufferBytes / 4096) * 4096;
  }

  #capabilities(): Map<number, Structure> {
    const { config } = this.#access;
    const found = new Map<number, Structure>();
    let at = config.read(0x34, 1) & 0xfc;
    for (let n = 0; at !== 0 && n < 48; n += 1) {
      const id = config.read(at, 1) & 0xff;
      if (id === Capability.msix) this.#msix = at;
      if (id === Capability.vendor) {
        const type = config.read(at + 3, 1) & 0xff;
        const multiplier = type === CfgType.notify ? config.read(at + 16, 4) : 1;
        // The first capability of a type counts (§4.1.4.2).
        if (type <= CfgType.device && !found.has(type)) {
          found.set(type, new Structure(this.#access.bar(config.read(at + 4, 1) & 0xff), config.read(at + 8, 4), multiplier));
        }
      }
      at = config.read(at + 1, 1) & 0xfc;
    }
    return found;
  }
}

function fail(why: string): never {
  throw misuse(why);
}
