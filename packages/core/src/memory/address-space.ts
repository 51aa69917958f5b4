import type { Dma } from './dma.ts';

/** What an access wants, and what a page allows. The bits are those of an EPT entry (Intel SDM vol. 3C §29.3.3). */
export const Access = { read: 1, write: 2, execute: 4 } as const;
export type Rights = number;
export const RIGHTS_RAM: Rights = Access.read | Access.write | Access.execute;
export const RIGHTS_ROM: Rights = Access.read | Access.execute;

/** The table's format: what a hardware walker of that name would read. */
export type SecondLevelFormat = 'ept' | 'npt';

export interface AddressSpaceOptions {
  readonly name: string;
  readonly format?: SecondLevelFormat;
}

/** What a guest frame is. `absent` reads as all ones; `mmio` goes to a device. */
export type PageKind = 'absent' | 'ram' | 'mmio';

/** A range of guest RAM, in frames. */
export interface RamRange {
  readonly gfn: number;
  readonly count: number;
  readonly rights: Rights;
}

export interface PageInfo {
  readonly kind: PageKind;
  /** Machine frame; −1 unless `ram`. */
  readonly mfn: number;
  readonly rights: Rights;
  /** Shared with another address space; the first write gets a private copy. */
  readonly copyOnWrite: boolean;
  readonly dirty: boolean;
  readonly accessed: boolean;
  /** Part of a 2 MiB mapping. */
  readonly large: boolean;
}

/** Called after a mapping became narrower or moved, before the call that did it returns (TLB shoot-down). */
export type InvalidateListener = (gfn: number, count: number) => void;

/**
 * A virtual machine's guest-physical memory: a second-level table from guest frames to machine frames. The table
 * lies in machine frames itself, so that the MMU's hot half (WebAssembly) walks it without calling out.
 *
 * Changing operations check their arguments and throw coded errors, because the caller is the hypervisor; lookups by
 * guest-controlled addresses never throw.
 */
export interface AddressSpace {
  readonly name: string;
  readonly format: SecondLevelFormat;
  /** Machine frame of the top table (PML4). The hot half starts here. */
  readonly root: number;
  /** Mapped RAM in frames. */
  readonly mapped: number;

  /**
   * Maps guest frames `gfn … gfn+count−1` to machine frames `mfn …`. Takes over one reference for each frame. Uses
   * 2 MiB entries where both are aligned. Throws `memory/already-mapped` rather than replace.
   */
  map(gfn: number, mfn: number, count: number, rights: Rights): void;
  /** Allocates frames for the range, in 2 MiB runs where possible, and maps them. All or nothing. */
  populate(gfn: number, count: number, rights: Rights): void;
  /** Unmaps and releases. Absent frames in the range are no error. */
  unmap(gfn: number, count: number): void;
  protect(gfn: number, count: number, rights: Rights): void;
  /** Marks frames as device memory: accesses exit to the MMIO dispatch. */
  mapMmio(gfn: number, count: number): void;

  lookup(gfn: number): PageInfo;
  /** RAM, ascending, neighbours with equal rights together. Cold: for snapshots and listings. */
  ranges(): RamRange[];
  /**
   * @hot Byte offset in host memory of `address`, if all of `access` is allowed: sets accessed, and dirty for a
   * write, and resolves copy on write. −1 when it is not RAM or the right is missing. Holds to the end of the page.
   */
  translate(address: number, access: number): number;

  /** Copy-on-write clone: shares every frame, both sides lose the right to write in place. */
  clone(name: string): AddressSpace;
  /**
   * Copies the dirty bits of `count` frames from `gfn` on into `bitmap` (bit n of word n/32), clears them, and
   * returns how many were set.
   */
  harvestDirty(gfn: number, count: number, bitmap: Int32Array): number;
  /** The same for accessed bits: a working-set estimate. */
  harvestAccessed(gfn: number, count: number, bitmap: Int32Array): number;

  onInvalidate(listener: InvalidateListener): () => void;
  /** A bus master's view of this space, without an IOMMU. Each caller gets its own handle. */
  dma(): Dma;
  /** Releases every frame and the tables. */
  destroy(): void;
}
