/** Virtio over PCI (VIRTIO 1.2 §4.1): layout of the BARs and of the structures in them. Field names are spelt as there. */

export const VENDOR = 0x1af4;
/** Device ids from 0x1040 on are the modern ones (§4.1.2). */
export const MODERN_BASE = 0x1040;
export const NO_VECTOR = 0xffff;

export const Bar = { LEGACY: 0, MSIX: 1, MODERN: 4 } as const;
/** The structures in BAR 4, where QEMU has them. */
export const Area = { COMMON: 0x0000, ISR: 0x1000, DEVICE: 0x2000, NOTIFY: 0x3000, SIZE: 0x1000, ALL: 0x4000 } as const;
/** Bytes between the notification addresses of two queues (§4.1.4.4). */
export const NOTIFY_MULTIPLIER = 4;
/** The table and the pending bits of MSI-X in BAR 1. */
export const Msix = { SIZE: 0x1000, TABLE: 0, PENDING: 0x800 } as const;

/** cfg_type (§4.1.4). */
export const CfgType = { COMMON: 1, NOTIFY: 2, ISR: 3, DEVICE: 4, PCI: 5 } as const;

/** struct virtio_pci_common_cfg (§4.1.4.3). */
export const Common = {
  device_feature_select: 0, device_feature: 4, driver_feature_select: 8, driver_feature: 12, config_msix_vector: 16, num_queues: 18,
  device_status: 20, config_generation: 21, queue_select: 22, queue_size: 24, queue_msix_vector: 26, queue_enable: 28,
  queue_notify_off: 30, queue_desc: 32, queue_driver: 40, queue_device: 48, END: 56,
} as const;

/** The legacy header (§4.1.4.10); the vectors are there while MSI-X is enabled. */
export const Legacy = {
  device_features: 0, guest_features: 4, queue_address: 8, queue_size: 12, queue_select: 14, queue_notify: 16, device_status: 18,
  isr_status: 19, config_msix_vector: 20, queue_vector: 22, CONFIG: 20, CONFIG_WITH_MSIX: 24,
} as const;
/** Pages of the legacy queue address, and the used ring's alignment (§2.7.2). */
export const LEGACY_PAGE = 4096;
