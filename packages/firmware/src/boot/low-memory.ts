/**
 * Where small things stand below 640 KiB. All of it is ordinary RAM to the guest, which has copied what it wants before
 * it uses the memory otherwise, but for the EBDA.
 */
export const LOW = {
  /** BIOS data area: segment of the EBDA, and KiB of base memory (IBM PC/AT technical reference, 1984, 5-29). */
  ebdaSegment: 0x40e,
  baseMemory: 0x413,
  /** BIOS data area: video mode and what belongs to it. */
  videoMode: 0x449,
  gdt: 0x1000,
  startInfo: 0x2000,
  bootParams: 0x7000,
  pageTables: 0x9000,
  commandLine: 0x20000,
  /** Extended BIOS data area. */
  ebda: 0x9fc00,
  end: 0xa0000,
  /** In the BIOS's read-only memory (ACPI 6.5, 5.2.5.1): Xen's first domain sees that and not the EBDA. */
  rsdp: 0xe0000,
  /** Where a processor starts in real mode, F000:FFF0: guests jump there to have the BIOS restart the machine. */
  start: 0xffff0,
} as const;
