/** Flags of a descriptor (VIRTIO 1.2 §2.7.5). */
export const DescriptorFlag = { next: 1, write: 2, indirect: 4 } as const;
/** Bytes of a descriptor: address (8), length (4), flags (2), next (2). */
export const DESCRIPTOR_SIZE = 16;
/** Offsets in the driver area (§2.7.6): flags, idx, ring[], used_event. */
export const AVAIL = { flags: 0, idx: 2, ring: 4 } as const;
/** VIRTQ_AVAIL_F_NO_INTERRUPT (§2.7.7). */
export const AVAIL_NO_INTERRUPT = 1;
/** Offsets in the device area (§2.7.8): flags, idx, ring[] of (id, len), avail_event. */
export const USED = { flags: 0, idx: 2, ring: 4 } as const;
export const USED_ELEMENT_SIZE = 8;
/** VIRTQ_USED_F_NO_NOTIFY (§2.7.10). */
export const USED_NO_NOTIFY = 1;

export interface Descriptor {
  readonly address: number;
  readonly length: number;
  readonly flags: number;
  readonly next: number;
}

/** Where the three parts of a split queue lie, as bus addresses. */
export interface QueueAddresses {
  readonly descriptors: number;
  readonly avail: number;
  readonly used: number;
}

/** The parts one behind the other from `base` on, aligned to 16, 2 and 4 bytes (§2.7). */
export function queueAddresses(base: number, size: number): QueueAddresses & { readonly end: number } {
  const align = (at: number, to: number) => Math.ceil(at / to) * to;
  const descriptors = align(base, 16);
  const avail = align(descriptors + size * DESCRIPTOR_SIZE, 2);
  const used = align(avail + 6 + 2 * size, 4);
  return { descriptors, avail, used, end: used + 6 + USED_ELEMENT_SIZE * size };
}
