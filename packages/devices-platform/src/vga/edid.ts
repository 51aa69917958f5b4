/** VESA Enhanced EDID 1.4 (E-EDID A2, chapter 3). */
const SIZE = 128;
const HEADER = [0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00];
/** Three letters of five bits. */
const MAKER = ((16 << 10) | (12 << 5) | 22) & 0x7fff;
/** sRGB's primaries and white (3.7). */
const CHROMATICITY = [0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54];
/** 640x480, 800x600, 1024x768, all at 60 Hz (3.8). */
const ESTABLISHED = [0x21, 0x08, 0x00];
const REFRESH = 60, DOTS_PER_CENTIMETRE = 40;
const AT = { MAKER: 8, WEEK: 16, VERSION: 18, BASIC: 20, CHROMATICITY: 25, ESTABLISHED: 35, STANDARD: 38, DETAILED: 54, CHECKSUM: 127 } as const;
const STANDARD_TIMINGS = 8, DESCRIPTOR = 18;

/** What a display of this preferred mode says of itself. */
export function edid(xres: number, yres: number): Uint8Array {
  const out = new Uint8Array(SIZE);
  const centimetres = (dots: number) => Math.min(255, Math.round(dots / DOTS_PER_CENTIMETRE));
  out.set(HEADER);
  out.set([MAKER >> 8, MAKER & 0xff, 0x01, 0x00], AT.MAKER);
  // Made in 2024; EDID 1.4.
  out.set([1, 2024 - 1990], AT.WEEK);
  out.set([1, 4], AT.VERSION);
  // Digital, 8 bits a colour; gamma 2.2; sRGB, and the preferred mode is the native one.
  out.set([0xa0, centimetres(xres), centimetres(yres), 120, 0x06], AT.BASIC);
  out.set(CHROMATICITY, AT.CHROMATICITY);
  out.set(ESTABLISHED, AT.ESTABLISHED);
  out.fill(0x01, AT.STANDARD, AT.STANDARD + 2 * STANDARD_TIMINGS);
  out.set(detailed(xres, yres), AT.DETAILED);
  descriptor(out, 1, 0xfc, [...text('Polyvisor')]);
  // Limits: 30 to 200 Hz, 10 to 255 kHz, 2550 MHz.
  descriptor(out, 2, 0xfd, [30, 200, 10, 255, 255, 0x01, 0x0a, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20]);
  descriptor(out, 3, 0x10, []);
  let sum = 0;
  for (const byte of out) sum += byte;
  out[AT.CHECKSUM] = -sum;
  return out;
}

/** Detailed timing (3.10.2): an eighth of the line and a few lines are blank. */
function detailed(xres: number, yres: number): number[] {
  const hblank = Math.max(80, Math.floor(xres / 8)) & ~7, vblank = 32;
  const clock = Math.min(0xffff, Math.round(((xres + hblank) * (yres + vblank) * REFRESH) / 10_000));
  const millimetres = (dots: number) => Math.round((dots * 10) / DOTS_PER_CENTIMETRE);
  const width = millimetres(xres), height = millimetres(yres);
  return [
    clock & 0xff, clock >> 8, xres & 0xff, hblank & 0xff, ((xres >> 8) << 4) | (hblank >> 8), yres & 0xff, vblank, (yres >> 8) << 4,
    16, 32, (3 << 4) | 6, 0, width & 0xff, height & 0xff, ((width >> 8) << 4) | (height >> 8), 0, 0, 0x18,
  ];
}

function descriptor(out: Uint8Array, index: number, tag: number, body: readonly number[]): void {
  out.set([0, 0, 0, tag, 0, ...body], AT.DETAILED + DESCRIPTOR * index);
}

/** At most 13 characters; a shorter text ends with a line feed. */
function text(value: string): number[] {
  return Array.from({ length: 13 }, (_, i) => (i < value.length ? value.charCodeAt(i) : i === value.length ? 0x0a : 0x20));
}
