import type { Region } from '@polyvisor/core';
import { highWord, lowWord, withHigh, withLow } from '../virtio/address.ts';
import type { VirtioCore } from '../virtio/core.ts';
import type { PciInterrupts } from './interrupts.ts';
import { Area, Common, NOTIFY_MULTIPLIER, NO_VECTOR } from './registers.ts';

/** BAR 4: common configuration, ISR, device configuration and notifications, 4 KiB each (VIRTIO 1.2 §4.1.4). */
export class ModernRegion implements Region {
  deviceFeatureSelect = 0;
  driverFeatureSelect = 0;
  queueSelect = 0;
  readonly #core: VirtioCore;
  readonly #interrupts: PciInterrupts;

  constructor(core: VirtioCore, interrupts: PciInterrupts) {
    this.#core = core;
    this.#interrupts = interrupts;
  }

  /** @hot */
  read(offset: number, size: 1 | 2 | 4): number {
    const inside = offset % Area.SIZE;
    switch (offset - inside) {
      case Area.COMMON:
        return inside < Common.END ? this.#word(inside & ~3) >> (8 * (inside & 3)) : 0;
      case Area.ISR:
        return inside === 0 ? this.#interrupts.readIsr() : 0;
      case Area.DEVICE:
        return this.#core.readConfig(inside, size);
      default:
        return 0;
    }
  }

  /** @hot */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    const inside = offset % Area.SIZE;
    switch (offset - inside) {
      case Area.COMMON:
        this.#writeCommon(inside, value);
        break;
      case Area.DEVICE:
        this.#core.writeConfig(inside, size, value);
        break;
      case Area.NOTIFY:
        if (inside % NOTIFY_MULTIPLIER === 0) this.#core.notify(inside / NOTIFY_MULTIPLIER);
        break;
      default:
        break;
    }
  }

  reset(): void {
    this.deviceFeatureSelect = 0;
    this.driverFeatureSelect = 0;
    this.queueSelect = 0;
  }

  /** @hot The 32 bits at a multiple of 4. */
  #word(offset: number): number {
    const core = this.#core;
    const queue = core.queues[this.queueSelect];
    switch (offset) {
      case Common.device_feature_select:
        return this.deviceFeatureSelect;
      case Common.device_feature:
        return core.offered(this.deviceFeatureSelect);
      case Common.driver_feature_select:
        return this.driverFeatureSelect;
      case Common.driver_feature:
        return core.accepted(this.driverFeatureSelect);
      case Common.config_msix_vector:
        return this.#interrupts.configVector | (core.queues.length << 16);
      case Common.device_status:
        return core.status | (core.generation << 8) | (this.queueSelect << 16);
      default:
        break;
    }
    // A queue that is not there has size 0 (§4.1.4.3).
    if (queue === undefined) return 0;
    switch (offset) {
      case Common.queue_size:
        return queue.size | ((this.#interrupts.queueVectors[queue.index] ?? NO_VECTOR) << 16);
      case Common.queue_enable:
        return (queue.enabled ? 1 : 0) | (queue.index << 16);
      case Common.queue_desc:
        return lowWord(queue.descriptors);
      case Common.queue_desc + 4:
        return highWord(queue.descriptors);
      case Common.queue_driver:
        return lowWord(queue.driver);
      case Common.queue_driver + 4:
        return highWord(queue.driver);
      case Common.queue_device:
        return lowWord(queue.device);
      case Common.queue_device + 4:
        return highWord(queue.device);
      default:
        return 0;
    }
  }

  /** @hot Fields are written whole, at their place (§4.1.3.1). */
  #writeCommon(offset: number, value: number): void {
    const core = this.#core;
    switch (offset) {
      case Common.device_feature_select:
        this.deviceFeatureSelect = value;
        break;
      case Common.driver_feature_select:
        this.driverFeatureSelect = value;
        break;
      case Common.driver_feature:
        core.accept(this.driverFeatureSelect, value);
        break;
      case Common.config_msix_vector:
        this.#interrupts.configVector = this.#interrupts.usable(value);
        break;
      case Common.device_status:
        this.#setStatus(value & 0xff);
        break;
      case Common.queue_select:
        this.queueSelect = value & 0xffff;
        break;
      default:
        this.#writeQueue(offset, value);
        break;
    }
  }

  #setStatus(value: number): void {
    this.#core.setStatus(value, false);
    if (value !== 0) return;
    this.reset();
    this.#interrupts.resetDevice();
  }

  /** @hot The fields of the selected queue; but for the vector they are fixed once it is enabled. */
  #writeQueue(offset: number, value: number): void {
    const queue = this.#core.queues[this.queueSelect];
    if (queue === undefined) return;
    if (offset === Common.queue_msix_vector) {
      this.#interrupts.queueVectors[queue.index] = this.#interrupts.usable(value);
      return;
    }
    if (queue.enabled) return;
    switch (offset) {
      case Common.queue_size:
        queue.size = Math.min(value & 0xffff, queue.maxSize);
        break;
      case Common.queue_enable:
        if ((value & 0xffff) === 1) queue.enable();
        break;
      case Common.queue_desc:
        queue.descriptors = withLow(queue.descriptors, value);
        break;
      case Common.queue_desc + 4:
        queue.descriptors = withHigh(queue.descriptors, value);
        break;
      case Common.queue_driver:
        queue.driver = withLow(queue.driver, value);
        break;
      case Common.queue_driver + 4:
        queue.driver = withHigh(queue.driver, value);
        break;
      case Common.queue_device:
        queue.device = withLow(queue.device, value);
        break;
      case Common.queue_device + 4:
        queue.device = withHigh(queue.device, value);
        break;
      default:
        break;
    }
  }
}
