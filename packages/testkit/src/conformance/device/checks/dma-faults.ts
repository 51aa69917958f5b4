import { DmaStatus } from '@polyvisor/core';
import { found, type Check, type Finding } from '../../report.ts';
import type { DeviceSubject } from '../options.ts';
import { DeviceRig, type RigStart } from '../rig.ts';
import { roundRandom, worn } from '../run.ts';

const HOLES = Array.from({ length: 128 }, (_, i) => [i * 8192 + 4096, i * 8192 + 8192] as const);

const VARIANTS: readonly (RigStart & { readonly what: string })[] = [
  { what: 'no memory anywhere', failDma: DmaStatus.noMemory },
  { what: 'every access denied', failDma: DmaStatus.denied },
  { what: 'every access blocked by an IOMMU', failDma: DmaStatus.blocked },
  { what: 'read-only memory', memory: { readOnly: [[0, 2 ** 40]] } },
  { what: 'every second page missing', memory: { holes: HOLES } },
];

export const dmaFaults: Check<DeviceSubject> = {
  name: 'dma-faults',
  summary: 'a DMA access that fails is a value to the device, never an exception',
  async run(subject) {
    if (!subject.plugin.resources(subject.config).dma) return { skipped: 'the device asks for no DMA' };
    const findings: Finding[] = [];
    for (const variant of VARIANTS) {
      const rig = await worn(subject, roundRandom(subject, 2000), new DeviceRig(subject, variant));
      findings.push(...rig.faults.slice(0, 2).map((fault) => found(`with ${variant.what}: ${fault}`)));
    }
    return findings;
  },
};
