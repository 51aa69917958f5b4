/**
 * A range of ports or memory that a device answers. The device sees offsets from 0 to size − 1 and never its base.
 *
 * Values are 32-bit integers; only the low `size` bytes count, and the composition masks what is returned. Return
 * signed numbers (`value | 0`): JavaScript engines box numbers of 2^31 and more, which allocates. An access wider
 * than the declared width arrives as several, lowest offset first; an 8-byte MMIO access is two 4-byte ones.
 * Alignment is not promised: a guest may read 4 bytes at offset 2 of an 8-byte region. The range
 * `offset … offset + size − 1` always lies within the region. Handlers are called with the region as `this`.
 */
export interface Region {
  /** @hot Must not throw for any offset and size. */
  readonly read: (offset: number, size: 1 | 2 | 4) => number;
  /** @hot Must not throw for any offset, size and value. */
  readonly write: (offset: number, size: 1 | 2 | 4, value: number) => void;
}
