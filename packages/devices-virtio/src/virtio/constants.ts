/** Numbers of VIRTIO 1.2. Names are spelt as there, without the VIRTIO_ prefix. */

/** Device status field (§2.1). */
export const Status = {
  ACKNOWLEDGE: 0x01, DRIVER: 0x02, DRIVER_OK: 0x04, FEATURES_OK: 0x08, NEEDS_RESET: 0x40, FAILED: 0x80,
} as const;

/** Feature bits that do not belong to a device type (§6). */
export const Feature = {
  /** Offered by transitional devices: any layout of the descriptors is fine (§6.3). */
  ANY_LAYOUT: 27,
  INDIRECT_DESC: 28, EVENT_IDX: 29, VERSION_1: 32, ACCESS_PLATFORM: 33, RING_PACKED: 34,
} as const;

/** Device ids (§5). */
export const DeviceId = {
  NET: 1, BLK: 2, CONSOLE: 3, RNG: 4, BALLOON: 5, P9: 9, VSOCK: 19,
} as const;

/** Bits of the ISR status (§4.1.4.5, §4.2.2). */
export const Isr = { QUEUE: 1, CONFIG: 2 } as const;

/** A split queue has at most 2^15 descriptors (§2.7); QEMU stops at 1024, which bounds what a chain can cost. */
export const MAX_QUEUE_SIZE = 1024;
