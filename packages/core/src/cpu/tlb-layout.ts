/**
 * The software TLB: the table a CPU engine reads on every access and an MMU fills on a miss. Both sides are
 * WebAssembly over the Host's memory and agree on this layout only.
 *
 * An entry is 32 bytes, indexed by the low bits of the linear page number:
 *
 *     0  readTag   u64   linear page address | tag
 *     8  writeTag  u64   the same, or INVALID when a write needs a walk (not writable, not dirty, holds code)
 *    16  fetchTag  u64
 *    24  addend    u32   host byte offset of the page − low 32 bits of the linear page address (mod 2^32)
 *    28  flags     u32   TlbFlag
 *
 * The low 12 bits of a tag are the current address-space tag (see `TlbTag`), so a world switch needs no flush: the
 * compare is `((linear + size − 1) & ~4095 | tag) == readTag`, which also fails for an access that crosses the page,
 * because the entry was chosen by its first byte. INVALID never compares equal: a canonical page address with the low
 * 12 bits set would need tag 4095, which is not handed out.
 */
export const TLB_ENTRY_SIZE = 32;
export const TLB_ENTRIES = 4096;
export const TLB_OFFSETS = { readTag: 0, writeTag: 8, fetchTag: 16, addend: 24, flags: 28 } as const;
export const TLB_INVALID_LOW = -1;
export const TLB_INVALID_HIGH = -1;

export const TlbFlag = {
  /** A global page (CR4.PGE): survives a CR3 load. */
  global: 1,
  /** Not RAM. The entry never compares equal: each access comes to `fill`, which gives the address for the dispatch. */
  mmio: 2,
  /** The frame holds decoded or translated code: writes take the slow path. */
  code: 4,
  /** Filled from a 2 MiB or larger mapping. */
  large: 8,
} as const;

/** Tags are 1 … 4094, one for each (guest tag, PCID, user or supervisor view) in use. */
export const TlbTag = { none: 0, first: 1, last: 4094 } as const;
