/** What the guest sees of the function before it knows its driver. */
export const IDENTITY = {
  vendor: 0xac4e,
  device: 0x0c32,
  revision: 1,
  /** Processing accelerator (PCI Code and ID Assignment 1.11, 1.19). */
  classCode: 0x12_0000,
  /** INTA#. */
  interruptPin: 1,
} as const;

/** Bytes of BAR 0: a page, so that user space can map it. */
export const BAR_SIZE = 4096;

/** Offsets in BAR 0; each register is 32 bits wide. */
export const Register = {
  /** Reads "CRC1", read-only. */
  id: 0x00,
  /** Bytes written here, one, two or four at once, go into the sum. */
  data: 0x04,
  /** The CRC-32 of all bytes so far; any write begins anew. */
  sum: 0x08,
  /** Bus address of the bytes to fetch, in two halves, and how many: 1 to 4096. Held while a transfer is under way. */
  addressLow: 0x10,
  addressHigh: 0x14,
  length: 0x18,
  control: 0x1c,
  /** Write 1 to `DONE` or `FAILED` to clear it. */
  status: 0x20,
} as const;

export const ID_VALUE = 0x3143_5243;
/** `START` reads as 0. */
export const Control = { START: 1, INTERRUPT: 2 } as const;
export const Status = { BUSY: 1, DONE: 2, FAILED: 4 } as const;
/** Most bytes that one transfer fetches. */
export const MOST_BYTES = 4096;
/** Bus addresses have 52 bits, as in the page tables of x86-64. */
export const ADDRESS_HIGH_MASK = 0xf_ffff;
