import { defineMmu, type MmuPlugin } from '@polyvisor/core';
import { z } from 'zod';
import { DirectMmu } from './direct/direct-mmu.ts';
import { ShadowMmu } from './shadow/shadow-mmu.ts';
import { WalkMmu } from './walk-mmu.ts';

const page = z.int().min(0).max(2 ** 48).multipleOf(4096);
const guest = {
  /** MAXPHYADDR that the guest sees in CPUID.80000008H:EAX[7:0]. */
  physicalBits: z.int().min(36).max(48).default(40),
  la57: z.boolean().default(false),
  pages1g: z.boolean().default(true),
};

const nativeConfig = z.strictObject({
  ...guest,
  /** Begin of the window in guest-physical memory, its size and its place in the Host's memory, in bytes. */
  gpa: page.default(0),
  size: page,
  host: page,
});
const eptConfig = z.strictObject({ ...guest, accessedDirty: z.boolean().default(true) });
const nptConfig = z.strictObject(guest);
const shadowConfig = z.strictObject({
  ...guest,
  /** Most shadow pages at a time; each maps up to 2 MiB and takes 4 KiB of the Host's tables. */
  pages: z.int().min(16).max(65_536).default(1024),
});
const directConfig = z.strictObject(guest);

export type NativeConfig = z.output<typeof nativeConfig>;
export type EptConfig = z.output<typeof eptConfig>;
export type NptConfig = z.output<typeof nptConfig>;
export type ShadowConfig = z.output<typeof shadowConfig>;
export type DirectConfig = z.output<typeof directConfig>;

/** Guest-physical memory is a window of the Host's memory, without a table. The address space is not looked at. */
export const nativeMmu: MmuPlugin<NativeConfig> = defineMmu({
  kind: 'mmu/native', api: 1, summary: 'One level of translation; guest memory is one piece of host memory',
  config: nativeConfig,
  create: ({ gpa, size, host, ...options }, mmuHost) =>
    new WalkMmu({ strategy: 'native', accessedDirty: true, ...options }, mmuHost, { gpa, size, host }),
});

export const eptMmu: MmuPlugin<EptConfig> = defineMmu({
  kind: 'mmu/ept', api: 1, summary: 'Nested paging as Intel has it',
  config: eptConfig,
  format: 'ept',
  create: (config, host) => new WalkMmu({ strategy: 'ept', ...config }, host),
});

export const nptMmu: MmuPlugin<NptConfig> = defineMmu({
  kind: 'mmu/npt', api: 1, summary: 'Nested paging as AMD has it',
  config: nptConfig,
  format: 'npt',
  create: (config, host) => new WalkMmu({ strategy: 'npt', accessedDirty: true, ...config }, host),
});

/** Tables from linear pages to machine frames, kept in step with the guest's; the address space may have any format. */
export const shadowMmu: MmuPlugin<ShadowConfig> = defineMmu({
  kind: 'mmu/shadow', api: 1, summary: 'Shadow paging; no nested table is walked where the shadow knows the page',
  config: shadowConfig,
  create: (config, host) => new ShadowMmu(config, host),
});

/** The guest's tables hold machine frames that the hypervisor validated. */
export const directMmu: MmuPlugin<DirectConfig> = defineMmu({
  kind: 'mmu/direct', api: 1, summary: 'Direct paging for paravirtual guests; one level over frames that the guest owns',
  config: directConfig,
  create: (config, host) => new DirectMmu(config, host),
});
