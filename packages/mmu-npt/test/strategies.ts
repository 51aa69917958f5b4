import type { AnyMmuPlugin, Mmu } from '@polyvisor/core';
import type { MmuCheckOptions, MmuGuestMemory } from '@polyvisor/testkit';
import { directMmu, DirectMmu, eptMmu, nativeMmu, nptMmu, shadowMmu } from '../src/index.ts';

type Strategy = Omit<MmuCheckOptions, 'host'> & { readonly plugin: AnyMmuPlugin };

const RAM = 500;
/** What the guest of `direct` owns: its RAM, which may hold tables, a frame to read and one that is a device. */
const machineFrames = ({ base }: MmuGuestMemory) => ({
  ram: (i: number) => base + i,
  rom: base + 510,
  device: base + 511,
  elsewhere: 'absent' as const,
  prepare(mmu: Mmu): void {
    if (!(mmu instanceof DirectMmu)) return;
    const { frames } = mmu;
    for (let i = 0; i < RAM; i++) frames.grant(base + i, { rights: 7, table: true });
    frames.grant(base + 510, { rights: 5 });
    frames.grantMmio(base + 511);
  },
});
const other = { physicalBits: 36, la57: true, pages1g: false };

/** Every strategy as the conformance suite is run over it. */
export const strategies: readonly Strategy[] = [
  {
    plugin: nativeMmu, label: 'native', config: ({ base }) => ({ size: RAM * 4096, host: base * 4096 }),
    own: () => ({ ram: (i) => i, device: 0x400, elsewhere: 'mmio' }),
  },
  { plugin: eptMmu, label: 'ept', tables: 'write' },
  { plugin: eptMmu, label: 'ept without accessed and dirty bits', config: () => ({ accessedDirty: false }), skip: { 'space-dirty-log': 'its entries have no dirty bit' } },
  { plugin: nptMmu, label: 'npt', tables: 'write' },
  { plugin: nptMmu, label: 'npt of a processor with 36 bits and 5 levels', tables: 'write', config: () => other, processor: other },
  { plugin: shadowMmu, label: 'shadow over ept' },
  { plugin: shadowMmu, label: 'shadow over npt', format: 'npt' },
  { plugin: shadowMmu, label: 'shadow with few pages and 5 levels', config: () => ({ ...other, pages: 16 }), processor: other },
  { plugin: directMmu, label: 'direct', tables: 'write', own: machineFrames },
];
