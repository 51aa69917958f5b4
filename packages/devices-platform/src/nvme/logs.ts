import type { NvmeCounters } from './counters.ts';
import { TEMPERATURE, type Features } from './features.ts';
import { FIRMWARE } from './identify.ts';
import { LogPage, NSID } from './registers.ts';

const HOUR = 3.6e12;
/** Data units are thousands of 512 bytes (figure 194). */
const DATA_UNIT = 512_000;

/** The contents of a log page; `undefined` for one that is not there. `now` is guest time in nanoseconds. */
export function logPage(page: number, counters: NvmeCounters, features: Features, now: number): Uint8Array | undefined {
  switch (page) {
    case LogPage.ERROR:
      return errorLog(counters);
    case LogPage.SMART:
      return healthLog(counters, features, now);
    case LogPage.FIRMWARE:
      return firmwareLog();
    default:
      return undefined;
  }
}

/** Error information (5.14.1.1): one entry, with the last error. */
function errorLog({ errors, lastError }: NvmeCounters): Uint8Array {
  const bytes = new Uint8Array(64);
  if (errors === 0) return bytes;
  const view = new DataView(bytes.buffer);
  wide(view, 0, errors);
  view.setUint16(8, lastError.queue, true);
  view.setUint16(10, lastError.command, true);
  view.setUint16(12, lastError.status << 1, true);
  // The parameter is not known.
  view.setUint16(14, 0xffff, true);
  view.setUint32(24, lastError.queue === 0 ? 0 : NSID, true);
  return bytes;
}

/** SMART and health (5.14.1.2). */
function healthLog(counters: NvmeCounters, features: Features, now: number): Uint8Array {
  const bytes = new Uint8Array(512);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, features.criticalWarning);
  view.setUint16(1, TEMPERATURE, true);
  // Available spare and its threshold, in per cent.
  view.setUint8(3, 100);
  view.setUint8(4, 10);
  wide(view, 32, Math.ceil(counters.bytesRead / DATA_UNIT));
  wide(view, 48, Math.ceil(counters.bytesWritten / DATA_UNIT));
  wide(view, 64, counters.reads);
  wide(view, 80, counters.writes);
  wide(view, 112, 1);
  wide(view, 128, Math.floor(now / HOUR));
  wide(view, 160, counters.mediaErrors);
  wide(view, 176, counters.errors);
  return bytes;
}

/** Firmware slots (5.14.1.3): the first is active. */
function firmwareLog(): Uint8Array {
  const bytes = new Uint8Array(512);
  bytes[0] = 1;
  bytes.fill(0x20, 8, 16);
  new TextEncoder().encodeInto(FIRMWARE, bytes.subarray(8, 16));
  return bytes;
}

/** The low half of a 128-bit number. */
function wide(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % 2 ** 32, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}
