import type { SecondLevelFormat } from '@polyvisor/core';

/** What a module is made for; each combination is compiled once. */
export interface WalkOptions {
  readonly strategy: 'native' | 'ept' | 'npt' | 'shadow' | 'direct';
  /** Shadow only: the format of the address space's table. */
  readonly format?: SecondLevelFormat;
  /** MAXPHYADDR of the guest, 36 … 48: bits above it are reserved in guest tables. */
  readonly physicalBits: number;
  /** Whether CR4.LA57 means anything. */
  readonly la57: boolean;
  /** Whether the guest has 1 GiB pages (CPUID.80000001H:EDX[26]); without, PS in a PDPTE is reserved. */
  readonly pages1g: boolean;
  /** EPT only, bit 6 of the EPTP: accessed and dirty bits, and guest tables count as written. */
  readonly accessedDirty: boolean;
}

/** The format of the table that the second level walks; none where there is no table. */
export function tableFormat({ strategy, format }: WalkOptions): SecondLevelFormat | undefined {
  if (strategy === 'shadow') return format ?? 'ept';
  return strategy === 'ept' || strategy === 'npt' ? strategy : undefined;
}

export const defaultWalkOptions = {
  physicalBits: 40, la57: false, pages1g: true, accessedDirty: true,
} as const satisfies Omit<WalkOptions, 'strategy' | 'format'>;
