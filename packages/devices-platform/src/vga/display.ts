import { FRAME_SIZE, token } from '@polyvisor/core';
import type { VgaChip } from './chip.ts';
import { CP437 } from './cp437.ts';
import { Geometry, Kind } from './geometry.ts';
import { Renderer } from './render.ts';

/** What is on a screen, for a window, a console or a test. */
export interface Display {
  /** Of the picture, in pixels. */
  readonly size: { readonly width: number; readonly height: number };
  /** The rows of a text mode, with blanks to the screen's width; `undefined` in a graphics mode. */
  text(): string[] | undefined;
  /** Draws the whole picture as RGBA, four bytes a pixel. Throws a `RangeError` when `into` is too small. */
  render(into: Uint8ClampedArray): void;
  /** Whether the picture may differ from that of the last call; true at first. */
  changed(): boolean;
  /** One listener: the size changed, or text became graphics or the other way round. */
  onModeChanged: (() => void) | undefined;
}
export const DisplayToken = token<Display>('devices-platform/Display');

/** A VGA's screen. */
export class VgaDisplay implements Display {
  onModeChanged: (() => void) | undefined = undefined;
  readonly #chip: VgaChip;
  readonly #geometry: Geometry;
  readonly #renderer: Renderer;
  readonly #written: Int32Array;

  constructor(chip: VgaChip) {
    this.#chip = chip;
    this.#geometry = new Geometry(chip);
    this.#geometry.update();
    this.#renderer = new Renderer(chip, this.#geometry);
    this.#written = new Int32Array(Math.ceil(chip.memory.bytes.length / FRAME_SIZE / 32));
    chip.onGeometry = () => {
      if (this.#geometry.update()) this.onModeChanged?.();
    };
  }

  get size(): { readonly width: number; readonly height: number } {
    return { width: this.#geometry.width, height: this.#geometry.height };
  }

  text(): string[] | undefined {
    const { kind, rows, columns, start, lineBytes } = this.#geometry;
    if (kind !== Kind.TEXT) return undefined;
    const { bytes } = this.#chip.memory;
    return Array.from({ length: rows }, (_, row) => {
      const at = start + row * lineBytes;
      return Array.from({ length: columns }, (__, column) => CP437[bytes[at + 4 * column] ?? 0]!).join('');
    });
  }

  render(into: Uint8ClampedArray): void {
    this.#renderer.draw(into);
  }

  changed(): boolean {
    const { chip, planes } = { chip: this.#chip, planes: this.#chip.planes };
    const written = chip.memory.harvestWritten(this.#written) > 0;
    const changed = written || chip.changed || planes.dirty;
    chip.changed = planes.dirty = false;
    return changed;
  }
}
