import type { Region } from '@polyvisor/core';
import type { DispiRegisters } from './dispi.ts';
import { CHAIN_4, Gfx, GfxMode, Seq } from './registers.ts';

/** Each bit of four, as a byte of 0 or FFH in the place of its plane. */
const SPREAD = Int32Array.from({ length: 16 }, (_, bits) => {
  let value = 0;
  for (let plane = 0; plane < 4; plane++) if ((bits & (1 << plane)) !== 0) value |= 0xff << (8 * plane);
  return value;
});

/**
 * The window to memory at A0000H: four planes, the latches, and what the graphics controller does between. The planes
 * lie side by side: byte `n` of plane `p` is byte `4n + p` of memory, so that chained pixels are one after the other.
 */
export class Planes implements Region {
  /** The latches, plane 0 lowest. */
  latch = 0;
  /** Something was written. */
  dirty = true;
  readonly #memory: Uint8Array;
  readonly #sequencer: Uint8Array;
  readonly #graphics: Uint8Array;
  readonly #dispi: DispiRegisters;

  constructor(memory: Uint8Array, sequencer: Uint8Array, graphics: Uint8Array, dispi: DispiRegisters) {
    this.#memory = memory;
    this.#sequencer = sequencer;
    this.#graphics = graphics;
    this.#dispi = dispi;
  }

  /** @hot */
  read(offset: number, size: 1 | 2 | 4): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.#readByte(offset + i) << (8 * i);
    return value;
  }

  /** @hot */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    this.dirty = true;
    for (let i = 0; i < size; i++) this.#writeByte(offset + i, (value >> (8 * i)) & 0xff);
  }

  /** @hot Where the miscellaneous register has the window; −1 outside of it. */
  #at(offset: number): number {
    switch ((this.#graphics[Gfx.MISC]! >> 2) & 3) {
      case 0:
        return offset + this.#bank();
      case 1:
        return offset < 0x1_0000 ? offset + this.#bank() : -1;
      case 2:
        return offset >= 0x1_0000 && offset < 0x1_8000 ? offset - 0x1_0000 : -1;
      default:
        return offset >= 0x1_8000 ? offset - 0x1_8000 : -1;
    }
  }

  /** @hot */
  #bank(): number {
    return this.#dispi.enabled ? this.#dispi.bank : 0;
  }

  /** @hot */
  #chained(): boolean {
    return (this.#sequencer[Seq.MEMORY_MODE]! & CHAIN_4) !== 0;
  }

  /** @hot */
  #oddEven(): boolean {
    return (this.#graphics[Gfx.MODE]! & GfxMode.ODD_EVEN) !== 0;
  }

  /** @hot */
  #readByte(offset: number): number {
    const at = this.#at(offset);
    if (at < 0) return 0xff;
    if (this.#dispi.linear) return at < this.#memory.length ? this.#memory[at]! : 0xff;
    const graphics = this.#graphics;
    let plane = graphics[Gfx.READ_MAP]!;
    let cell = at;
    if (this.#chained()) {
      plane = at & 3;
      cell = at >> 2;
    } else if (this.#oddEven()) {
      plane = (plane & 2) | (at & 1);
      cell = at >> 1;
    }
    if (!this.#load(cell)) return 0xff;
    if ((graphics[Gfx.MODE]! & GfxMode.COMPARE) === 0) return (this.latch >> (8 * plane)) & 0xff;
    // Read mode 1: a bit is set where all planes that matter have the colour.
    const differs = (this.latch ^ SPREAD[graphics[Gfx.COMPARE]!]!) & SPREAD[graphics[Gfx.CARE]!]!;
    const either = differs | (differs >> 16);
    return ~(either | (either >> 8)) & 0xff;
  }

  /** @hot Fills the latches. False beyond memory. */
  #load(cell: number): boolean {
    const memory = this.#memory;
    const at = 4 * cell;
    if (at + 4 > memory.length) return false;
    this.latch = memory[at]! | (memory[at + 1]! << 8) | (memory[at + 2]! << 16) | (memory[at + 3]! << 24);
    return true;
  }

  /** @hot */
  #writeByte(offset: number, byte: number): void {
    const at = this.#at(offset);
    if (at < 0) return;
    if (this.#dispi.linear) {
      if (at < this.#memory.length) this.#memory[at] = byte;
      return;
    }
    let planes = this.#sequencer[Seq.MAP_MASK]!;
    let cell = at;
    if (this.#chained()) {
      planes &= 1 << (at & 3);
      cell = at >> 2;
    } else if (this.#oddEven()) {
      planes &= (at & 1) === 0 ? 0x5 : 0xa;
      cell = at >> 1;
    }
    this.#store(cell, planes, this.#combine(byte));
  }

  /** @hot */
  #store(cell: number, planes: number, value: number): void {
    const memory = this.#memory;
    const at = 4 * cell;
    if (at + 4 > memory.length) return;
    for (let plane = 0; plane < 4; plane++) {
      if ((planes & (1 << plane)) !== 0) memory[at + plane] = value >> (8 * plane);
    }
  }

  /** @hot What the processor's byte becomes in the four planes, by the write mode. */
  #combine(byte: number): number {
    const graphics = this.#graphics;
    const mode = graphics[Gfx.MODE]! & GfxMode.WRITE;
    if (mode === 1) return this.latch;
    const rotate = graphics[Gfx.ROTATE]! & 7;
    const rotated = ((byte >> rotate) | (byte << (8 - rotate))) & 0xff;
    let mask = graphics[Gfx.BIT_MASK]!;
    let value: number;
    if (mode === 0) {
      const set = SPREAD[graphics[Gfx.ENABLE_SET_RESET]!]!;
      value = (replicate(rotated) & ~set) | (SPREAD[graphics[Gfx.SET_RESET]!]! & set);
    } else if (mode === 2) value = SPREAD[byte & 0x0f]!;
    else {
      mask &= rotated;
      value = SPREAD[graphics[Gfx.SET_RESET]!]!;
    }
    switch ((graphics[Gfx.ROTATE]! >> 3) & 3) {
      case 1:
        value &= this.latch;
        break;
      case 2:
        value |= this.latch;
        break;
      case 3:
        value ^= this.latch;
        break;
      default:
        break;
    }
    const bits = replicate(mask);
    return (value & bits) | (this.latch & ~bits);
  }
}

/** @hot A byte in all planes. */
function replicate(byte: number): number {
  return Math.imul(byte, 0x0101_0101);
}
