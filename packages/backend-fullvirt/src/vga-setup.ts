import type { IoAccess } from '@polyvisor/core';

/** Ports of a colour adapter (IBM PS/2 Hardware Interface Technical Reference, Video Subsystem). */
const Port = { ATTRIBUTE: 0x3c0, MISC: 0x3c2, SEQUENCER: 0x3c4, PEL_MASK: 0x3c6, DAC_WRITE: 0x3c8, DAC_DATA: 0x3c9, GRAPHICS: 0x3ce, CRTC: 0x3d4, STATUS: 0x3da } as const;

/** Mode 3: 80 by 25 characters of 9 by 16 points in 16 colours at B8000H, as the tables of an IBM VGA's BIOS have it. */
const MISC = 0x67;
const SEQUENCER = [0x03, 0x00, 0x03, 0x00, 0x02];
const CRTC = [
  0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
];
const GRAPHICS = [0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff];
const ATTRIBUTE = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00,
];
const RETRACE_END = 0x11, PROTECT = 0x80;
const PALETTE_SOURCE = 0x20;
const COLOURS = 64;
/** Intensity of a colour's stronger and weaker bit, of 63. */
const STRONG = 0x2a, WEAK = 0x15;

const TEXT = 0xb_8000, CELLS = 80 * 25;
/** Two blanks, grey on black. */
const BLANKS = 0x0720_0720;

/** Sets a VGA to text, as its BIOS does before an operating system runs. There is no font: whoever draws brings one. */
export function setText(io: IoAccess): void {
  const out = (port: number, value: number): void => { io.pioWrite(port, 1, value); };
  const indexed = (port: number, values: readonly number[]): void => values.forEach((value, i) => {
    out(port, i);
    out(port + 1, value);
  });
  out(Port.MISC, MISC);
  indexed(Port.SEQUENCER, SEQUENCER);
  // The first registers are protected until the mode says that they are not.
  indexed(Port.CRTC, CRTC.map((value, i) => (i === RETRACE_END ? value & ~PROTECT : value)));
  indexed(Port.CRTC, CRTC);
  indexed(Port.GRAPHICS, GRAPHICS);
  // A read of the status makes the attribute port take an address next.
  io.pioRead(Port.STATUS, 1);
  ATTRIBUTE.forEach((value, i) => {
    out(Port.ATTRIBUTE, i);
    out(Port.ATTRIBUTE, value);
  });
  out(Port.ATTRIBUTE, PALETTE_SOURCE);
  out(Port.PEL_MASK, 0xff);
  out(Port.DAC_WRITE, 0);
  for (let colour = 0; colour < COLOURS; colour++) {
    for (const bit of [2, 1, 0]) out(Port.DAC_DATA, STRONG * ((colour >> bit) & 1) + WEAK * ((colour >> (bit + 3)) & 1));
  }
  for (let at = TEXT; at < TEXT + 2 * CELLS; at += 4) io.mmioWrite(at, 4, BLANKS);
}
