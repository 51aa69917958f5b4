import { type FlushScope, type HostOffset, type Mmu, type MmuHost, type MmuStatistics, MMU_OFFSETS, type Translation, type VcpuState } from '@polyvisor/core';
import type { MemoryType, Mtrrs } from '../memory-type/memory-type.ts';
import type { WalkOptions } from '../walk/options.ts';
import { WalkMmu } from '../walk-mmu.ts';
import { ShadowTables, type ShadowStatistics } from './shadow-tables.ts';

export interface ShadowOptions extends Omit<WalkOptions, 'strategy' | 'format' | 'accessedDirty'> {
  /** How many shadow pages there may be: 4 KiB of the Host's tables for each, and as much of this thread's own memory. */
  readonly pages: number;
}

/**
 * Shadow paging: a miss of the TLB reads tables that lead from linear pages to machine frames. Guest tables and second
 * level are walked only where these say nothing; guest tables from which entries were derived are write-protected.
 */
export class ShadowMmu implements Mmu {
  readonly strategy = 'shadow';
  readonly #walker: WalkMmu;
  readonly #tables: ShadowTables;
  readonly #host: MmuHost;
  readonly #reserved: readonly HostOffset[];
  readonly #unsubscribe: readonly (() => void)[];
  readonly #imports: WebAssembly.ModuleImports;

  constructor(options: ShadowOptions, mmuHost: MmuHost) {
    const { host, space } = mmuHost;
    this.#host = mmuHost;
    const { pages, ...guest } = options;
    // Page 0 stays empty; below a few pages for each vCPU nothing could be built.
    const count = Math.max(pages, 16 + 8 * mmuHost.cpus) + 1;
    const base = host.reserve(count * 4096, 4096, 'shadow tables');
    const bitmap = host.reserve(Math.ceil(host.bytes.length / 4096 / 32) * 4, 4, 'shadowed guest tables');
    this.#reserved = [base, bitmap];
    // The module comes into being after its imports.
    let tables: ShadowTables | undefined = undefined as ShadowTables | undefined;
    this.#walker = new WalkMmu({ ...guest, strategy: 'shadow', format: space.format, accessedDirty: true }, mmuHost, undefined, {
      tables: bitmap,
      enter: (state: number) => tables?.enter(state),
      built: (state: number, low: number, high: number) => tables?.built(state, low, high),
      unprotect: (mfn: number) => host.code.written(mfn >>> 0),
    });
    const hot = this.#walker.exports;
    const shadow = new ShadowTables(host, space, guest, base, count, bitmap, hot.writesTo);
    tables = shadow;
    this.#tables = shadow;
    this.#unsubscribe = [
      host.code.onWritten((mfn) => shadow.written(mfn)),
      space.onInvalidate((gfn, frames) => shadow.drop(gfn, frames)),
    ];
    this.#imports = {
      ...this.#walker.imports(),
      loadPdptes: (state: number, low: number, high: number) => {
        shadow.forgetRoots(state);
        return hot.loadPdptes(state, low, high);
      },
      flushPage: (state: number, low: number, high: number) => {
        hot.flushPage(state, low, high);
        shadow.flushPage(low);
      },
      flushTag: (state: number, tag: number, keepGlobal: number) => {
        hot.flushTag(state, tag, keepGlobal);
        shadow.resync();
      },
      flushCpu: (state: number) => {
        hot.flushCpu(state);
        shadow.resync();
      },
      flushFrames: (gfn: number, frames: number) => {
        hot.flushFrames(gfn, frames);
        shadow.drop(gfn >>> 0, frames >>> 0);
      },
      flushAll: () => {
        hot.flushAll();
        shadow.resync();
      },
      resync: () => shadow.resync(),
    };
  }

  attach(cpu: number, state: HostOffset): void {
    this.#walker.attach(cpu, state);
    this.#tables.attach(this.#host.host.view.getUint32(state + MMU_OFFSETS.tlb, true));
  }
  imports(): WebAssembly.ModuleImports {
    return this.#imports;
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
    if (scope.what === 'page') this.#tables.flushPage(scope.linear | 0);
    else if (scope.what === 'frames') this.#tables.drop(scope.gfn, scope.count);
    else this.#tables.resync();
  }
  statistics(): MmuStatistics {
    return { ...this.#walker.statistics(), shadowResyncs: this.#tables.counters.resyncs };
  }
  /** What happened to the shadow tables. */
  shadowStatistics(): ShadowStatistics {
    return this.#tables.statistics;
  }
  destroy(): void {
    for (const stop of this.#unsubscribe) stop();
    this.#tables.clear();
    this.#walker.destroy();
    for (const offset of this.#reserved) this.#host.host.release(offset);
  }
}
