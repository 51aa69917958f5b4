import type { Timer } from '@polyvisor/core';
import type { Chain } from '../queue/chain.ts';
import type { Virtqueue } from '../queue/virtqueue.ts';
import type { Services, VirtioHost, VirtioModel } from '../virtio/model.ts';
import type { BalloonStatistics, MemoryBalloon } from './balloon.ts';
import { BATCH, BalloonFeature, Offset, PAGE_SIZE, STATISTICS, STATISTIC_SIZE } from './registers.ts';
import type { BalloonState } from './state.ts';

export interface BalloonSetup {
  readonly service: MemoryBalloon;
  readonly deflateOnOom: boolean;
  readonly reporting: boolean;
  readonly poison: boolean;
  /** Nanoseconds between statistics; 0 for none. */
  readonly interval: number;
}

/** What a queue is for; which one it is hangs on the features (§5.5.2). */
const Role = { INFLATE: 0, DEFLATE: 1, STATISTICS: 2, REPORTING: 3, NONE: 4 } as const;

/** The memory balloon (VIRTIO 1.2 §5.5). */
export class BalloonModel implements VirtioModel<BalloonState> {
  readonly features: readonly number[];
  readonly config = new Uint8Array(Offset.END);
  readonly #host: VirtioHost<Services>;
  readonly #setup: BalloonSetup;
  readonly #view = new DataView(this.config.buffer);
  readonly #frames = new Uint8Array(4 * BATCH);
  readonly #framesView = new DataView(this.#frames.buffer);
  readonly #timer: Timer;

  constructor(host: VirtioHost<Services>, setup: BalloonSetup, saved: BalloonState | undefined) {
    this.#host = host;
    this.#setup = setup;
    this.features = [
      ...(setup.interval > 0 ? [BalloonFeature.STATS_VQ] : []),
      ...(setup.deflateOnOom ? [BalloonFeature.DEFLATE_ON_OOM] : []),
      ...(setup.poison ? [BalloonFeature.PAGE_POISON] : []),
      ...(setup.reporting ? [BalloonFeature.PAGE_REPORTING] : []),
    ];
    this.#timer = host.timer(() => this.#ask());
    this.#view.setUint32(Offset.actual, saved?.actual ?? 0, true);
    this.#view.setUint32(Offset.poison_val, saved?.poison ?? 0, true);
    if (saved && saved.asksAt !== null) this.#timer.arm(saved.asksAt);
    this.#aim();
    setup.service.onTarget = () => {
      this.#aim();
      host.configChanged();
    };
  }

  /** @hot The driver tells how far it is, and what freed pages are filled with. */
  writeConfig(offset: number, size: 1 | 2 | 4, value: number): void {
    const poison = offset >= Offset.poison_val && this.#host.negotiated(BalloonFeature.PAGE_POISON);
    const actual = offset >= Offset.actual && offset + size <= Offset.free_page_hint_cmd_id;
    if (!poison && !actual) return;
    for (let i = 0; i < size; i++) this.config[offset + i] = value >> (8 * i);
    if (actual) this.#setup.service.onActual?.(this.#view.getUint32(Offset.actual, true));
  }

  activate(): void {
    if (this.#host.negotiated(BalloonFeature.STATS_VQ)) this.#timer.arm(this.#host.clock.now() + this.#setup.interval);
  }

  /** @hot */
  handleQueue(index: number): void {
    const queue = this.#host.queues[index]!;
    const role = this.#role(index);
    // The buffer of statistics stays here until the next ones are wanted.
    if (role === Role.NONE) return;
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      if (role === Role.STATISTICS) {
        this.#statistics(queue, chain);
        continue;
      }
      if (role === Role.REPORTING) this.#report(chain);
      else if (!this.#move(chain, role === Role.INFLATE)) return;
      queue.push(chain, 0);
    }
    queue.flush();
  }

  reset(): void {
    this.#timer.cancel();
    this.#view.setUint32(Offset.actual, 0, true);
    this.#view.setUint32(Offset.poison_val, 0, true);
  }

  save(): BalloonState {
    return {
      actual: this.#view.getUint32(Offset.actual, true), poison: this.#view.getUint32(Offset.poison_val, true),
      asksAt: this.#timer.armed ? this.#timer.deadline : null,
    };
  }

  destroy(): void {
    this.#timer.cancel();
    this.#setup.service.onTarget = undefined;
  }

  #aim(): void {
    this.#view.setUint32(Offset.num_pages, Math.min(this.#setup.service.target, 0xffff_ffff), true);
  }

  /** @hot Queues that were not negotiated are left out of the count. */
  #role(index: number): number {
    if (index < 2) return index;
    const statistics = this.#host.negotiated(BalloonFeature.STATS_VQ);
    if (statistics && index === 2) return Role.STATISTICS;
    const reporting = this.#host.negotiated(BalloonFeature.PAGE_REPORTING);
    return reporting && index === (statistics ? 3 : 2) ? Role.REPORTING : Role.NONE;
  }

  /** @hot A list of frame numbers; neighbours, in either direction, are given on together. */
  #move(chain: Chain, inflate: boolean): boolean {
    if (chain.readable > 2 ** 20) {
      this.#host.fail('a list of page frame numbers is longer than 1 MiB');
      return false;
    }
    const total = chain.readable & ~3;
    let first = 0;
    let count = 0;
    for (let at = 0; at < total; at += 4 * BATCH) {
      const length = Math.min(4 * BATCH, total - at);
      if (!chain.read(at, this.#frames, 0, length)) return false;
      for (let i = 0; i < length; i += 4) {
        const gfn = this.#framesView.getUint32(i, true);
        if (count > 0 && gfn === first + count) count += 1;
        else if (count > 0 && gfn === first - 1) {
          first = gfn;
          count += 1;
        } else {
          this.#pass(first, count, inflate);
          first = gfn;
          count = 1;
        }
      }
    }
    this.#pass(first, count, inflate);
    return true;
  }

  /** @hot */
  #pass(first: number, count: number, inflate: boolean): void {
    if (count === 0) return;
    if (inflate) this.#setup.service.release(first, count);
    else this.#setup.service.reclaim(first, count);
  }

  /** Free pages are the buffers themselves (§5.5.6.7). With a poison other than zero their contents matter. */
  #report(chain: Chain): void {
    if (this.#host.negotiated(BalloonFeature.PAGE_POISON) && this.#view.getUint32(Offset.poison_val, true) !== 0) return;
    for (let i = 0; i < chain.count; i++) {
      const from = Math.ceil(chain.address(i) / PAGE_SIZE);
      const to = Math.floor((chain.address(i) + chain.length(i)) / PAGE_SIZE);
      if (to > from) this.#setup.service.discard?.(from, to - from);
    }
  }

  #statistics(queue: Virtqueue, chain: Chain): void {
    const length = Math.min(chain.readable, this.#frames.length);
    if (!chain.read(0, this.#frames, 0, length)) return;
    const found: Partial<Record<(typeof STATISTICS)[number], number>> = {};
    for (let at = 0; at + STATISTIC_SIZE <= length; at += STATISTIC_SIZE) {
      const name = STATISTICS[this.#framesView.getUint16(at, true)];
      if (name !== undefined) found[name] = this.#framesView.getUint32(at + 6, true) * 2 ** 32 + this.#framesView.getUint32(at + 2, true);
    }
    const statistics: BalloonStatistics = found;
    if (length > 0) this.#setup.service.onStatistics?.(statistics);
    // One buffer goes to and fro; what a driver adds beyond it goes back at once.
    if (queue.inFlight.length > 1) queue.push(chain, 0);
  }

  /** Giving the buffer back asks for new statistics (§5.5.6.3). */
  #ask(): void {
    this.#timer.arm(this.#host.clock.now() + this.#setup.interval);
    const queue = this.#host.queues[2]!;
    const [chain] = queue.inFlight;
    if (chain === undefined) return;
    queue.push(chain, 0);
    queue.flush();
  }
}
