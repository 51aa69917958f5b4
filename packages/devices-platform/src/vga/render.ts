import type { VgaChip } from './chip.ts';
import { Kind, type Geometry } from './geometry.ts';
import { Attr, AttrMode, CURSOR_OFF, Crtc, Seq } from './registers.ts';

const OPAQUE = 0xff00_0000 | 0;
/** A character's glyph takes 32 bytes of plane 2; a font 8 KiB. */
const GLYPH = 32, FONT = 0x2000;
/** Characters whose ninth column is like the eighth. */
const LINES_FROM = 0xc0, LINES_TO = 0xdf;

/** Draws memory as RGBA. Reads beyond memory are black. */
export class Renderer {
  readonly #chip: VgaChip;
  readonly #geometry: Geometry;
  readonly #memory: Uint8Array;
  /** Pixels of the 256 colours, and of the 16 by the attribute controller's palette. */
  readonly #colours = new Int32Array(256);
  readonly #sixteen = new Int32Array(16);
  /** The line as it is drawn. */
  #line = new Int32Array(0);

  constructor(chip: VgaChip, geometry: Geometry) {
    this.#chip = chip;
    this.#geometry = geometry;
    this.#memory = chip.memory.bytes;
  }

  /** Draws the whole picture; `into` has four bytes for each pixel. */
  draw(into: Uint8ClampedArray): void {
    const { width, height } = this.#geometry;
    if (into.length < 4 * width * height) throw new RangeError(`a picture of ${width} by ${height} pixels takes ${4 * width * height} bytes`);
    if (this.#line.length !== width) this.#line = new Int32Array(width);
    this.#mixColours();
    for (let y = 0; y < height; y++) {
      this.#drawLine(y);
      this.#put(into, 4 * width * y);
    }
  }

  #drawLine(y: number): void {
    const geometry = this.#geometry;
    if (!this.#chip.shown) this.#line.fill(OPAQUE);
    else if (geometry.kind === Kind.TEXT) this.#drawText(y);
    else {
      const at = this.#lineAt(y);
      if (geometry.kind === Kind.PLANES) this.#drawPlanes(at);
      else if (geometry.kind === Kind.CGA) this.#drawCga(at);
      else if (geometry.kind === Kind.CHUNKY) this.#drawChunky(at);
      else this.#drawHigh(at);
    }
  }

  #put(into: Uint8ClampedArray, at: number): void {
    const line = this.#line;
    for (let x = 0; x < line.length; x++) {
      const pixel = line[x]!;
      into[at++] = pixel & 0xff;
      into[at++] = (pixel >> 8) & 0xff;
      into[at++] = (pixel >> 16) & 0xff;
      into[at++] = 0xff;
    }
  }

  #byte(at: number): number {
    return at < this.#memory.length ? this.#memory[at]! : 0;
  }

  /** Where a line begins in memory. The part behind line compare begins at 0. */
  #lineAt(y: number): number {
    const { start, lineBytes, scans, split } = this.#geometry;
    if (this.#chip.dispi.enabled) return start + y * lineBytes;
    const mode = this.#chip.crtc[Crtc.MODE]!;
    // Bits 0 and 1 of the mode, when clear, let the lowest bits of the line choose a bank (CGA, Hercules).
    const banks = (mode & 3) ^ 3;
    const firstBelow = Math.floor(split / scans) + 1;
    const below = y >= firstBelow;
    const line = below ? y - firstBelow : y;
    const step = banks === 0 ? line : banks === 3 ? line >> 2 : line >> 1;
    let at = (below ? 0 : start) + step * lineBytes;
    const shift = 14 + ((mode >> 6) & 1);
    if ((mode & 1) === 0) at = (at & ~(1 << shift)) | ((line & 1) << shift);
    if ((mode & 2) === 0) at = (at & ~0x8000) | ((line & 2) << 14);
    return at;
  }

  #mixColours(): void {
    const { dac, dispi, attribute } = this.#chip;
    for (let i = 0; i < 256; i++) {
      const at = 3 * (i & dac.mask);
      let pixel = OPAQUE;
      for (let part = 0; part < 3; part++) {
        const value = dac.colours[at + part]!;
        pixel |= (dispi.dac8 ? value : widen(value & 0x3f, 6)) << (8 * part);
      }
      this.#colours[i] = pixel;
    }
    const select = attribute[Attr.COLOUR_SELECT]!;
    const wide = (attribute[Attr.MODE]! & AttrMode.P54) !== 0;
    for (let i = 0; i < 16; i++) {
      const entry = attribute[i]!;
      const index = wide ? ((select & 0x0f) << 4) | (entry & 0x0f) : ((select & 0x0c) << 4) | entry;
      this.#sixteen[i] = this.#colours[index]!;
    }
  }

  #drawText(y: number): void {
    const { columns, scans, cell, lineBytes, start } = this.#geometry;
    const { attribute, sequencer } = this.#chip;
    const row = Math.floor(y / scans), scan = y % scans;
    const mode = attribute[Attr.MODE]!;
    const blinks = (mode & AttrMode.BLINK) !== 0;
    const fonts = sequencer[Seq.FONT]!;
    const fontB = ((fonts >> 4) & 1) | ((fonts << 1) & 6);
    const fontA = ((fonts >> 5) & 1) | ((fonts >> 1) & 6);
    const cursor = this.#cursorAt(scan);
    for (let column = 0; column < columns; column++) {
      const at = start + row * lineBytes + 4 * column;
      const code = this.#byte(at), colours = this.#byte(at + 1);
      const font = (colours & 0x08) !== 0 ? fontA : fontB;
      let glyph = this.#byte(4 * (FONT * font + GLYPH * code + scan) + 2) << 1;
      if (cell === 9 && (glyph & 2) !== 0 && (mode & AttrMode.LINE_GRAPHICS) !== 0 && code >= LINES_FROM && code <= LINES_TO) glyph |= 1;
      if (at === cursor) glyph = 0x1ff;
      const ink = this.#sixteen[colours & 0x0f]!;
      const paper = this.#sixteen[(colours >> 4) & (blinks ? 0x07 : 0x0f)]!;
      const x = column * cell;
      for (let i = 0; i < cell; i++) this.#line[x + i] = (glyph & (0x100 >> i)) !== 0 ? ink : paper;
    }
  }

  /** Where the character with the cursor is, if the cursor reaches this scan line of its row; −1 if not. */
  #cursorAt(scan: number): number {
    const { crtc } = this.#chip;
    const first = crtc[Crtc.CURSOR_START]!, last = crtc[Crtc.CURSOR_END]! & 0x1f;
    if ((first & CURSOR_OFF) !== 0 || scan < (first & 0x1f) || scan > last) return -1;
    return 4 * ((crtc[Crtc.CURSOR_HIGH]! << 8) | crtc[Crtc.CURSOR_LOW]!);
  }

  #drawPlanes(from: number): void {
    const line = this.#line;
    const enabled = this.#chip.attribute[Attr.PLANES]! & 0x0f;
    for (let x = 0; x < line.length; x++) {
      const at = from + 4 * (x >> 3);
      const bit = 7 - (x & 7);
      let colour = 0;
      for (let plane = 0; plane < 4; plane++) colour |= ((this.#byte(at + plane) >> bit) & 1) << plane;
      line[x] = this.#sixteen[colour & enabled]!;
    }
  }

  /** Two bits a pixel: four pixels of planes 0 and 2, then four of planes 1 and 3. */
  #drawCga(from: number): void {
    const line = this.#line;
    const enabled = this.#chip.attribute[Attr.PLANES]! & 0x0f;
    for (let x = 0; x < line.length; x++) {
      const at = from + 4 * (x >> 3) + ((x >> 2) & 1);
      const shift = 6 - 2 * (x & 3);
      const colour = ((this.#byte(at) >> shift) & 3) | (((this.#byte(at + 2) >> shift) & 3) << 2);
      line[x] = this.#sixteen[colour & enabled]!;
    }
  }

  #drawChunky(from: number): void {
    const line = this.#line;
    for (let x = 0; x < line.length; x++) line[x] = this.#colours[this.#byte(from + x)]!;
  }

  /** Pixels with colours of their own, of 15 bits and more, little-endian, blue lowest. */
  #drawHigh(from: number): void {
    const line = this.#line;
    const { bits } = this.#geometry;
    const bytes = bits === 15 ? 2 : bits >> 3;
    for (let x = 0; x < line.length; x++) {
      const at = from + bytes * x;
      if (bytes >= 3) {
        line[x] = OPAQUE | this.#byte(at + 2) | (this.#byte(at + 1) << 8) | (this.#byte(at) << 16);
        continue;
      }
      const value = this.#byte(at) | (this.#byte(at + 1) << 8);
      const green = bits === 15 ? widen((value >> 5) & 0x1f, 5) : widen((value >> 5) & 0x3f, 6);
      line[x] = OPAQUE | widen((value >> (bits === 15 ? 10 : 11)) & 0x1f, 5) | (green << 8) | (widen(value & 0x1f, 5) << 16);
    }
  }
}

/** A colour of so many bits as one of eight. */
function widen(value: number, bits: number): number {
  return (value << (8 - bits)) | (value >> (2 * bits - 8));
}
