import type { LevelLine, Region } from '@polyvisor/core';
import { z } from 'zod';
import { placeLegacyQueue } from '../pci/legacy.ts';
import type { Virtqueue } from '../queue/virtqueue.ts';
import { withHigh, withLow } from '../virtio/address.ts';
import { Isr } from '../virtio/constants.ts';
import type { Interrupts, VirtioCore } from '../virtio/core.ts';
import { MAGIC, REGION_SIZE, Reg, VENDOR_ID } from './registers.ts';

export const mmioTransportState = z.strictObject({
  interruptStatus: z.int().min(0).max(3),
  deviceFeaturesSel: z.int32(),
  driverFeaturesSel: z.int32(),
  queueSel: z.int().min(0).max(0xffff),
  /** Of the legacy interface, in bytes. */
  guestPageSize: z.int().min(0),
  queueAlign: z.int().min(0),
});
export type MmioTransportState = z.output<typeof mmioTransportState>;

/** The interrupt line and its status register. */
export class MmioInterrupts implements Interrupts {
  status = 0;
  readonly #line: LevelLine;

  constructor(line: LevelLine) {
    this.#line = line;
  }

  /** @hot */
  queueInterrupt(): void {
    this.set(this.status | Isr.QUEUE);
  }
  /** @hot */
  configInterrupt(): void {
    this.set(this.status | Isr.CONFIG);
  }
  /** @hot */
  set(status: number): void {
    this.status = status;
    this.#line.set(status !== 0);
  }
}

export interface MmioSetup {
  readonly core: VirtioCore;
  readonly interrupts: MmioInterrupts;
  readonly deviceId: number;
  /** Version 1 is the legacy interface (§4.2.4). */
  readonly legacy: boolean;
}

/** The registers (§4.2.2): 32 bits each, but for the device's configuration space. */
export class MmioRegion implements Region {
  readonly #setup: MmioSetup;
  readonly #core: VirtioCore;
  #deviceFeaturesSel = 0;
  #driverFeaturesSel = 0;
  #queueSel = 0;
  #guestPageSize = 4096;
  #queueAlign = 4096;

  constructor(setup: MmioSetup, saved: MmioTransportState | undefined) {
    this.#setup = setup;
    this.#core = setup.core;
    if (!saved) return;
    this.#deviceFeaturesSel = saved.deviceFeaturesSel;
    this.#driverFeaturesSel = saved.driverFeaturesSel;
    this.#queueSel = saved.queueSel;
    this.#guestPageSize = saved.guestPageSize;
    this.#queueAlign = saved.queueAlign;
    setup.interrupts.set(saved.interruptStatus);
  }

  /** @hot */
  read(offset: number, size: 1 | 2 | 4): number {
    const core = this.#core;
    if (offset >= Reg.Config) return offset + size <= REGION_SIZE ? core.readConfig(offset - Reg.Config, size) : 0;
    if (size !== 4) return 0;
    const { legacy } = this.#setup;
    const queue = core.queues[this.#queueSel];
    switch (offset) {
      case Reg.MagicValue:
        return MAGIC;
      case Reg.Version:
        return legacy ? 1 : 2;
      case Reg.DeviceID:
        return this.#setup.deviceId;
      case Reg.VendorID:
        return VENDOR_ID;
      case Reg.DeviceFeatures:
        return legacy && this.#deviceFeaturesSel > 0 ? 0 : core.offered(this.#deviceFeaturesSel);
      case Reg.QueueNumMax:
        return queue === undefined ? 0 : queue.maxSize;
      case Reg.QueuePFN:
        return legacy && queue !== undefined ? Math.floor(queue.descriptors / this.#guestPageSize) | 0 : 0;
      case Reg.QueueReady:
        return queue?.enabled === true && !legacy ? 1 : 0;
      case Reg.InterruptStatus:
        return this.#setup.interrupts.status;
      case Reg.Status:
        return core.status;
      case Reg.ConfigGeneration:
        return core.generation;
      default:
        return 0;
    }
  }

  /** @hot */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    const core = this.#core;
    if (offset >= Reg.Config) {
      core.writeConfig(offset - Reg.Config, size, value);
      return;
    }
    if (size !== 4) return;
    switch (offset) {
      case Reg.DeviceFeaturesSel:
        this.#deviceFeaturesSel = value;
        break;
      case Reg.DriverFeatures:
        core.accept(this.#driverFeaturesSel, value);
        break;
      case Reg.DriverFeaturesSel:
        this.#driverFeaturesSel = value;
        break;
      case Reg.QueueSel:
        this.#queueSel = value & 0xffff;
        break;
      case Reg.QueueNotify:
        core.notify(value & 0xffff);
        break;
      case Reg.InterruptACK:
        this.#setup.interrupts.set(this.#setup.interrupts.status & ~value);
        break;
      case Reg.Status:
        this.#setStatus(value & 0xff);
        break;
      default:
        this.#writeQueue(offset, value);
        break;
    }
  }

  reset(): void {
    this.#deviceFeaturesSel = 0;
    this.#driverFeaturesSel = 0;
    this.#queueSel = 0;
    this.#guestPageSize = 4096;
    this.#queueAlign = 4096;
    this.#setup.interrupts.set(0);
  }

  save(): MmioTransportState {
    return {
      interruptStatus: this.#setup.interrupts.status, deviceFeaturesSel: this.#deviceFeaturesSel, driverFeaturesSel: this.#driverFeaturesSel,
      queueSel: this.#queueSel, guestPageSize: this.#guestPageSize, queueAlign: this.#queueAlign,
    };
  }

  #setStatus(value: number): void {
    this.#core.setStatus(value, this.#setup.legacy);
    if (value === 0) this.reset();
  }

  /** @hot */
  #writeQueue(offset: number, value: number): void {
    const queue = this.#core.queues[this.#queueSel];
    if (this.#setup.legacy) this.#writeLegacy(queue, offset, value);
    else if (queue === undefined) return;
    else if (offset === Reg.QueueReady) this.#setReady(queue, value & 1);
    else if (!queue.enabled) placeQueue(queue, offset, value);
  }

  #setReady(queue: Virtqueue, ready: number): void {
    if (ready === 0) queue.reset();
    else if (!queue.enabled) queue.enable();
  }

  /** @hot */
  #writeLegacy(queue: Virtqueue | undefined, offset: number, value: number): void {
    if (offset === Reg.GuestPageSize) this.#guestPageSize = usablePage(value, this.#guestPageSize);
    else if (offset === Reg.QueueAlign) this.#queueAlign = usablePage(value, this.#queueAlign);
    else if (queue === undefined) return;
    else if (offset === Reg.QueuePFN && value === 0) queue.reset();
    else if (queue.enabled) return;
    else if (offset === Reg.QueueNum) queue.size = Math.min(value & 0xffff, queue.maxSize);
    else if (offset === Reg.QueuePFN) placeLegacyQueue(queue, (value >>> 0) * this.#guestPageSize, this.#queueAlign);
  }
}

/** @hot A power of two, or what was there before. */
function usablePage(value: number, before: number): number {
  return value > 0 && (value & (value - 1)) === 0 ? value : before;
}

/** @hot */
function placeQueue(queue: Virtqueue, offset: number, value: number): void {
  switch (offset) {
    case Reg.QueueNum:
      queue.size = Math.min(value & 0xffff, queue.maxSize);
      break;
    case Reg.QueueDescLow:
      queue.descriptors = withLow(queue.descriptors, value);
      break;
    case Reg.QueueDescHigh:
      queue.descriptors = withHigh(queue.descriptors, value);
      break;
    case Reg.QueueDriverLow:
      queue.driver = withLow(queue.driver, value);
      break;
    case Reg.QueueDriverHigh:
      queue.driver = withHigh(queue.driver, value);
      break;
    case Reg.QueueDeviceLow:
      queue.device = withLow(queue.device, value);
      break;
    case Reg.QueueDeviceHigh:
      queue.device = withHigh(queue.device, value);
      break;
    default:
      break;
  }
}
