import type { z } from 'zod';
import type { VcpuState } from '../cpu/vcpu-state.ts';
import { checkKind } from '../device/device.ts';
import type { AddressSpace, SecondLevelFormat } from '../memory/address-space.ts';
import type { Host } from '../memory/host.ts';
import type { HostOffset } from '../units/units.ts';

/**
 * The MMU: from linear to guest-physical to machine addresses. A strategy (EPT, NPT, shadow, direct, native) is
 * chosen at composition; guests behave the same under each.
 */
export interface MmuPlugin<C> {
  readonly kind: string;
  readonly api: 1;
  readonly summary: string;
  readonly config: z.ZodType<C>;
  /** Format of the address space that it walks; absent when any will do. */
  readonly format?: SecondLevelFormat;
  create(config: C, host: MmuHost): Mmu;
}

export interface MmuHost {
  readonly host: Host;
  readonly space: AddressSpace;
  /** How many vCPUs will use it. */
  readonly cpus: number;
}

export type MmuStrategy = 'ept' | 'npt' | 'shadow' | 'direct' | 'native';

/** A translation, or why there is none. */
export type Translation =
  | { readonly kind: 'ok'; readonly gpa: number; readonly pageSize: number }
  | { readonly kind: 'page-fault'; readonly errorCode: number; readonly linear: number }
  | { readonly kind: 'nested-fault'; readonly gpa: number; readonly reason: 'violation' | 'misconfiguration' };

/** What a flush covers, as INVLPG, INVPCID, INVEPT and INVVPID distinguish (Intel SDM vol. 3C §29.4.3). */
export type FlushScope =
  | { readonly what: 'page'; readonly cpu: number; readonly linear: number }
  | { readonly what: 'tag'; readonly cpu: number; readonly tag: number; readonly keepGlobal: boolean }
  | { readonly what: 'cpu'; readonly cpu: number }
  | { readonly what: 'frames'; readonly gfn: number; readonly count: number }
  | { readonly what: 'all' };

/** Counters that the hot half keeps anyway; reading them costs nothing while they run. */
export interface MmuStatistics {
  readonly fills: number;
  readonly walkLoads: number;
  readonly pageFaults: number;
  readonly nestedFaults: number;
  readonly flushes: number;
  readonly shadowResyncs: number;
}

export interface Mmu {
  readonly strategy: MmuStrategy;
  /**
   * Gives vCPU `cpu`, whose block (state, then the MMU's block) is at `state` in the Host's memory, its TLB, and clears
   * its counters. Before the first fill.
   */
  attach(cpu: number, state: HostOffset): void;
  /**
   * Hot half: what an engine's module imports under the name `mmu`. At least
   * `fill(state: i32, linearLow: i32, linearHigh: i32, access: i32) -> i32`, which walks, fills the TLB entry and
   * returns 0, or a fault status whose details it leaves in the vCPU's block. Also `flushPage(state, low, high)`,
   * `flushCpu(state)`, `loadPdptes(state, low, high)`; and, if the MMU keeps copies of the guest's tables,
   * `resync(state)`: from now on all changes to them count (loads of CR3, INVPCID, changes of paging modes).
   */
  imports(): WebAssembly.ModuleImports;
  /** Cold: translates as an access of `cpl` would, without side effects on accessed and dirty bits. */
  translate(state: VcpuState, linear: number, access: number, cpl: number): Translation;
  flush(scope: FlushScope): void;
  statistics(): MmuStatistics;
  destroy(): void;
}

export interface AnyMmuPlugin {
  readonly kind: string;
  readonly api: 1;
  readonly summary: string;
  readonly config: z.ZodType;
  readonly format?: SecondLevelFormat;
  create(config: unknown, host: MmuHost): Mmu;
}

export function defineMmu<C>(plugin: MmuPlugin<C>): MmuPlugin<C> {
  checkKind(plugin.kind);
  return Object.freeze(plugin);
}
