import type { BlockBackend } from '@polyvisor/core';
import type { Chain } from '../queue/chain.ts';
import type { Virtqueue } from '../queue/virtqueue.ts';
import type { Services, VirtioHost, VirtioModel } from '../virtio/model.ts';
import { BufferPool } from '../virtio/buffers.ts';
import { Job } from './job.ts';
import {
  BlkFeature, BlkStatus, HEADER_SIZE, ID_BYTES, MAX_IN_FLIGHT, MAX_MERGED, MAX_RANGE_SECTORS, MAX_REQUEST, Offset, RANGE_SIZE, RangeFlag, SECTOR, Type,
} from './registers.ts';
import type { BlkState } from './state.ts';

export interface BlkSetup {
  readonly backend: BlockBackend;
  readonly config: Uint8Array;
  readonly features: readonly number[];
  readonly readOnly: boolean;
  /** GET_ID's answer. */
  readonly serial: Uint8Array;
}

/**
 * The block device (VIRTIO 1.2 §5.2). Requests run side by side and end in any order, which the specification allows;
 * neighbouring ones of a batch go to the backend as one. A flush covers the writes that had ended when it came.
 */
export class BlkModel implements VirtioModel<BlkState> {
  readonly features: readonly number[];
  readonly config: Uint8Array;
  readonly #host: VirtioHost<Services>;
  readonly #setup: BlkSetup;
  readonly #backend: BlockBackend;
  readonly #buffers = new BufferPool();
  readonly #free: Job[] = [];
  readonly #header = new Uint8Array(HEADER_SIZE);
  readonly #headerView = new DataView(this.#header.buffer);
  readonly #status = new Uint8Array(1);
  /** What the next request may be merged with. */
  #open: Job | undefined;
  #inFlight = 0;
  /** Queues that wait until less is in flight. */
  #stalled = false;
  #generation = 0;
  /** Queues with completions that the driver has not been told of. */
  readonly #dirty: Uint8Array;
  #flushing = false;
  readonly #flush = (): void => this.#flushQueues();

  constructor(host: VirtioHost<Services>, setup: BlkSetup, saved: BlkState | undefined) {
    this.#host = host;
    this.#setup = setup;
    this.#backend = setup.backend;
    this.features = setup.features;
    this.config = setup.config;
    this.#dirty = new Uint8Array(host.queues.length);
    this.config[Offset.writeback] = saved?.writeback === false ? 0 : 1;
    if (!saved) return;
    for (const queue of host.queues) for (const chain of [...queue.inFlight]) this.#request(queue, chain);
    this.#submitOpen();
    // What had ended and was not published yet, or is refused at once, is published in the next turn: restoring is silent.
    this.#dirty.fill(1);
    this.#flushing = true;
    this.#later();
  }

  /** @hot The driver switches the write cache (§5.2.5.2). */
  writeConfig(offset: number, size: 1 | 2 | 4, value: number): void {
    if (offset === Offset.writeback && size === 1 && this.#host.negotiated(BlkFeature.CONFIG_WCE)) this.config[offset] = value & 1;
  }

  /** Without FLUSH the driver cannot ask for stable storage, so that each write has to be (§5.2.5.2). */
  activate(): void {
    if (!this.#host.negotiated(BlkFeature.FLUSH) && !this.#host.negotiated(BlkFeature.CONFIG_WCE)) this.config[Offset.writeback] = 0;
  }

  /** @hot */
  handleQueue(index: number): void {
    const queue = this.#host.queues[index]!;
    for (;;) {
      if (this.#inFlight >= MAX_IN_FLIGHT) {
        this.#stalled = true;
        break;
      }
      const chain = queue.pop();
      if (chain === undefined) break;
      this.#request(queue, chain);
    }
    this.#submitOpen();
    // Requests that were refused are in the used ring already.
    queue.flush();
  }

  /** The disk has another size now (§5.2.6): the driver is told. */
  resized(): void {
    setCapacity(this.config, this.#backend.size);
    this.#host.configChanged();
  }

  reset(): void {
    this.#generation += 1;
    this.#inFlight = 0;
    this.#stalled = false;
    this.#open = undefined;
    this.#dirty.fill(0);
    this.config[Offset.writeback] = 1;
  }

  save(): BlkState {
    return { writeback: this.config[Offset.writeback] === 1 };
  }

  destroy(): void {
    this.#generation += 1;
  }

  /** @hot */
  #request(queue: Virtqueue, chain: Chain): void {
    if (chain.writable < 1 || chain.readable < HEADER_SIZE) {
      this.#host.fail('a block request lacks its header or its status');
      return;
    }
    if (!chain.read(0, this.#header, 0, HEADER_SIZE)) return;
    const type = this.#headerView.getUint32(0, true);
    const offset = (this.#headerView.getUint32(12, true) * 0x1_0000_0000 + this.#headerView.getUint32(8, true)) * SECTOR;
    switch (type) {
      case Type.IN:
        this.#data(queue, chain, type, offset, chain.writable - 1);
        break;
      case Type.OUT:
        if (this.#setup.readOnly) this.#finish(queue, chain, BlkStatus.IOERR, 0);
        else this.#data(queue, chain, type, offset, chain.readable - HEADER_SIZE);
        break;
      case Type.FLUSH:
        this.#submitOpen();
        this.#submit(this.#single(queue, chain, type, 0, 0));
        break;
      case Type.GET_ID:
        this.#identify(queue, chain);
        break;
      case Type.DISCARD:
      case Type.WRITE_ZEROES:
        this.#range(queue, chain, type);
        break;
      default:
        this.#finish(queue, chain, BlkStatus.UNSUPP, 0);
        break;
    }
  }

  /** @hot */
  #data(queue: Virtqueue, chain: Chain, type: number, offset: number, length: number): void {
    const unit = this.#backend.blockSize;
    const wrong = length === 0 || length > MAX_REQUEST || offset + length > this.#backend.size || offset % unit !== 0 || length % unit !== 0;
    if (wrong) {
      this.#finish(queue, chain, BlkStatus.IOERR, 0);
      return;
    }
    this.#inFlight += length;
    const open = this.#open;
    if (open !== undefined && open.type === type && open.offset + open.length === offset && open.length + length <= MAX_MERGED) {
      open.add(chain, queue, length);
      return;
    }
    this.#submitOpen();
    this.#open = this.#single(queue, chain, type, offset, length);
  }

  /** @hot */
  #single(queue: Virtqueue, chain: Chain, type: number, offset: number, length: number): Job {
    const job = this.#free.pop() ?? this.#makeJob();
    job.begin(type, offset, this.#generation);
    job.add(chain, queue, length);
    return job;
  }

  #makeJob(): Job {
    return new Job((job) => this.#done(job), (job, reason) => this.#failed(job, reason));
  }

  /** @hot */
  #submitOpen(): void {
    const job = this.#open;
    if (job === undefined) return;
    this.#open = undefined;
    this.#submit(job);
  }

  /** Hands a job to the backend. What the backend throws at once is an I/O error, too. */
  #submit(job: Job): void {
    if (job.type === Type.OUT && !this.#gather(job)) return;
    try {
      this.#start(job).then(job.done, job.failed);
    } catch (reason) {
      job.failed(reason);
    }
  }

  #start(job: Job): Promise<void> {
    const { type, offset, length } = job;
    if (type === Type.IN) {
      job.buffer = this.#buffers.take(length);
      return this.#backend.read(offset, view(job.buffer, length));
    }
    if (type === Type.FLUSH) return this.#backend.flush();
    const started = type === Type.OUT ? this.#backend.write(offset, view(job.buffer!, length)) : this.#changeRange(job);
    return this.config[Offset.writeback] === 1 ? started : started.then(() => this.#backend.flush());
  }

  /** @hot Brings the data of a write from the guest. False when it is not in memory: then the device needs a reset. */
  #gather(job: Job): boolean {
    const buffer = this.#buffers.take(job.length);
    job.buffer = buffer;
    let at = 0;
    for (let i = 0; i < job.chains.length; i++) {
      if (!job.chains[i]!.read(HEADER_SIZE, buffer, at, job.lengths[i]!)) return false;
      at += job.lengths[i]!;
    }
    return true;
  }

  #done(job: Job): void {
    if (job.generation === this.#generation) this.#deliver(job);
    this.#release(job);
  }

  /** @hot */
  #deliver(job: Job): void {
    const { buffer, type } = job;
    let at = 0;
    for (let i = 0; i < job.chains.length; i++) {
      const chain = job.chains[i]!;
      const length = job.lengths[i]!;
      const written = type === Type.IN ? length : 0;
      if (type === Type.IN && buffer !== undefined && !chain.write(0, buffer, at, length)) return;
      at += length;
      this.#finish(job.queues[i]!, chain, BlkStatus.OK, written);
    }
    this.#ended(job);
  }

  /** A merged job that failed is tried again request by request, since each has a status of its own. */
  #failed(job: Job, _reason: unknown): void {
    if (job.generation !== this.#generation) {
      this.#release(job);
      return;
    }
    if (job.chains.length > 1) {
      let { offset } = job;
      for (let i = 0; i < job.chains.length; i++) {
        const length = job.lengths[i]!;
        this.#submit(this.#single(job.queues[i]!, job.chains[i]!, job.type, offset, length));
        offset += length;
      }
    } else {
      this.#host.log.warn(`the disk's backend failed a request: ${String(_reason)}`);
      this.#finish(job.queues[0]!, job.chains[0]!, BlkStatus.IOERR, 0);
      this.#ended(job);
    }
    this.#release(job);
  }

  /** @hot */
  #ended(job: Job): void {
    if (job.type === Type.IN || job.type === Type.OUT) this.#inFlight -= job.length;
    for (let i = 0; i < job.queues.length; i++) this.#dirty[job.queues[i]!.index] = 1;
    if (this.#flushing) return;
    this.#flushing = true;
    // Jobs that end in the same turn share an interrupt.
    this.#later();
  }

  #later(): void {
    void Promise.resolve().then(this.#flush);
  }

  #flushQueues(): void {
    this.#flushing = false;
    for (const queue of this.#host.queues) {
      if (this.#dirty[queue.index] === 0) continue;
      this.#dirty[queue.index] = 0;
      queue.flush();
    }
    if (!this.#stalled || this.#inFlight > MAX_IN_FLIGHT / 2) return;
    this.#stalled = false;
    for (const queue of this.#host.queues) {
      queue.beginPass();
      this.handleQueue(queue.index);
    }
  }

  /** @hot */
  #release(job: Job): void {
    if (job.buffer !== undefined) this.#buffers.give(job.buffer);
    job.buffer = undefined;
    this.#free.push(job);
  }

  /** @hot The status is the last byte of the chain (§5.2.6). What is said to be written is so from the first byte on (§2.7.8.2). */
  #finish(queue: Virtqueue, chain: Chain, status: number, written: number): void {
    this.#status[0] = status;
    const whole = chain.writable === written + 1;
    if (chain.write(chain.writable - 1, this.#status, 0, 1)) queue.push(chain, whole ? written + 1 : written);
  }

  #identify(queue: Virtqueue, chain: Chain): void {
    const length = Math.min(chain.writable - 1, ID_BYTES);
    if (chain.write(0, this.#setup.serial, 0, length)) this.#finish(queue, chain, BlkStatus.OK, length);
  }

  /** Discard and write zeroes (§5.2.6.2): one range of sectors. */
  #range(queue: Virtqueue, chain: Chain, type: number): void {
    const feature = type === Type.DISCARD ? BlkFeature.DISCARD : BlkFeature.WRITE_ZEROES;
    if (!this.#host.negotiated(feature) || chain.readable !== HEADER_SIZE + RANGE_SIZE) {
      this.#finish(queue, chain, BlkStatus.UNSUPP, 0);
      return;
    }
    if (!chain.read(HEADER_SIZE, this.#header, 0, RANGE_SIZE)) return;
    const offset = (this.#headerView.getUint32(4, true) * 0x1_0000_0000 + this.#headerView.getUint32(0, true)) * SECTOR;
    const sectors = this.#headerView.getUint32(8, true);
    const flags = this.#headerView.getUint32(12, true);
    const unit = this.#backend.blockSize;
    const length = sectors * SECTOR;
    const unknown = (flags & ~RangeFlag.UNMAP) !== 0 || (type === Type.DISCARD && flags !== 0);
    const wrong = this.#setup.readOnly || sectors > MAX_RANGE_SECTORS || offset + length > this.#backend.size || offset % unit !== 0 || length % unit !== 0;
    if (unknown || wrong) {
      this.#finish(queue, chain, unknown ? BlkStatus.UNSUPP : BlkStatus.IOERR, 0);
      return;
    }
    this.#submitOpen();
    this.#submit(this.#single(queue, chain, type, offset, length));
  }

  #changeRange({ type, offset, length }: Job): Promise<void> {
    return type === Type.DISCARD ? this.#backend.discard(offset, length) : this.#backend.writeZeroes(offset, length);
  }
}

export function setCapacity(config: Uint8Array, bytes: number): void {
  const view = new DataView(config.buffer, config.byteOffset);
  const sectors = Math.floor(bytes / SECTOR);
  view.setUint32(Offset.capacity, sectors % 2 ** 32, true);
  view.setUint32(Offset.capacity + 4, Math.floor(sectors / 2 ** 32), true);
}

function view(buffer: Uint8Array, length: number): Uint8Array {
  return buffer.length === length ? buffer : buffer.subarray(0, length);
}
