import { Access, type Rights, type SecondLevelFormat } from '@polyvisor/core';

/**
 * How a second-level entry is written. An entry is two 32-bit words; the frame number stands in bits 12–31 of the
 * low word (a memory32 Host has fewer than 2^20 frames). Bits 52–62 are left to software in both formats.
 */
export interface EntryFormat {
  readonly name: SecondLevelFormat;
  readonly accessed: number;
  readonly dirty: number;
  /** Low word of an entry that points to a table. */
  readonly table: number;
  /** Low word's flags of a leaf. */
  leafLow(rights: Rights): number;
  /** High word's flags of a leaf. */
  leafHigh(rights: Rights): number;
  /** @hot */
  rights(low: number, high: number): Rights;
}

/** Bit 7 of a level-2 entry: maps 2 MiB. */
export const LARGE = 1 << 7;
/** High word, software: the frame is shared; a write makes a private copy first. */
export const COPY_ON_WRITE = 1 << 20;
/** High word, software: not present, but device memory. */
export const MMIO = 1 << 21;

const WRITE_BACK = 6 << 3;

/** Intel SDM vol. 3C §29.3.2, tables 29-3 to 29-7. */
const ept: EntryFormat = {
  name: 'ept',
  accessed: 1 << 8,
  dirty: 1 << 9,
  table: Access.read | Access.write | Access.execute,
  leafLow: (rights) => rights | WRITE_BACK,
  leafHigh: () => 0,
  rights: (low) => low & 7,
};

const PRESENT = 1;
const WRITABLE = 2;
const USER = 4;
const NO_EXECUTE = 1 << 31;

/** AMD APM vol. 2 §15.25: the format of a long-mode table; every access through it counts as a user access. */
const npt: EntryFormat = {
  name: 'npt',
  accessed: 1 << 5,
  dirty: 1 << 6,
  table: PRESENT | WRITABLE | USER,
  leafLow: (rights) => (rights === 0 ? 0 : PRESENT | USER | (rights & Access.write ? WRITABLE : 0)),
  leafHigh: (rights) => (rights & Access.execute ? 0 : NO_EXECUTE),
  rights: (low, high) =>
    (low & PRESENT) === 0 ? 0 : Access.read | (low & WRITABLE) | (high & NO_EXECUTE ? 0 : Access.execute),
};

export const formats: Readonly<Record<SecondLevelFormat, EntryFormat>> = { ept, npt };
