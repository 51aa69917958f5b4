import { SHADOW_FRAMES, ShadowBits } from '../layout.ts';

/** Kinds of guest tables; the entries of each mean something else. The number is part of a shadow page's key. */
export const Role = { long: 0, longNx: 1, pae: 2, paeNx: 3, legacy: 4, legacyPse: 5 } as const;

export interface GuestFormat {
  readonly physicalBits: number;
  readonly pages1g: boolean;
}

const P = 1;
const ACCESSED = 1 << 5;
const PS = 1 << 7;
const USER_WRITE_PRESENT = 7;
const NX = 1 << 31;
/** Bits 52 … 62 of an entry, in its high word; those of a protection key among them. */
const PAE_RESERVED = 0x7ff0_0000;
const KEY = 0x7800_0000;

/**
 * What a shadow entry has to say about a guest entry: its guest half, in `low` and `high`. Building and comparing both
 * ask here, so that they cannot disagree.
 */
export class GuestEntries {
  low = 0;
  high = 0;
  readonly #words: Int32Array;
  readonly #format: GuestFormat;
  readonly #frames: number;

  constructor(words: Int32Array, format: GuestFormat) {
    this.#words = words;
    this.#format = format;
    this.#frames = Math.min(SHADOW_FRAMES, 2 ** (format.physicalBits - 12));
  }

  /**
   * Reads entry `index` of the shadow page for the table in frame `mfn`. False if a walk would not pass or end here
   * without a fault or a mark: not present, not accessed, a reserved bit, or an address too high to be kept.
   *
   * Tables of 32-bit paging have 1024 entries: a directory is shadowed by four pages (`quadrant`), two entries for each
   * of its own, and a page table by two.
   */
  read(mfn: number, level: number, role: number, quadrant: number, index: number): boolean {
    if (role >= Role.legacy) return this.#narrow(mfn, level, role, quadrant, index);
    const at = mfn * 1024 + index * 2;
    const low = this.#words[at]!, high = this.#words[at + 1]!;
    if ((low & (P | ACCESSED)) !== (P | ACCESSED)) return false;
    const nx = (role & 1) !== 0, pae = role >= Role.pae;
    if ((!nx && high < 0) || (pae && (high & PAE_RESERVED) !== 0)) return false;
    const large = level > 1 && (low & PS) !== 0;
    // Bit 12 of a large page's entry is PAT.
    const address = large ? low & ~0x1000 : low;
    const gfn = (high & 0xf_ffff) * 2 ** 20 + (address >>> 12);
    if (gfn >= this.#frames) return false;
    if (large) {
      const may = level === 2 || (level === 3 && this.#format.pages1g);
      if (!may || gfn % (level === 2 ? 2 ** 9 : 2 ** 18) !== 0) return false;
    }
    this.low = (low & USER_WRITE_PRESENT) | (large || level === 1 ? leafBits(low, large) : 0);
    this.high = gfn | (high & NX) | (large || level === 1 ? high & KEY : 0);
    return true;
  }

  #narrow(mfn: number, level: number, role: number, quadrant: number, index: number): boolean {
    const directory = level === 2;
    const low = this.#words[mfn * 1024 + (directory ? quadrant * 256 + (index >> 1) : quadrant * 512 + index)]!;
    if ((low & (P | ACCESSED)) !== (P | ACCESSED)) return false;
    const large = directory && role === Role.legacyPse && (low & PS) !== 0;
    let gfn = low >>> 12;
    if (large) {
      // PSE-36: bits 13 … 20 are address bits 32 … 39 as far as the processor has them.
      const bits = Math.min(40, this.#format.physicalBits) - 32;
      const upper = (low >>> 13) & 0x1ff;
      if (upper >>> bits !== 0) return false;
      gfn = upper * 2 ** 20 + (low >>> 22) * 1024 + (index & 1) * 512;
    }
    if (gfn >= SHADOW_FRAMES) return false;
    this.low = (low & USER_WRITE_PRESENT) | (large || level === 1 ? leafBits(low, large) : 0);
    this.high = gfn;
    return true;
  }
}

function leafBits(low: number, large: boolean): number {
  return ((low & 0x100) >>> 4) | ((low & 0x40) >>> 1) | (large ? ShadowBits.large : 0);
}
