/**
 * The registers of a VGA (IBM PS/2 Hardware Interface Technical Reference, Video Subsystem, S42G-2193-00; names as in the IBM VGA
 * and as in FreeVGA's reference) and of the Bochs display interface (VBE DISPI, version B0C5), as QEMU's standard VGA has them.
 */
import type { RegisterDoc } from '../register-map.ts';

export const IDENTITY = {
  vendor: 0x1234, device: 0x1111, revision: 2, classCode: 0x03_0000, subsystemVendor: 0x1af4, subsystem: 0x1100,
} as const;
export const BAR = { MEMORY: 0, REGISTERS: 2 } as const;

/** The window to memory. */
export const WINDOW = { base: 0xa_0000, size: 0x2_0000 } as const;
/** Ports of a monochrome and of a colour adapter; the second range is at 400H of the registers in memory, too. */
export const MONO_PORTS = { base: 0x3b0, size: 12 } as const;
export const PORTS = { base: 0x3c0, size: 32 } as const;
export const DISPI_PORTS = { base: 0x1ce, size: 3 } as const;
/** Registers in memory: EDID, the ports from 3C0H on, the dispi registers as words, QEMU's own. */
export const Mmio = { SIZE: 0x1000, EDID_END: 0x400, PORTS: 0x400, DISPI: 0x500, DISPI_END: 0x516, EXTENDED: 0x600, EXTENDED_END: 0x608 } as const;
/** QEMU's own registers: how many bytes they are, and the order of bytes in memory. */
export const Extended = { SIZE: 0, ORDER: 4, LITTLE: 0x1e1e_1e1e } as const;

/** Offsets in the ports from 3C0H on. Those of a monochrome adapter have the last digit of the colour ones from 3D0H on. */
export const Port = {
  ATTRIBUTE: 0x00, ATTRIBUTE_DATA: 0x01, MISC_WRITE: 0x02, SEQUENCER: 0x04, SEQUENCER_DATA: 0x05, PEL_MASK: 0x06, DAC_READ: 0x07,
  DAC_WRITE: 0x08, DAC_DATA: 0x09, FEATURE_READ: 0x0a, MISC_READ: 0x0c, GRAPHICS: 0x0e, GRAPHICS_DATA: 0x0f,
  CRTC: 0x14, CRTC_DATA: 0x15, STATUS: 0x1a,
} as const;

/** Miscellaneous output: the adapter is a colour one. */
export const MISC_COLOUR = 0x01;
/** Input status 0: a colour display answers. */
export const SENSE = 0x10;
/** Input status 1. */
export const Status1 = { DISPLAY_OFF: 0x01, RETRACE: 0x08 } as const;
/** Attribute address: the palette is the display's. */
export const PALETTE_SOURCE = 0x20;

export const Seq = { CLOCKING: 1, MAP_MASK: 2, FONT: 3, MEMORY_MODE: 4 } as const;
export const Clocking = { DOTS_8: 0x01, SCREEN_OFF: 0x20 } as const;
export const CHAIN_4 = 0x08;
export const Gfx = { SET_RESET: 0, ENABLE_SET_RESET: 1, COMPARE: 2, ROTATE: 3, READ_MAP: 4, MODE: 5, MISC: 6, CARE: 7, BIT_MASK: 8 } as const;
export const GfxMode = { WRITE: 0x03, COMPARE: 0x08, ODD_EVEN: 0x10, SHIFT_SHIFT: 5, SHIFT: 0x60, SHIFT_256: 0x40 } as const;
export const GRAPHICS_MODE = 0x01;
export const Crtc = {
  DISPLAY_END: 0x01, OVERFLOW: 0x07, MAX_SCAN: 0x09, CURSOR_START: 0x0a, CURSOR_END: 0x0b, START_HIGH: 0x0c, START_LOW: 0x0d,
  CURSOR_HIGH: 0x0e, CURSOR_LOW: 0x0f, RETRACE_END: 0x11, VERTICAL_END: 0x12, OFFSET: 0x13, MODE: 0x17, LINE_COMPARE: 0x18,
} as const;
/** In the vertical retrace end: registers 0 to 7 are protected. In the overflow, line compare is not. */
export const PROTECT = 0x80, OVERFLOW_COMPARE = 0x10;
export const CURSOR_OFF = 0x20;
export const Attr = { MODE: 0x10, OVERSCAN: 0x11, PLANES: 0x12, PANNING: 0x13, COLOUR_SELECT: 0x14 } as const;
export const AttrMode = { LINE_GRAPHICS: 0x04, BLINK: 0x08, P54: 0x80 } as const;

/** Bits that a write changes. */
export const SEQ_MASKS = [0x03, 0x3d, 0x0f, 0x3f, 0x0e, 0x00, 0x00, 0xff] as const;
export const GFX_MASKS = [0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff] as const;
export const CRTC_COUNT = 0x19;
export const ATTR_COUNT = 0x15;

/** Registers of dispi. */
export const Dispi = {
  ID: 0, XRES: 1, YRES: 2, BPP: 3, ENABLE: 4, BANK: 5, VIRT_WIDTH: 6, VIRT_HEIGHT: 7, X_OFFSET: 8, Y_OFFSET: 9, MEMORY_64K: 10, COUNT: 11,
} as const;
export const DISPI_ID = 0xb0c5, DISPI_OLDEST = 0xb0c0;
export const DispiEnable = { ENABLED: 0x01, GET_CAPS: 0x02, DAC_8: 0x20, LINEAR: 0x40, KEEP: 0x80, MASK: 0xe3 } as const;
export const MOST = { xres: 16_000, yres: 12_000, bpp: 32 } as const;

export const REGISTERS: readonly RegisterDoc[] = [
  { name: 'attribute', offset: 0x00, access: 'rw', summary: 'address and data in turn', cite: 'attribute controller' },
  { name: 'attribute data', offset: 0x01, access: 'r', summary: 'of the address', cite: 'attribute controller' },
  { name: 'miscellaneous output', offset: 0x02, access: 'w', summary: 'bit 0: a colour adapter; reads as input status 0', cite: 'general' },
  { name: 'sequencer', offset: 0x04, access: 'rw', summary: 'address, data behind it', cite: 'sequencer' },
  { name: 'PEL mask', offset: 0x06, access: 'rw', summary: 'and of all colours', cite: 'DAC' },
  { name: 'PEL address, read', offset: 0x07, access: 'rw', summary: 'reads as the state of the DAC', cite: 'DAC' },
  { name: 'PEL address, write', offset: 0x08, access: 'rw', summary: 'of the next colour', cite: 'DAC' },
  { name: 'PEL data', offset: 0x09, access: 'rw', summary: 'red, green, blue in turn', cite: 'DAC' },
  { name: 'miscellaneous output', offset: 0x0c, access: 'r', summary: 'as written', cite: 'general' },
  { name: 'graphics', offset: 0x0e, access: 'rw', summary: 'address, data behind it', cite: 'graphics controller' },
  { name: 'CRT controller', offset: 0x14, access: 'rw', summary: 'address, data behind it; of a monochrome adapter at 3B4H', cite: 'CRT controller' },
  { name: 'input status 1', offset: 0x1a, access: 'r', summary: 'retrace; the attribute’s turn begins anew', cite: 'general' },
];
