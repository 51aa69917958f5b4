import type { Clock, DeviceLog, Dma, Timer } from '@polyvisor/core';
import { Virtqueue, type QueueOwner } from '../queue/virtqueue.ts';
import { Feature, Status } from './constants.ts';
import type { VirtioModel } from './model.ts';
import type { CoreState } from './state.ts';

/** The transport's side: how the driver is interrupted. */
export interface Interrupts {
  queueInterrupt(queue: number): void;
  configInterrupt(): void;
}

export interface CoreWiring {
  readonly clock: Clock;
  readonly log: DeviceLog;
  readonly dma: Dma;
  readonly interrupts: Interrupts;
  readonly queueSizes: readonly number[];
  /** Feature bits that transport and configuration decide on. */
  readonly features: readonly number[];
  timer(fire: () => void): Timer;
}

/** What all transports share: status, feature negotiation, queues, configuration space (VIRTIO 1.2 §2, §3). */
export class VirtioCore implements QueueOwner {
  readonly dma: Dma;
  readonly queues: readonly Virtqueue[];
  status = 0;
  generation = 0;
  /** Features that the driver accepted. */
  featuresLow = 0;
  featuresHigh = 0;
  #offeredLow = 0;
  #offeredHigh = 0;
  #model: VirtioModel<unknown> | undefined;
  readonly #wiring: CoreWiring;
  readonly #timer: Timer;
  readonly #again: Uint8Array;

  constructor(wiring: CoreWiring) {
    this.#wiring = wiring;
    this.dma = wiring.dma;
    this.queues = wiring.queueSizes.map((size, index) => new Virtqueue(index, size, this));
    this.#again = new Uint8Array(this.queues.length);
    this.#timer = wiring.timer(() => this.#continue());
  }

  /** Restores what the model depends on; before the model is made. */
  restore(saved: CoreState): void {
    this.status = saved.status;
    this.featuresLow = saved.featuresLow;
    this.featuresHigh = saved.featuresHigh;
    this.generation = saved.generation;
    for (const [i, queue] of this.queues.entries()) {
      const state = saved.queues[i];
      if (state) queue.restore(state);
    }
    if (!saved.again) return;
    for (const queue of saved.again.queues) this.#again[queue] = 1;
    this.#timer.arm(saved.again.at);
  }

  attach(model: VirtioModel<unknown>): void {
    this.#model = model;
    for (const bit of [...this.#wiring.features, ...model.features]) {
      if (bit < 32) this.#offeredLow |= 1 << bit;
      else this.#offeredHigh |= 1 << (bit - 32);
    }
  }

  /** @hot 32 feature bits (§2.2). */
  offered(word: number): number {
    return word === 0 ? this.#offeredLow : word === 1 ? this.#offeredHigh : 0;
  }
  /** @hot */
  accepted(word: number): number {
    return word === 0 ? this.featuresLow : word === 1 ? this.featuresHigh : 0;
  }
  /** @hot The driver accepts features, until it has set FEATURES_OK. */
  accept(word: number, bits: number): void {
    if ((this.status & (Status.FEATURES_OK | Status.DRIVER_OK)) !== 0) return;
    if (word === 0) this.featuresLow = bits;
    else if (word === 1) this.featuresHigh = bits;
  }

  /** @hot */
  negotiated(bit: number): boolean {
    return bit < 32 ? (this.featuresLow & (1 << bit)) !== 0 : (this.featuresHigh & (1 << (bit - 32))) !== 0;
  }
  get packed(): boolean {
    return this.negotiated(Feature.RING_PACKED);
  }
  get eventIndex(): boolean {
    return this.negotiated(Feature.EVENT_IDX);
  }
  get indirect(): boolean {
    return this.negotiated(Feature.INDIRECT_DESC);
  }
  /** @hot */
  get live(): boolean {
    return (this.status & (Status.DRIVER_OK | Status.NEEDS_RESET)) === Status.DRIVER_OK;
  }

  /** The driver writes the device status (§2.1): it sets bits, or resets everything with 0. */
  setStatus(value: number, legacy: boolean): void {
    const wanted = value & 0xff & ~Status.NEEDS_RESET;
    if (wanted === 0) {
      this.reset();
      return;
    }
    const fresh = wanted & ~this.status;
    let next = this.status | wanted;
    if ((fresh & Status.FEATURES_OK) !== 0 && !this.#featuresFit(legacy)) next &= ~Status.FEATURES_OK;
    const starts = (fresh & Status.DRIVER_OK) !== 0;
    if (starts && !legacy && (next & Status.FEATURES_OK) === 0) {
      this.#wiring.log.guestError('DRIVER_OK was set before the features were agreed on');
      next &= ~Status.DRIVER_OK;
    }
    if (starts && legacy) this.#maskFeatures();
    this.status = next;
    if (starts && this.live) this.#start();
  }

  /** @hot The driver notifies the device of a queue (§2.9). */
  notify(queue: number): void {
    const found = this.queues[queue];
    if (found === undefined || !found.enabled || !this.live) return;
    found.beginPass();
    this.#model?.handleQueue(queue);
  }

  /** @hot Reads the device-specific configuration space; zeros behind its end. */
  readConfig(offset: number, size: 1 | 2 | 4): number {
    const bytes = this.#model?.config;
    if (bytes === undefined) return 0;
    let value = 0;
    for (let i = 0; i < size; i++) if (offset + i < bytes.length) value |= bytes[offset + i]! << (8 * i);
    return value;
  }
  /** @hot */
  writeConfig(offset: number, size: 1 | 2 | 4, value: number): void {
    const model = this.#model;
    if (model?.writeConfig && offset + size <= model.config.length) model.writeConfig(offset, size, value);
  }

  configChanged(): void {
    this.generation = (this.generation + 1) & 0xff;
    if (this.live) this.#wiring.interrupts.configInterrupt();
  }

  fail(why: string): void {
    if ((this.status & Status.NEEDS_RESET) !== 0) return;
    this.#wiring.log.guestError(`${why}; the device needs a reset`);
    const told = this.live;
    this.status |= Status.NEEDS_RESET;
    if (told) this.#wiring.interrupts.configInterrupt();
  }

  interrupt(queue: number): void {
    this.#wiring.interrupts.queueInterrupt(queue);
  }

  /** The rest is done at the next occasion, so that the guest and its host get a turn. */
  again(queue: number): void {
    this.#again[queue] = 1;
    if (!this.#timer.armed) this.#timer.arm(this.#wiring.clock.now());
  }

  reset(): void {
    this.status = 0;
    this.featuresLow = 0;
    this.featuresHigh = 0;
    this.#timer.cancel();
    this.#again.fill(0);
    for (const queue of this.queues) queue.reset();
    this.#model?.reset();
  }

  /** A reset of the machine. */
  powerOn(): void {
    this.reset();
    this.generation = 0;
  }

  save(): CoreState {
    const queues = this.queues.map((queue) => queue.save());
    const waiting = this.queues.flatMap((_, i) => (this.#again[i] ? [i] : []));
    const again = this.#timer.armed ? { at: this.#timer.deadline, queues: waiting } : null;
    const { status, featuresLow, featuresHigh, generation } = this;
    return { status, featuresLow, featuresHigh, generation, queues, again };
  }

  destroy(): void {
    this.status = 0;
    this.#timer.cancel();
    this.#model?.destroy?.();
  }

  #start(): void {
    this.#model?.activate?.();
    // What was published before DRIVER_OK was set may never be notified of again.
    for (const queue of this.queues) this.notify(queue.index);
  }

  #continue(): void {
    for (const queue of this.queues) {
      if (this.#again[queue.index] === 0) continue;
      this.#again[queue.index] = 0;
      this.notify(queue.index);
    }
  }

  #featuresFit(legacy: boolean): boolean {
    const unknown = (this.featuresLow & ~this.#offeredLow) | (this.featuresHigh & ~this.#offeredHigh);
    if (unknown !== 0) this.#wiring.log.guestError('the driver accepted features that are not offered');
    else if (!legacy && !this.negotiated(Feature.VERSION_1)) this.#wiring.log.guestError('the driver did not accept VERSION_1');
    else return true;
    return false;
  }

  /** Drivers from before VIRTIO 1.0 are not asked again. */
  #maskFeatures(): void {
    this.featuresLow &= this.#offeredLow;
    this.featuresHigh &= this.#offeredHigh & ~(1 << (Feature.VERSION_1 - 32)) & ~(1 << (Feature.RING_PACKED - 32));
  }
}
