import type { FlushScope, Mmu, MmuStatistics, Translation } from '@polyvisor/core';

/** An MMU under which linear and guest-physical addresses are the same. */
export class FakeMmu implements Mmu {
  readonly strategy = 'direct';
  readonly flushes: FlushScope[] = [];
  /** vCPUs in the order in which they were attached. */
  readonly attached: number[] = [];

  attach(cpu: number): void {
    this.attached.push(cpu);
  }
  imports(): WebAssembly.ModuleImports {
    return { fill: () => 0 };
  }
  translate(_state: unknown, linear: number): Translation {
    return { kind: 'ok', gpa: linear, pageSize: 4096 };
  }
  flush(scope: FlushScope): void {
    this.flushes.push(scope);
  }
  statistics(): MmuStatistics {
    return { fills: 0, walkLoads: 0, pageFaults: 0, nestedFaults: 0, flushes: this.flushes.length, shadowResyncs: 0 };
  }
  destroy(): void {
    this.flushes.length = 0;
  }
}
