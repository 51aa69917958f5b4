/**
 * Which TLB tags the processor uses. A context (guest tag and PCID) has three: for user accesses, supervisor accesses, and
 * supervisor accesses with RFLAGS.AC. Forgetting a context means taking new tags for it, so nothing is searched; the table
 * is flushed when the tags run out.
 */
import { MMU_OFFSETS, TlbTag } from '@polyvisor/core';
import type { Engine } from '../engine/engine.ts';

type State = (state: number) => void;

export class Translation {
  readonly #engine: Engine;
  /** First tag of each known context. */
  readonly #contexts = new Map<number, number>();
  #next: number = TlbTag.first;
  #current = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.use(0);
  }

  /** Makes a context the current one; `keep` says that what is known of it still holds. */
  use(context: number, keep = true): void {
    if (!keep) this.#resync();
    let first = keep ? this.#contexts.get(context) : undefined;
    if (first === undefined) {
      if (this.#next + 2 > TlbTag.last) this.#exhausted();
      first = this.#next;
      this.#next += 3;
      this.#contexts.set(context, first);
    }
    this.#current = context;
    const { view } = this.#engine.host, { block } = this.#engine;
    view.setInt32(block + MMU_OFFSETS.tagUser, first, true);
    view.setInt32(block + MMU_OFFSETS.tagSupervisor, first + 1, true);
    view.setInt32(block + MMU_OFFSETS.tagSupervisorAc, first + 2, true);
  }

  /** Forgets one context. */
  forget(context: number): void {
    if (context === this.#current) this.use(context, false);
    else {
      this.#resync();
      this.#contexts.delete(context);
    }
  }
  /** Forgets all of them, global pages included. */
  forgetAll(): void {
    this.#contexts.clear();
    this.use(this.#current, false);
  }
  /** Forgets a page in all contexts. */
  forgetPage(linear: number): void {
    (this.#engine.mmu['flushPage'] as ((state: number, low: number, high: number) => void) | undefined)?.(
      this.#engine.block, linear | 0, Math.floor(linear / 2 ** 32) | 0);
  }

  /** An MMU that keeps what it learned from the guest's tables hears when changes to them count. */
  #resync(): void {
    (this.#engine.mmu['resync'] as State | undefined)?.(this.#engine.block);
  }
  #exhausted(): void {
    (this.#engine.mmu['flushCpu'] as State | undefined)?.(this.#engine.block);
    this.#contexts.clear();
    this.#next = TlbTag.first;
  }
}
