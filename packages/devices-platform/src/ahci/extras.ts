import { SECTOR } from '../ide/registers.ts';
import { NCQ_ERROR_LOG, RANGE_BYTES, SLOTS, TRIM_BLOCKS } from './registers.ts';
import type { PortState } from './state.ts';

/** What a drive on a port has beyond one on a cable, in its IDENTIFY data (ATA8-ACS, 7.16.7 and 7.17.7). */
export function extendIdentity(data: Uint8Array, disk: boolean): void {
  const view = new DataView(data.buffer, data.byteOffset);
  const word = (at: number, value: number): void => view.setUint16(2 * at, value, true);
  const set = (at: number, bits: number): void => word(at, view.getUint16(2 * at, true) | bits);
  // 1.5 and 3 Gb/s. There is no cable to report.
  word(76, 0x0006);
  word(93, 0);
  if (!disk) return;
  // Queueing, and its depth, less one.
  set(76, 0x0100);
  word(75, SLOTS - 1);
  // ATA-7 and ATA8-ACS too.
  set(80, 0x0180);
  // General purpose logs.
  set(84, 0x0020);
  set(87, 0x0020);
  // TRIM, and blocks of ranges that it takes.
  word(105, TRIM_BLOCKS);
  word(169, 0x0001);
  // It does not rotate.
  word(217, 0x0001);
}

/** The directory of logs (ATA8-ACS, A.2): version 1, and one page of the error log. */
export function logDirectory(): Uint8Array {
  const bytes = new Uint8Array(SECTOR);
  bytes[0] = 1;
  bytes[2 * NCQ_ERROR_LOG] = 1;
  return bytes;
}

/** The queued error log (ATA8-ACS, A.7); bit 7 of its first byte says that there was none. */
export function errorLog(failure: PortState['failure']): Uint8Array {
  const bytes = new Uint8Array(SECTOR);
  if (failure) {
    const { tag, status, error, fis } = failure;
    bytes.set([tag, 0, status, error, fis[4]!, fis[5]!, fis[6]!, fis[7]!, fis[8]!, fis[9]!, fis[10]!, 0, fis[12]!, fis[13]!]);
  } else bytes[0] = 0x80;
  // The sum of all bytes is 0.
  bytes[SECTOR - 1] = -bytes.reduce((sum, byte) => sum + byte, 0);
  return bytes;
}

/** The ranges of TRIM; those without sectors fill up the block. */
export function rangesOf(bytes: Uint8Array): { first: number; count: number }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / RANGE_BYTES }, (_, i) => ({
    first: view.getUint32(RANGE_BYTES * i, true) + view.getUint16(RANGE_BYTES * i + 4, true) * 0x1_0000_0000,
    count: view.getUint16(RANGE_BYTES * i + 6, true),
  })).filter(({ count }) => count > 0);
}
