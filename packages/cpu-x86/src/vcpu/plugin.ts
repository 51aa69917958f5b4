import { z } from 'zod';
import { defineCpu, PolyvisorError, versioned } from '@polyvisor/core';
import { cpuModels } from '../cpuid/model.ts';
import { cpuErrors } from '../errors.ts';
import { x86StateSchema } from './state-schema.ts';
import { X86Vcpu } from './vcpu.ts';

const names = cpuModels.map((model) => model.name) as [string, ...string[]];

const config = z.strictObject({
  /** What CPUID says. */
  model: z.enum(names).default('max'),
  /** Frames that can hold decoded code at once. */
  codePages: z.int().min(16).max(65_536).optional(),
  /** Room for decoded instructions. */
  uops: z.int().min(4096).max(4_194_304).optional(),
});
export type CpuX86Config = z.infer<typeof config>;

/** The x86-64 processor. It needs an MMU. */
export const cpuX86 = defineCpu({
  kind: 'cpu/x86',
  api: 1,
  summary: 'x86-64 processor: interpreter of decoded instructions in WebAssembly',
  config,
  state: versioned(1, x86StateSchema),
  create(given, host, saved) {
    const model = cpuModels.find((m) => m.name === given.model);
    if (model === undefined) throw new PolyvisorError([cpuErrors['no-such-model'](`cpu.${host.index}`, { model: given.model, models: names.join(', ') })]);
    if (host.mmu === undefined) throw new PolyvisorError([cpuErrors['no-mmu'](`cpu.${host.index}`, {})]);
    return new X86Vcpu(host, host.mmu, { model, pages: given.codePages, uops: given.uops }, saved);
  },
});
