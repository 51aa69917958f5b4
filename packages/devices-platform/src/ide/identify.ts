import type { DriveConfig } from './config.ts';
import { MAX_MULTIPLE, SECTOR } from './registers.ts';

/** Sectors that LBA28 reaches, and cylinders, heads and sectors by which BIOSes reach the first 8 GB (8.15.8). */
export const LBA28_SECTORS = 0x0fff_ffff;
export const GEOMETRY = { cylinders: 16_383, heads: 16, sectors: 63 } as const;

/** Modes in the sector count of SET FEATURES (8.46.3). */
export const Mode = { PIO: 0x08, MULTIWORD: 0x20, ULTRA: 0x40, NUMBER: 0x07 } as const;
const ULTRA_MODES = 0x3f, MULTIWORD_MODES = 0x07, PIO_3_AND_4 = 0x03;
/** Nanoseconds of a cycle. */
const CYCLE = 120;
/** ATA-1 to ATA/ATAPI-6. */
const VERSIONS = 0x007e;
/** In words that have valid contents: bit 14 is 1 and bit 15 is 0. */
const VALID = 0x4000;
/** Commands that are supported and enabled (words 82 to 87). */
const Set82 = { POWER: 0x0008, WRITE_CACHE: 0x0020, LOOK_AHEAD: 0x0040, DEVICE_RESET: 0x0200, PACKET: 0x0010, NOP: 0x4000 } as const;
const Set83 = { LBA48: 0x0400, FLUSH: 0x1000, FLUSH_EXT: 0x2000 } as const;

/** What SET FEATURES and others changed, which IDENTIFY tells. */
export interface DriveSettings {
  readonly multiple: number;
  readonly heads: number;
  readonly sectors: number;
  readonly cache: boolean;
  readonly mode: number;
}

/** Cylinders of a disk of so many sectors. */
export function cylindersOf(total: number, heads: number, sectors: number): number {
  return Math.min(GEOMETRY.cylinders, Math.floor(Math.min(total, GEOMETRY.cylinders * GEOMETRY.heads * GEOMETRY.sectors) / (heads * sectors)));
}

/** IDENTIFY DEVICE (8.15): 256 words to the start of `into`. */
export function identifyDisk(into: Uint8Array, total: number, config: DriveConfig, settings: DriveSettings): void {
  const word = begin(into, config);
  const { heads, sectors, multiple } = settings;
  const cylinders = cylindersOf(total, heads, sectors);
  // A fixed device.
  word(0, 0x0040);
  word(1, cylindersOf(total, GEOMETRY.heads, GEOMETRY.sectors));
  word(3, GEOMETRY.heads);
  word(6, GEOMETRY.sectors);
  word(47, 0x8000 | MAX_MULTIPLE);
  word(53, 0x0007);
  word(54, cylinders);
  word(55, heads);
  word(56, sectors);
  doubleWord(word, 57, cylinders * heads * sectors);
  word(59, multiple === 0 ? 0 : 0x0100 | multiple);
  doubleWord(word, 60, Math.min(total, LBA28_SECTORS));
  word(83, VALID | Set83.LBA48 | Set83.FLUSH | Set83.FLUSH_EXT);
  word(86, Set83.LBA48 | Set83.FLUSH | Set83.FLUSH_EXT);
  doubleWord(word, 100, total % 2 ** 32);
  word(102, Math.floor(total / 2 ** 32));
  commandSets(word, Set82.POWER | Set82.WRITE_CACHE | Set82.LOOK_AHEAD | Set82.NOP, settings);
}

/** IDENTIFY PACKET DEVICE (8.16). */
export function identifyPacket(into: Uint8Array, config: DriveConfig, settings: DriveSettings): void {
  const word = begin(into, config);
  // A removable CD-ROM with packets of 12 bytes, which sets DRQ within 50 µs.
  word(0, 0x85c0);
  word(53, 0x0006);
  word(83, VALID);
  commandSets(word, Set82.POWER | Set82.PACKET | Set82.DEVICE_RESET | Set82.NOP, settings);
}

function begin(into: Uint8Array, config: DriveConfig): (at: number, value: number) => void {
  into.fill(0, 0, SECTOR);
  text(into, 10, 10, config.serial);
  text(into, 23, 4, '1.0');
  text(into, 27, 20, config.model);
  return (at, value) => {
    into[2 * at] = value;
    into[2 * at + 1] = value >> 8;
  };
}

function commandSets(word: (at: number, value: number) => void, supported: number, { mode, cache }: DriveSettings): void {
  const chosen = 1 << (8 + (mode & Mode.NUMBER));
  // LBA, DMA and IORDY.
  word(49, 0x0b00);
  word(50, VALID);
  word(63, MULTIWORD_MODES | ((mode & 0xf8) === Mode.MULTIWORD ? chosen : 0));
  word(64, PIO_3_AND_4);
  for (let at = 65; at <= 68; at++) word(at, CYCLE);
  word(80, VERSIONS);
  word(82, supported);
  word(84, VALID);
  word(85, cache ? supported : supported & ~Set82.WRITE_CACHE);
  word(87, VALID);
  word(88, ULTRA_MODES | ((mode & 0xf8) === Mode.ULTRA ? chosen : 0));
  // An 80-conductor cable; device 0 and device 1 passed their diagnosis.
  word(93, VALID | 0x2001);
}

function doubleWord(word: (at: number, value: number) => void, at: number, value: number): void {
  word(at, value);
  word(at + 1, Math.floor(value / 0x1_0000));
}

/** Strings have their characters swapped in each word, and blanks behind. */
function text(into: Uint8Array, at: number, words: number, value: string): void {
  for (let i = 0; i < 2 * words; i++) into[2 * at + (i ^ 1)] = value.charCodeAt(i) & 0x7f || 0x20;
}

/** Default PIO, PIO 0 to 4, multiword DMA 0 to 2, Ultra DMA 0 to 5. */
export function isMode(value: number): boolean {
  const number = value & Mode.NUMBER;
  switch (value & 0xf8) {
    case 0: return number <= 1;
    case Mode.PIO: return number <= 4;
    case Mode.MULTIWORD: return number <= 2;
    case Mode.ULTRA: return number <= 5;
    default: return false;
  }
}
