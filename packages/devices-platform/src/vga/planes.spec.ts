import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DispiRegisters } from './dispi.ts';
import { Planes } from './planes.ts';
import { CHAIN_4, GFX_MASKS, Gfx, Seq } from './registers.ts';

const SIZE = 0x1_0000;

interface Setting {
  readonly gfx: readonly number[];
  readonly mapMask: number;
  readonly chain: boolean;
}

/** The graphics controller as the manual tells it, bit by bit: four arrays, four latches, no packing. */
class Model {
  readonly planes = Array.from({ length: 4 }, () => new Uint8Array(SIZE / 4));
  latches = [0, 0, 0, 0];

  read(at: number, { gfx, chain }: Setting): number {
    const [cell, chosen] = this.#place(at, gfx, chain);
    this.latches = this.planes.map((plane) => plane[cell]!);
    const plane = chain ? at & 3 : chosen === undefined ? gfx[Gfx.READ_MAP]! : (gfx[Gfx.READ_MAP]! & 2) | chosen;
    if ((gfx[Gfx.MODE]! & 8) === 0) return this.latches[plane]!;
    let out = 0;
    for (let bit = 0; bit < 8; bit++) {
      const equal = this.latches.every((latch, p) => ((gfx[Gfx.CARE]! >> p) & 1) === 0 || ((latch >> bit) & 1) === ((gfx[Gfx.COMPARE]! >> p) & 1));
      if (equal) out |= 1 << bit;
    }
    return out;
  }

  write(at: number, byte: number, { gfx, mapMask, chain }: Setting): void {
    const [cell, chosen] = this.#place(at, gfx, chain);
    for (let plane = 0; plane < 4; plane++) {
      const reached = chain ? plane === (at & 3) : chosen === undefined || (plane & 1) === chosen;
      if (!reached || ((mapMask >> plane) & 1) === 0) continue;
      let value = 0;
      for (let bit = 0; bit < 8; bit++) value |= this.#bit(byte, plane, bit, gfx) << bit;
      this.planes[plane]![cell] = value;
    }
  }

  #place(at: number, gfx: readonly number[], chain: boolean): readonly [cell: number, parity: number | undefined] {
    if (chain) return [at >> 2, undefined];
    return (gfx[Gfx.MODE]! & 0x10) !== 0 ? [at >> 1, at & 1] : [at, undefined];
  }

  #bit(byte: number, plane: number, bit: number, gfx: readonly number[]): number {
    const mode = gfx[Gfx.MODE]! & 3;
    const latch = (this.latches[plane]! >> bit) & 1;
    if (mode === 1) return latch;
    const rotated = (byte >> ((bit + (gfx[Gfx.ROTATE]! & 7)) % 8)) & 1;
    const setReset = (gfx[Gfx.SET_RESET]! >> plane) & 1;
    let masked = (gfx[Gfx.BIT_MASK]! >> bit) & 1;
    let value = rotated;
    if (mode === 0 && ((gfx[Gfx.ENABLE_SET_RESET]! >> plane) & 1) === 1) value = setReset;
    if (mode === 2) value = (byte >> plane) & 1;
    if (mode === 3) {
      masked &= rotated;
      value = setReset;
    }
    const combined = [value, value & latch, value | latch, value ^ latch][gfx[Gfx.ROTATE]! >> 3]!;
    return masked === 1 ? combined : latch;
  }
}

const setting = fc.record({
  // The window is 64 KiB at A0000H; the shift mode has nothing to do with memory.
  gfx: fc.tuple(...GFX_MASKS.map((mask, i) => fc.nat(0xff).map((value) => (i === (Gfx.MISC as number) ? 0x04 : value & mask)))),
  mapMask: fc.nat(15),
  chain: fc.boolean(),
});
const access = fc.record({ at: fc.nat(SIZE / 4 - 1), byte: fc.nat(255), reads: fc.boolean() });

test('all write and read modes, chained or not, do what the manual says', () => {
  fc.assert(fc.property(fc.array(fc.tuple(setting, fc.array(access, { minLength: 1, maxLength: 12 })), { minLength: 1, maxLength: 8 }), (rounds) => {
    const memory = new Uint8Array(SIZE), sequencer = new Uint8Array(8), graphics = new Uint8Array(9);
    const planes = new Planes(memory, sequencer, graphics, new DispiRegisters(SIZE));
    const model = new Model();
    for (const [given, accesses] of rounds) {
      graphics.set(given.gfx);
      sequencer[Seq.MAP_MASK] = given.mapMask;
      sequencer[Seq.MEMORY_MODE] = given.chain ? CHAIN_4 : 0;
      for (const { at, byte, reads } of accesses) {
        if (reads) expect(planes.read(at, 1)).toBe(model.read(at, given));
        else {
          planes.write(at, 1, byte);
          model.write(at, byte, given);
        }
      }
    }
    for (let plane = 0; plane < 4; plane++) {
      expect(memory.filter((_, i) => (i & 3) === plane)).toEqual(model.planes[plane]);
    }
  }), { numRuns: 200 });
});

test('wide accesses are bytes, lowest first, and the window is where the miscellaneous register has it', () => {
  const memory = new Uint8Array(SIZE), sequencer = new Uint8Array(8), graphics = new Uint8Array(9);
  const planes = new Planes(memory, sequencer, graphics, new DispiRegisters(SIZE));
  sequencer.set([0, 0, 0x0f, 0, CHAIN_4]);
  graphics[Gfx.BIT_MASK] = 0xff;
  const seen = [0x00, 0x04, 0x08, 0x0c].map((misc) => {
    graphics[Gfx.MISC] = misc;
    memory.fill(0);
    for (const offset of [0, 0x1_0000, 0x1_8000]) planes.write(offset, 4, 0x0403_0201 + offset);
    return [memory.slice(0, 4).join(), planes.read(0, 4), planes.read(0x1_0000, 2), planes.read(0x1_8000, 1)];
  });
  expect(seen).toEqual([
    ['1,2,3,4', 0x0403_0201, 0xffff, 0xff],
    ['1,2,3,4', 0x0403_0201, 0xffff, 0xff],
    ['1,2,4,4', -1, 0x0201, 0xff],
    ['1,130,4,4', -1, 0xffff, 0x01],
  ]);
});
