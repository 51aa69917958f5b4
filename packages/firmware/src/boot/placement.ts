import { firmwareErrors, refuse } from '../errors.ts';
import { MemoryType, type MemoryRange, type Piece } from './plan.ts';

const PAGE = 4096;
const overlap = (a: { address: number; size: number }, b: { address: number; size: number }): boolean =>
  a.address < b.address + b.size && b.address < a.address + a.size;

/** Pieces in memory while a boot is planned: each in RAM, none over another. */
export class Placement {
  readonly pieces: Piece[] = [];
  readonly #map: readonly MemoryRange[];

  constructor(map: readonly MemoryRange[]) {
    this.#map = map;
  }

  /** Puts a piece where it has to be. Throws `firmware/does-not-fit`. */
  at(image: string, piece: Piece): void {
    const { what, address, size } = piece;
    const inRam = this.#map.some((r) => r.type === MemoryType.usable && r.address <= address && address + size <= r.address + r.size);
    const taken = this.pieces.some((other) => overlap(other, piece));
    if (!inRam || taken) throw refuse(firmwareErrors['does-not-fit'](what, { image, what, address, size }));
    this.pieces.push(piece);
  }

  /** Puts a piece in memory that the map keeps from the guest's use. */
  reserved(piece: Piece): void {
    this.pieces.push(piece);
  }

  /** Puts bytes as high as there is room below `limit`, at the beginning of a page. */
  high(image: string, what: string, bytes: Uint8Array, limit: number): Piece {
    const size = bytes.length;
    const starts = this.#map.filter((r) => r.type === MemoryType.usable).map((r) => Math.min(limit, r.address + r.size) - size);
    const address = [...starts, ...this.pieces.map((p) => p.address - size)]
      .map((start) => Math.floor(start / PAGE) * PAGE)
      .sort((a, b) => b - a)
      .find((start) => this.#isFree(start, size, limit));
    if (address === undefined) throw refuse(firmwareErrors['no-room'](what, { image, what, size, below: limit }));
    const piece = { what, address, bytes, size };
    this.pieces.push(piece);
    return piece;
  }

  #isFree(address: number, size: number, limit: number): boolean {
    return address >= 0 && address + size <= limit && !this.pieces.some((p) => overlap(p, { address, size }))
      && this.#map.some((r) => r.type === MemoryType.usable && r.address <= address && address + size <= r.address + r.size);
  }
}

/** A piece of just these bytes. */
export function pieceOf(what: string, address: number, bytes: Uint8Array): Piece {
  return { what, address, bytes, size: bytes.length };
}
