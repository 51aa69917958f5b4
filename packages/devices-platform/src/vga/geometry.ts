import type { VgaChip } from './chip.ts';
import { Clocking, Crtc, Dispi, GRAPHICS_MODE, Gfx, GfxMode, Seq } from './registers.ts';

/** How memory is shown. */
export const Kind = { TEXT: 0, PLANES: 1, CGA: 2, CHUNKY: 3, HIGH: 4 } as const;

/** The picture's size in pixels and how it lies in memory, from the registers. Pixels that a mode doubles count once. */
export class Geometry {
  kind: number = Kind.TEXT;
  width = 0;
  height = 0;
  /** Bits of a pixel, of kinds CHUNKY and HIGH. */
  bits = 0;
  /** Bytes of memory from one line to the next, and to the first. */
  lineBytes = 0;
  start = 0;
  /** Scan lines of a line; of text, of a row. Columns and rows, of text. */
  scans = 1;
  columns = 0;
  rows = 0;
  /** Pixels of a character's width. */
  cell = 8;
  /** The scan line behind which memory begins anew. */
  split = 0;
  readonly #chip: VgaChip;

  constructor(chip: VgaChip) {
    this.#chip = chip;
  }

  /** @hot True: the picture has another size or kind than before. */
  update(): boolean {
    const { kind, width, height, bits } = this;
    if (this.#chip.dispi.enabled) this.#fromDispi();
    else this.#fromCrtc();
    return kind !== this.kind || width !== this.width || height !== this.height || bits !== this.bits;
  }

  /** @hot */
  #fromDispi(): void {
    const { dispi } = this.#chip;
    const bpp = dispi.values[Dispi.BPP]!;
    this.kind = bpp === 4 ? Kind.PLANES : bpp === 8 ? Kind.CHUNKY : Kind.HIGH;
    this.bits = bpp;
    this.width = dispi.values[Dispi.XRES]!;
    this.height = dispi.values[Dispi.YRES]!;
    this.lineBytes = dispi.lineBytes;
    this.start = dispi.start;
    this.scans = 1;
    this.split = 0xffff;
  }

  /** @hot */
  #fromCrtc(): void {
    const { crtc, graphics, sequencer } = this.#chip;
    const overflow = crtc[Crtc.OVERFLOW]!, maxScan = crtc[Crtc.MAX_SCAN]!;
    const characters = crtc[Crtc.DISPLAY_END]! + 1;
    const lines = (crtc[Crtc.VERTICAL_END]! | ((overflow & 0x02) << 7) | ((overflow & 0x40) << 3)) + 1;
    this.split = crtc[Crtc.LINE_COMPARE]! | ((overflow & 0x10) << 4) | ((maxScan & 0x40) << 3);
    this.lineBytes = crtc[Crtc.OFFSET]! * 8;
    this.start = 4 * ((crtc[Crtc.START_HIGH]! << 8) | crtc[Crtc.START_LOW]!);
    this.bits = 8;
    const twice = maxScan >> 7;
    const scans = (maxScan & 0x1f) + 1;
    if ((graphics[Gfx.MISC]! & GRAPHICS_MODE) === 0) {
      this.kind = Kind.TEXT;
      this.scans = scans;
      this.columns = characters;
      this.rows = Math.max(1, Math.floor((lines >> twice) / scans));
      this.cell = (sequencer[Seq.CLOCKING]! & Clocking.DOTS_8) !== 0 ? 8 : 9;
      this.width = characters * this.cell;
      this.height = this.rows * scans;
      return;
    }
    const shift = (graphics[Gfx.MODE]! & GfxMode.SHIFT) >> GfxMode.SHIFT_SHIFT;
    this.kind = shift === 0 ? Kind.PLANES : shift === 1 ? Kind.CGA : Kind.CHUNKY;
    // In CGA's modes the scan line within a row chooses the bank instead.
    this.scans = (this.kind === Kind.CGA ? 1 : scans) << twice;
    this.width = this.kind === Kind.CHUNKY ? characters * 4 : characters * 8;
    this.height = Math.max(1, Math.floor(lines / this.scans));
  }
}
