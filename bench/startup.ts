/** From nothing to the first instruction of an x86 processor, and what it takes of memory. Run with --expose-gc. */
import { RIGHTS_RAM, type Host } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { defaultWalkOptions, WalkMmu } from '@polyvisor/mmu-npt';
import { report } from './measure.ts';

declare const gc: () => void;
const MIB = 2 ** 20;

const host = createHost({ frames: 64 * MIB });
const space = host.createAddressSpace({ name: 'guest', format: 'npt' });
space.populate(0, 4096, RIGHTS_RAM);
const mmu = new WalkMmu({ strategy: 'npt', ...defaultWalkOptions }, { host, space, cpus: 1 });
space.dma().store(0x1000, 4, 0xf4); // HLT
let reserved = 0;
const counting: Host = Object.create(host, {
  reserve: {
    value: (size: number, align: number, owner: string) => {
      reserved += size;
      return host.reserve(size, align, owner);
    },
  },
}) as Host;

gc();
const heap = process.memoryUsage().heapUsed, from = performance.now();
const { cpuModels, X86Vcpu } = await import('@polyvisor/cpu-x86');
const loaded = performance.now();
const io = { pioRead: () => -1, pioWrite: () => undefined, mmioRead: () => -1, mmioWrite: () => undefined, acknowledgeInterrupt: () => -1 };
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const cpuHost = { index: 0, host: counting, space, mmu, io, clock: { source: 'instructions', now: () => 0 }, log } as const;
const vcpu = new X86Vcpu(cpuHost as never, mmu, { model: cpuModels.find((m) => m.name === 'max')! }, undefined);
vcpu.state.setSegment('cs', { ...vcpu.state.segment('cs'), base: 0n });
vcpu.state.set('rip', 0x1000n);
const exit = vcpu.run(10);
const ran = performance.now();
if (exit.kind !== 'halted' || vcpu.instructions !== 1) throw new Error(`the guest did not halt: ${JSON.stringify(exit)}`);

report('loading the processor\'s modules', loaded - from, 'ms');
report('engine start-up: vCPU made, first instruction decoded and run', ran - loaded, 'ms', 60);
report('both', ran - from, 'ms');
gc();
report('memory of a vCPU in the Host, decoded code at its default bound', reserved / MIB, 'MiB', 32);
report('V8 heap: modules, tables and this vCPU', (process.memoryUsage().heapUsed - heap) / MIB, 'MiB');
