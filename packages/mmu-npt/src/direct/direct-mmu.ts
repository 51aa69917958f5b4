import type { FlushScope, HostOffset, Mmu, MmuHost, MmuStatistics, Translation, VcpuState } from '@polyvisor/core';
import type { MemoryType, Mtrrs } from '../memory-type/memory-type.ts';
import type { WalkOptions } from '../walk/options.ts';
import { WalkMmu } from '../walk-mmu.ts';
import { DirectFrames } from './direct-frames.ts';

export type DirectOptions = Omit<WalkOptions, 'strategy' | 'format' | 'accessedDirty'>;

/**
 * Direct paging, as paravirtual guests have it: their tables hold machine frames, so a walk has one level. A frame counts
 * only as far as `frames` says that the guest owns it; everything else is a nested fault. The address space is not looked
 * at; guest-physical addresses in results and flushes are machine addresses.
 */
export class DirectMmu implements Mmu {
  readonly strategy = 'direct';
  readonly frames: DirectFrames;
  readonly #walker: WalkMmu;

  constructor(options: DirectOptions, mmuHost: MmuHost) {
    this.frames = new DirectFrames(mmuHost.host, (mfn) => {
      this.#walker.flush({ what: 'frames', gfn: mfn, count: 1 });
    });
    this.#walker = new WalkMmu({ ...options, strategy: 'direct', accessedDirty: true }, mmuHost, undefined, { owned: this.frames.offset });
  }

  attach(cpu: number, state: HostOffset): void {
    this.#walker.attach(cpu, state);
  }
  imports(): WebAssembly.ModuleImports {
    return this.#walker.imports();
  }
  translate(state: VcpuState, linear: number, access: number, cpl: number): Translation {
    return this.#walker.translate(state, linear, access, cpl);
  }
  /** See `WalkMmu`. */
  memoryType(state: VcpuState, linear: number, cpl: number, mtrrs: Mtrrs): MemoryType | undefined {
    return this.#walker.memoryType(state, linear, cpl, mtrrs);
  }
  flush(scope: FlushScope): void {
    this.#walker.flush(scope);
  }
  statistics(): MmuStatistics {
    return this.#walker.statistics();
  }
  destroy(): void {
    this.#walker.destroy();
    this.frames.release();
  }
}
