/**
 * Bus-master access to memory. The device gives bus addresses; whether an IOMMU stands between is not for it to
 * know. A bad address is a value, never an exception: hardware would see a master abort.
 */
export const DmaStatus = {
  ok: 0,
  /** Nothing answers at the address. */
  noMemory: 1,
  /** The address is mapped, but not for this direction. */
  denied: 2,
  /** The IOMMU has no translation, or blocks this device. */
  blocked: 3,
} as const;
export type DmaStatus = (typeof DmaStatus)[keyof typeof DmaStatus];

export interface Dma {
  /**
   * @hot Copies `length` bytes from memory at `address` to `into[at…]`. Ranges may cross pages. On a fault the
   * bytes before the faulting page have been copied and the rest of `into` is untouched.
   */
  read(address: number, into: Uint8Array, at: number, length: number): DmaStatus;
  /** @hot Copies `length` bytes from `from[at…]` to memory at `address`; marks the pages dirty. */
  write(address: number, from: Uint8Array, at: number, length: number): DmaStatus;
  /**
   * @hot Loads 1, 2 or 4 bytes, little-endian, zero-extended to a signed 32-bit number. A fault reads all ones; ask
   * `status`. Naturally aligned loads and stores are single-copy atomic, as on the bus.
   */
  load(address: number, size: 1 | 2 | 4): number;
  /** @hot Stores the low `size` bytes of `value`. */
  store(address: number, size: 1 | 2 | 4, value: number): DmaStatus;
  /** Outcome of the last operation on this handle. */
  readonly status: DmaStatus;
}
