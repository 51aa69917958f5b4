import type { Region } from '@polyvisor/core';
import type { VirtioCore } from '../virtio/core.ts';
import type { Virtqueue } from '../queue/virtqueue.ts';
import type { PciInterrupts } from './interrupts.ts';
import { LEGACY_PAGE, Legacy } from './registers.ts';
import type { ModernRegion } from './modern.ts';

/** BAR 0 of transitional devices: the registers of virtio 0.9.5 (VIRTIO 1.2 §4.1.4.10). A queue is one run of pages. */
export class LegacyRegion implements Region {
  readonly #core: VirtioCore;
  readonly #interrupts: PciInterrupts;
  /** Both interfaces select with the same register. */
  readonly #modern: ModernRegion;

  constructor(core: VirtioCore, interrupts: PciInterrupts, modern: ModernRegion) {
    this.#core = core;
    this.#interrupts = interrupts;
    this.#modern = modern;
  }

  /** @hot */
  read(offset: number, size: 1 | 2 | 4): number {
    const core = this.#core;
    const queue = core.queues[this.#modern.queueSelect];
    switch (offset) {
      case Legacy.device_features:
        return core.offered(0);
      case Legacy.guest_features:
        return core.accepted(0);
      case Legacy.queue_address:
        return queue === undefined ? 0 : Math.floor(queue.descriptors / LEGACY_PAGE) | 0;
      case Legacy.queue_size:
        return queue === undefined ? 0 : queue.size;
      case Legacy.queue_select:
        return this.#modern.queueSelect;
      case Legacy.device_status:
        return core.status;
      case Legacy.isr_status:
        return this.#interrupts.readIsr();
      default:
        return this.#readBehind(offset, size);
    }
  }

  /** @hot */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    const core = this.#core;
    switch (offset) {
      case Legacy.guest_features:
        core.accept(0, value);
        break;
      case Legacy.queue_address:
        this.#place(core.queues[this.#modern.queueSelect], value >>> 0);
        break;
      case Legacy.queue_select:
        this.#modern.queueSelect = value & 0xffff;
        break;
      case Legacy.queue_notify:
        core.notify(value & 0xffff);
        break;
      case Legacy.device_status:
        this.#setStatus(value & 0xff);
        break;
      default:
        this.#writeBehind(offset, size, value);
        break;
    }
  }

  /** @hot */
  #readBehind(offset: number, size: 1 | 2 | 4): number {
    const { enabled } = this.#interrupts.msix;
    if (enabled && offset === Legacy.config_msix_vector) return this.#interrupts.configVector;
    if (enabled && offset === Legacy.queue_vector) return this.#interrupts.queueVectors[this.#modern.queueSelect] ?? 0;
    const config = enabled ? Legacy.CONFIG_WITH_MSIX : Legacy.CONFIG;
    return offset >= config ? this.#core.readConfig(offset - config, size) : 0;
  }

  /** @hot */
  #writeBehind(offset: number, size: 1 | 2 | 4, value: number): void {
    const { enabled } = this.#interrupts.msix;
    const { queueSelect } = this.#modern;
    if (enabled && offset === Legacy.config_msix_vector) this.#interrupts.configVector = this.#interrupts.usable(value);
    else if (enabled && offset === Legacy.queue_vector && queueSelect < this.#core.queues.length) {
      this.#interrupts.queueVectors[queueSelect] = this.#interrupts.usable(value);
    } else {
      const config = enabled ? Legacy.CONFIG_WITH_MSIX : Legacy.CONFIG;
      if (offset >= config) this.#core.writeConfig(offset - config, size, value);
    }
  }

  #setStatus(value: number): void {
    this.#core.setStatus(value, true);
    if (value !== 0) return;
    this.#modern.reset();
    this.#interrupts.resetDevice();
  }

  /** A page number places and enables a queue, 0 takes it away (§4.1.5.1.3.1). */
  #place(queue: Virtqueue | undefined, page: number): void {
    if (queue === undefined) return;
    if (page === 0) queue.reset();
    else if (!queue.enabled) placeLegacyQueue(queue, page * LEGACY_PAGE, LEGACY_PAGE);
  }
}

/** Descriptors, available ring, and the used ring at the next multiple of `align` (§2.7.2). */
export function placeLegacyQueue(queue: Virtqueue, at: number, align: number): void {
  queue.descriptors = at;
  queue.driver = at + 16 * queue.size;
  queue.device = Math.ceil((queue.driver + 6 + 2 * queue.size) / align) * align;
  queue.enable();
}
