import {
  Access, FillStatus, MMU_BLOCK_END, MMU_OFFSETS, NestedFaultReason, PolyvisorError, VCPU_STATE_SIZE, VcpuState,
  type FlushScope, type HostOffset, type Mmu, type MmuHost, type MmuStatistics, type Translation,
} from '@polyvisor/core';
import { mmuErrors } from './errors.ts';
import { TLB_AREA_SIZE } from './layout.ts';
import { effectiveType, mtrrType, patType, type MemoryType, type Mtrrs } from './memory-type/memory-type.ts';
import { walkModule } from './walk/module.ts';
import { tableFormat } from './walk/options.ts';
import type { WalkOptions } from './walk/options.ts';

/** The part of the Host's memory that is the guest's, for the strategy `native`; in bytes. */
export interface Window {
  readonly gpa: number;
  readonly size: number;
  readonly host: number;
}

/** What the module exports and an engine imports. Addresses and numbers are unsigned 32-bit, passed as i32. */
export interface WalkExports {
  readonly fill: (state: number, linearLow: number, linearHigh: number, access: number) => number;
  readonly loadPdptes: (state: number, cr3Low: number, cr3High: number) => number;
  readonly flushPage: (state: number, linearLow: number, linearHigh: number) => void;
  readonly flushTag: (state: number, tag: number, keepGlobal: number) => void;
  readonly flushCpu: (state: number) => void;
  readonly flushFrames: (gfn: number, count: number) => void;
  readonly flushAll: () => void;
}
export interface Exports extends WalkExports {
  /** `fill` that leaves its outcome in the block and no other trace. */
  readonly probe: WalkExports['fill'];
  /** Shadow only: how many TLB entries allow writing to a frame; `forbid` ends that. */
  readonly writesTo: (mfn: number, forbid: number) => number;
}

const compiled = new Map<string, WebAssembly.Module>();

function moduleFor(options: WalkOptions): WebAssembly.Module {
  const { strategy, format, physicalBits, la57, pages1g, accessedDirty } = options;
  const key = JSON.stringify([strategy, format, physicalBits, la57, pages1g, accessedDirty]);
  const module = compiled.get(key) ?? new WebAssembly.Module(walkModule(options));
  compiled.set(key, module);
  return module;
}

const NO_WINDOW: Window = { gpa: 0, size: 0, host: 0 };

/** An MMU whose second level is a table in machine frames, or a window. */
export class WalkMmu implements Mmu {
  readonly strategy: WalkOptions['strategy'];
  readonly #host: MmuHost;
  readonly #reserved: HostOffset;
  readonly #exports: Exports;
  readonly #states: (number | undefined)[];
  readonly #unsubscribe: () => void;
  #flushes = 0;

  /** `links` is what a strategy's module imports besides; see `walk/module.ts`. */
  constructor(options: WalkOptions, host: MmuHost, window: Window = NO_WINDOW, links: WebAssembly.ModuleImports = {}) {
    this.strategy = options.strategy;
    this.#host = host;
    const { memory, bytes } = host.host;
    const { strategy } = options, format = tableFormat(options);
    if (format !== undefined && format !== host.space.format) {
      throw new PolyvisorError([mmuErrors['wrong-format']('mmu', { strategy, format: host.space.format })]);
    }
    if (window.host + window.size > bytes.length) {
      throw new PolyvisorError([mmuErrors['bad-window']('mmu', { ...window, bytes: bytes.length })]);
    }
    this.#reserved = host.host.reserve(TLB_AREA_SIZE * host.cpus + MMU_BLOCK_END, 64, 'mmu');
    const instance = new WebAssembly.Instance(moduleFor(options), {
      env: {
        memory,
        root: host.space.root * 4096,
        lastPage: bytes.length - 4096,
        codeBitmap: host.host.code.bitmap,
        tlbs: this.#reserved,
        cpus: host.cpus,
        windowGpa: new WebAssembly.Global({ value: 'i64', mutable: false }, BigInt(window.gpa)),
        windowSize: new WebAssembly.Global({ value: 'i64', mutable: false }, BigInt(window.size)),
        windowHost: window.host,
        owned: 0,
        ...links,
      },
    });
    this.#exports = instance.exports as unknown as Exports;
    this.#exports.flushAll();
    this.#states = new Array<undefined>(host.cpus).fill(undefined);
    this.#unsubscribe = host.space.onInvalidate((gfn, count) => {
      this.#flushFrames(gfn, count);
    });
  }

  /** For the strategies built on this one. */
  get exports(): Exports {
    return this.#exports;
  }

  attach(cpu: number, state: HostOffset): void {
    if (!(Number.isInteger(cpu) && cpu >= 0 && cpu < this.#host.cpus)) {
      throw new PolyvisorError([mmuErrors['no-such-cpu']('mmu', { cpu, cpus: this.#host.cpus })]);
    }
    const { view, bytes } = this.#host.host;
    bytes.fill(0, state + MMU_OFFSETS.status, state + MMU_BLOCK_END);
    view.setUint32(state + MMU_OFFSETS.tlb, this.#reserved + cpu * TLB_AREA_SIZE, true);
    for (const tag of ['tagUser', 'tagSupervisor', 'tagSupervisorAc'] as const) view.setUint32(state + MMU_OFFSETS[tag], 1, true);
    this.#states[cpu] = state;
  }

  /** Hot half; see `WalkExports`. */
  imports(): WebAssembly.ModuleImports {
    const { fill, loadPdptes, flushPage, flushTag, flushCpu, flushFrames, flushAll } = this.#exports;
    return { fill, loadPdptes, flushPage, flushTag, flushCpu, flushFrames, flushAll };
  }

  /**
   * Memory type of the page that a read by `cpl` would reach, from the guest's PAT and MTRRs (Intel SDM vol. 3A §11.5.2.2);
   * undefined where the read faults. Without paging the PAT has no say. CR0.CD is not heeded.
   */
  memoryType(state: VcpuState, linear: number, cpl: number, mtrrs: Mtrrs): MemoryType | undefined {
    const found = this.translate(state, linear, Access.read, cpl);
    if (found.kind !== 'ok') return undefined;
    const mtrr = mtrrType(state.get('mtrrDefType'), mtrrs, found.gpa);
    if (state.low('cr0') >= 0) return mtrr;
    const { view } = this.#host.host;
    const entry = view.getBigUint64(this.#reserved + this.#host.cpus * TLB_AREA_SIZE + MMU_OFFSETS.qualification, true);
    return effectiveType(mtrr, patType(state.get('pat'), entry, found.pageSize > 4096));
  }

  translate(state: VcpuState, linear: number, access: number, cpl: number): Translation {
    const { buffer } = this.#host.host.memory;
    const scratch = this.#reserved + this.#host.cpus * TLB_AREA_SIZE;
    const copy = new VcpuState(buffer, scratch);
    copy.load(new Uint8Array(state.view.buffer, state.view.byteOffset, VCPU_STATE_SIZE));
    copy.setWord('cpl', cpl);
    const status = this.#exports.probe(scratch, linear >>> 0, Math.floor(linear / 2 ** 32), access);
    const { view } = this.#host.host;
    const gpa = readNumber(view, scratch + MMU_OFFSETS.gpa);
    if (status === FillStatus.pageFault) {
      return { kind: 'page-fault', errorCode: view.getUint32(scratch + MMU_OFFSETS.errorCode, true), linear };
    }
    if (status === FillStatus.nestedFault) {
      const misconfigured = view.getUint32(scratch + MMU_OFFSETS.reason, true) === NestedFaultReason.misconfiguration;
      return { kind: 'nested-fault', gpa, reason: misconfigured ? 'misconfiguration' : 'violation' };
    }
    return { kind: 'ok', gpa, pageSize: 2 ** view.getUint32(scratch + MMU_OFFSETS.pageShift, true) };
  }

  flush(scope: FlushScope): void {
    switch (scope.what) {
      case 'frames':
        this.#flushFrames(scope.gfn, scope.count);
        return;
      case 'all':
        this.#flushes++;
        this.#exports.flushAll();
        return;
      default:
        this.#flushCpu(scope);
    }
  }

  statistics(): MmuStatistics {
    const sum = { fills: 0, walkLoads: 0, pageFaults: 0, nestedFaults: 0, flushes: this.#flushes, shadowResyncs: 0 };
    for (const state of this.#states) {
      if (state === undefined) continue;
      for (const name of ['fills', 'walkLoads', 'pageFaults', 'nestedFaults', 'flushes'] as const) {
        sum[name] += readNumber(this.#host.host.view, state + MMU_OFFSETS[name]);
      }
    }
    return sum;
  }

  destroy(): void {
    this.#unsubscribe();
    this.#host.host.release(this.#reserved);
  }

  #flushCpu(scope: Extract<FlushScope, { cpu: number }>): void {
    const state = this.#states[scope.cpu];
    // A vCPU that was never attached has filled nothing.
    if (state === undefined) return;
    if (scope.what === 'page') this.#exports.flushPage(state, scope.linear >>> 0, Math.floor(scope.linear / 2 ** 32));
    else if (scope.what === 'tag') this.#exports.flushTag(state, scope.tag, scope.keepGlobal ? 1 : 0);
    else this.#exports.flushCpu(state);
  }

  #flushFrames(gfn: number, count: number): void {
    this.#flushes++;
    // The TLB keeps 32 bits of a frame number.
    if (count >= 2 ** 32) this.#exports.flushAll();
    else this.#exports.flushFrames(gfn >>> 0, count);
  }
}

function readNumber(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}
