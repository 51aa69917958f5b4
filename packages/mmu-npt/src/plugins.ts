import { defineMmu, type MmuPlugin } from '@polyvisor/core';
import { z } from 'zod';
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

export type NativeConfig = z.output<typeof nativeConfig>;
export type EptConfig = z.output<typeof eptConfig>;
export type NptConfig = z.output<typeof nptConfig>;

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
