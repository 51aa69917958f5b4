/** Packet commands (SPC-2, INCITS 351-2001; MMC-3, INCITS 360-2002) and what is said of a disc. */
import { CD_SECTOR } from './registers.ts';

export const Packet = {
  TEST_UNIT_READY: 0x00, REQUEST_SENSE: 0x03, INQUIRY: 0x12, MODE_SENSE_6: 0x1a, START_STOP: 0x1b, PREVENT_ALLOW: 0x1e, READ_CAPACITY: 0x25,
  READ_10: 0x28, SEEK_10: 0x2b, SYNCHRONIZE_CACHE: 0x35, READ_TOC: 0x43, GET_CONFIGURATION: 0x46, GET_EVENT_STATUS: 0x4a,
  READ_DISC_INFORMATION: 0x51, MODE_SENSE_10: 0x5a, READ_12: 0xa8, SET_CD_SPEED: 0xbb, MECHANISM_STATUS: 0xbd,
} as const;

/** Sense key, additional sense code, qualifier (SPC-2, 7.23). */
export type SenseCode = readonly [key: number, code: number, qualifier: number];
export const Sense = {
  NONE: [0x0, 0x00, 0x00],
  NO_MEDIUM: [0x2, 0x3a, 0x00],
  READ_ERROR: [0x3, 0x11, 0x00],
  /** The host bus adapter did not take the data. */
  TRANSFER: [0xb, 0x4b, 0x00],
  COMMAND: [0x5, 0x20, 0x00],
  ADDRESS: [0x5, 0x21, 0x00],
  FIELD: [0x5, 0x24, 0x00],
  LOCKED: [0x5, 0x53, 0x02],
  NEW_MEDIUM: [0x6, 0x28, 0x00],
} as const satisfies Record<string, SenseCode>;

/** GET EVENT STATUS NOTIFICATION's media events (MMC-3, 6.7). */
export const MediaEvent = { NONE: 0, NEW: 2, REMOVED: 3 } as const;
const MEDIA_CLASS = 4, MEDIA_CLASS_BIT = 0x10, NO_EVENT = 0x80, MEDIUM_PRESENT = 0x02, TRAY_OPEN = 0x01;

/** Profiles (MMC-3, 5.3.1). A disc that is too large for a CD is a DVD. */
const CD_ROM = 0x0008, DVD_ROM = 0x0010;
const MOST_OF_A_CD = 450_000;
/** Control of a data track; lead-out's number. */
const DATA_TRACK = 0x14, LEAD_OUT = 0xaa;
/** Frames in a second, and where the first sector is in minutes, seconds, frames (MMC-3, 4.2.3.4). */
const FRAMES = 75, PREGAP = 150;

/** A disc as the answers tell of it. */
export interface Disc {
  readonly present: boolean;
  readonly sectors: number;
  readonly open: boolean;
  readonly locked: boolean;
}

/** Writes an answer from the start of the buffer; fields are big-endian. */
export class Answer {
  readonly bytes: Uint8Array;
  length = 0;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
  put(...values: readonly number[]): this {
    for (const value of values) this.bytes[this.length++] = value;
    return this;
  }
  word(value: number): this {
    return this.put((value >> 8) & 0xff, value & 0xff);
  }
  double(value: number): this {
    return this.word(Math.floor(value / 0x1_0000)).word(value % 0x1_0000);
  }
  zeros(count: number): this {
    for (let i = 0; i < count; i++) this.put(0);
    return this;
  }
  text(value: string, length: number): this {
    for (let i = 0; i < length; i++) this.put(value.charCodeAt(i) & 0x7f || 0x20);
    return this;
  }
}

export function inquiry(into: Answer, model: string): void {
  // A removable CD/DVD device of ATAPI, SPC-2's format, 31 more bytes.
  into.put(0x05, 0x80, 0x00, 0x21, 31, 0, 0, 0).text('PLYVISOR', 8).text(model, 16).text('1.0', 4);
}

export function sense(into: Answer, code: ArrayLike<number>): void {
  into.put(0x70, 0, code[0]!).zeros(4).put(10).zeros(4).put(code[1]!, code[2]!).zeros(4);
}

export function capacity(into: Answer, { sectors }: Disc): void {
  into.double(sectors - 1).double(CD_SECTOR);
}

/** Pages of MODE SENSE: all for 3FH. False when there is no such page. */
export function modePages(into: Answer, page: number, disc: Disc): boolean {
  const before = into.length;
  // Read error recovery (MMC-3, 6.11.3): no retries.
  if (page === 0x01 || page === 0x3f) into.put(0x01, 0x06).zeros(6);
  if (page === 0x2a || page === 0x3f) capabilities(into, disc);
  return into.length > before;
}

/** Capabilities and mechanical status (MMC-3, 6.3.11): reads CDs and DVDs, has a tray with a lock. */
function capabilities(into: Answer, { locked }: Disc): void {
  const speed = 4 * 176;
  into.put(0x2a, 0x14, 0x0b, 0x00, 0x70, 0x00, 0x29 | (locked ? 0x02 : 0), 0x00);
  into.word(speed).word(2).word(512).word(speed).zeros(6);
}

/** READ TOC's formats 0 and 1 (MMC-3, 6.25). False for others, and for a track that is not there. */
export function toc(into: Answer, format: number, first: number, msf: boolean, { sectors }: Disc): boolean {
  if (format > 1 || (format === 0 && first > 1 && first !== LEAD_OUT)) return false;
  into.word(0).put(1, 1);
  if (format === 1 || first <= 1) track(into, DATA_TRACK, 1, 0, msf);
  if (format === 0) track(into, DATA_TRACK, LEAD_OUT, sectors, msf);
  setLength(into, 2);
  return true;
}

function track(into: Answer, control: number, number: number, lba: number, msf: boolean): void {
  into.put(0, control, number, 0);
  if (!msf) {
    into.double(lba);
    return;
  }
  const frames = lba + PREGAP;
  const seconds = Math.floor(frames / FRAMES);
  into.put(0, Math.min(0xff, Math.floor(seconds / 60)), seconds % 60, frames % FRAMES);
}

/** READ DISC INFORMATION (MMC-3, 6.19): one complete session with one track, a CD-ROM. */
export function discInformation(into: Answer): void {
  into.word(32).put(0x0e, 1, 1, 1, 1, 0x20).zeros(8).double(0xffff_ffff).double(0xffff_ffff).zeros(10);
}

/** GET CONFIGURATION (MMC-3, 6.5): all features from `first` on, or that one. */
export function configuration(into: Answer, one: boolean, first: number, { present, sectors }: Disc): void {
  const profile = !present ? 0 : sectors > MOST_OF_A_CD ? DVD_ROM : CD_ROM;
  const wanted = (feature: number): boolean => (one ? feature === first : feature >= first);
  into.double(0).word(0).word(profile);
  if (wanted(0)) into.word(0).put(0x03, 8).word(DVD_ROM).put(profile === DVD_ROM ? 1 : 0, 0).word(CD_ROM).put(profile === CD_ROM ? 1 : 0, 0);
  // Core: ATAPI. Removable medium: a tray with a lock that ejects.
  if (wanted(1)) into.word(1).put(0x03, 4).double(2);
  if (wanted(3)) into.word(3).put(0x03, 4).put(0x29, 0, 0, 0);
  setLength(into, 4);
}

export function eventStatus(into: Answer, classes: number, event: number, { present, open }: Disc): void {
  if ((classes & MEDIA_CLASS_BIT) === 0) {
    into.word(2).put(NO_EVENT, MEDIA_CLASS_BIT);
    return;
  }
  into.word(6).put(MEDIA_CLASS, MEDIA_CLASS_BIT, event, (present ? MEDIUM_PRESENT : 0) | (open ? TRAY_OPEN : 0), 0, 0);
}

export function mechanismStatus(into: Answer, { open }: Disc): void {
  into.put(0, open ? 0x10 : 0, 0, 0, 0, 1, 0, 0);
}

/** The bytes behind the field itself, which is at the start. */
export function setLength(into: Answer, size: 1 | 2 | 4): void {
  const { bytes, length } = into;
  for (let i = 0; i < size; i++) bytes[i] = (length - size) >> (8 * (size - 1 - i));
}
