import type { AddressSpace, AnyMmuPlugin, Host, Mmu, SecondLevelFormat } from '@polyvisor/core';
import type { Processor } from './reference-walk.ts';

/** A guest's memory before its MMU is made: 512 contiguous frames of RAM from frame 0 on, and a few others. */
export interface MmuGuestMemory {
  readonly host: Host;
  readonly space: AddressSpace;
  /** Machine frame of the first frame of RAM. */
  readonly base: number;
}

/** For strategies that do not look at the address space: what the guest's tables name, and what is there. */
export interface OwnMemory {
  /** The number by which a guest table names frame `i` of the first `RAM_FRAMES`; the first is a multiple of 512. */
  readonly ram: (i: number) => number;
  /** Frames that may be read and fetched from only, and that are devices. */
  readonly rom?: number;
  readonly device?: number;
  /** What every other number leads to. */
  readonly elsewhere: 'mmio' | 'absent';
  /** Tells the MMU what the guest owns. */
  readonly prepare?: (mmu: Mmu) => void;
}

export interface MmuCheckOptions {
  /** A Host with 16 MiB of frames or more, and room for the MMU's tables; made anew for each check. */
  readonly host: () => Host;
  /** The configuration, as a user writes it; default `{}`. */
  readonly config?: (memory: MmuGuestMemory) => unknown;
  /** Format of the address space; default the plugin's, or `ept`. */
  readonly format?: SecondLevelFormat;
  /** What the configured processor has; default 40 bits of address, 1 GiB pages, no 5-level paging. */
  readonly processor?: Processor;
  /**
   * What a walk does to the frames that hold guest tables: `write` where reading an entry counts as writing (EPT with
   * accessed and dirty bits, NPT), `mark` where only setting a bit does. Default `mark`.
   */
  readonly tables?: 'write' | 'mark';
  readonly own?: (memory: MmuGuestMemory) => OwnMemory;
  /** Random accesses in each check that makes some; default 1000. */
  readonly cases?: number;
  readonly seed?: number;
  /** For test names; default the plugin's kind. */
  readonly label?: string;
  /** Checks not to make, by name, with the reason. */
  readonly skip?: Readonly<Record<string, string>>;
}

/** A plugin with one configuration, ready to be checked. */
export interface MmuSubject {
  readonly plugin: AnyMmuPlugin;
  readonly label: string;
  readonly given: unknown;
  readonly options: MmuCheckOptions;
  readonly processor: Processor;
  readonly format: SecondLevelFormat;
  readonly cases: number;
  readonly seed: number;
  readonly skip: Readonly<Record<string, string>>;
}

export const RAM_FRAMES = 500;

export function guestMemory(options: MmuCheckOptions, plugin: AnyMmuPlugin): MmuGuestMemory {
  const host = options.host();
  const space = host.createAddressSpace({ name: 'guest', format: options.format ?? plugin.format ?? 'ept' });
  space.populate(0, 512, 7);
  return { host, space, base: space.lookup(0).mfn };
}

export function mmuSubject(plugin: AnyMmuPlugin, options: MmuCheckOptions): MmuSubject {
  const memory = guestMemory(options, plugin);
  const given = options.config?.(memory) ?? {};
  memory.host.destroy();
  return {
    plugin, options, given,
    label: options.label ?? plugin.kind,
    processor: options.processor ?? { physicalBits: 40, la57: false, pages1g: true },
    format: options.format ?? plugin.format ?? 'ept',
    cases: options.cases ?? 1000,
    seed: options.seed ?? 1,
    skip: options.skip ?? {},
  };
}
