import { FRAME_SIZE, RIGHTS_RAM, type AddressSpace } from '@polyvisor/core';
import type { BalloonStatistics, MemoryBalloon } from '@polyvisor/devices-virtio';

/** Gives the frames of a guest's balloon back to the Host. */
export class SpaceBalloon implements MemoryBalloon {
  target = 0;
  onTarget: (() => void) | undefined = undefined;
  statistics: BalloonStatistics = {};
  /** Frames that the guest said the balloon has. */
  actual = 0;
  #space: AddressSpace | undefined;

  /** The machine's memory, once there is a machine. */
  attach(space: AddressSpace): void {
    this.#space = space;
  }

  /** Bytes that the guest should keep of all. */
  keep(bytes: number, all: number): void {
    this.target = Math.max(0, Math.floor((all - bytes) / FRAME_SIZE));
    this.onTarget?.();
  }

  release(gfn: number, count: number): void {
    for (let i = gfn; i < gfn + count; i++) if (this.#isRam(i)) this.#space?.unmap(i, 1);
  }
  reclaim(gfn: number, count: number): void {
    for (let i = gfn; i < gfn + count; i++) if (this.#space?.lookup(i).kind === 'absent') this.#space.populate(i, 1, RIGHTS_RAM);
  }
  onActual(frames: number): void {
    this.actual = frames;
  }
  onStatistics(statistics: BalloonStatistics): void {
    this.statistics = statistics;
  }

  /** The guest may name any number: what is not its RAM stays. */
  #isRam(gfn: number): boolean {
    const page = this.#space?.lookup(gfn);
    return page?.kind === 'ram' && page.rights === RIGHTS_RAM;
  }
}
