/** Virtio over MMIO (VIRTIO 1.2 §4.2): the registers, spelt as there. */

/** "virt". */
export const MAGIC = 0x74726976;
export const VENDOR_ID = 0x554d4551;
export const REGION_SIZE = 0x200;

export const Reg = {
  MagicValue: 0x000, Version: 0x004, DeviceID: 0x008, VendorID: 0x00c, DeviceFeatures: 0x010, DeviceFeaturesSel: 0x014,
  DriverFeatures: 0x020, DriverFeaturesSel: 0x024, GuestPageSize: 0x028, QueueSel: 0x030, QueueNumMax: 0x034, QueueNum: 0x038,
  QueueAlign: 0x03c, QueuePFN: 0x040, QueueReady: 0x044, QueueNotify: 0x050, InterruptStatus: 0x060, InterruptACK: 0x064, Status: 0x070,
  QueueDescLow: 0x080, QueueDescHigh: 0x084, QueueDriverLow: 0x090, QueueDriverHigh: 0x094, QueueDeviceLow: 0x0a0, QueueDeviceHigh: 0x0a4,
  ConfigGeneration: 0x0fc, Config: 0x100,
} as const;
