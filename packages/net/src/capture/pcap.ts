import { netErrors, refuse } from '../errors.ts';

/** Magic numbers of files with nanoseconds and with microseconds (pcap-savefile(5)). */
const NANOSECONDS = 0xa1b23c4d;
const MICROSECONDS = 0xa1b2c3d4;
const LINKTYPE_ETHERNET = 1;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/** Takes the bytes of a capture, in order. They are the caller's again when it returns. */
export type CaptureSink = (bytes: Uint8Array) => void;

/** Writes a pcap file with nanoseconds, which tcpdump and Wireshark read. */
export class PcapWriter {
  readonly #sink: CaptureSink;
  readonly #most: number;
  readonly #header = new Uint8Array(RECORD_HEADER);
  readonly #view = new DataView(this.#header.buffer);

  /** `most`: so many bytes of each frame are kept (256 KiB, tcpdump's default). */
  constructor(sink: CaptureSink, most = 262144) {
    this.#sink = sink;
    this.#most = most;
    const file = new DataView(new ArrayBuffer(FILE_HEADER));
    file.setUint32(0, NANOSECONDS, true);
    file.setUint16(4, 2, true);
    file.setUint16(6, 4, true);
    file.setUint32(16, most, true);
    file.setUint32(20, LINKTYPE_ETHERNET, true);
    sink(new Uint8Array(file.buffer));
  }

  /** `at`: ns since the epoch, or since the network was made. */
  frame(bytes: Uint8Array, at: number): void {
    const kept = Math.min(bytes.length, this.#most);
    const seconds = Math.floor(at / 1e9);
    this.#view.setUint32(0, seconds, true);
    this.#view.setUint32(4, Math.floor(at - seconds * 1e9), true);
    this.#view.setUint32(8, kept, true);
    this.#view.setUint32(12, bytes.length, true);
    this.#sink(this.#header);
    this.#sink(kept === bytes.length ? bytes : bytes.subarray(0, kept));
  }
}

/** One frame of a capture. */
export interface CapturedFrame {
  /** ns */
  readonly at: number;
  readonly bytes: Uint8Array;
  /** What the frame was long, when it was cut. */
  readonly length: number;
}

/** Reads a pcap file of Ethernet frames, of either byte order and precision. Throws `net/not-a-capture`. */
export function readPcap(file: Uint8Array): CapturedFrame[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const fail = (why: string): Error => refuse(netErrors['not-a-capture']('', { why }));
  if (file.length < FILE_HEADER) throw fail('it is too short');
  const little = [NANOSECONDS, MICROSECONDS].includes(view.getUint32(0, true));
  const magic = view.getUint32(0, little);
  if (magic !== NANOSECONDS && magic !== MICROSECONDS) throw fail('its first bytes are not those of a pcap file');
  if ((view.getUint32(20, little) & 0xffff) !== LINKTYPE_ETHERNET) throw fail('its frames are not Ethernet');
  const unit = magic === NANOSECONDS ? 1 : 1000;
  const frames: CapturedFrame[] = [];
  for (let at = FILE_HEADER; at < file.length;) {
    if (file.length - at < RECORD_HEADER) throw fail('the last record is cut');
    const kept = view.getUint32(at + 8, little);
    if (kept > file.length - at - RECORD_HEADER) throw fail('the last frame is cut');
    const time = view.getUint32(at, little) * 1e9 + view.getUint32(at + 4, little) * unit;
    frames.push({ at: time, bytes: file.slice(at + RECORD_HEADER, at + RECORD_HEADER + kept), length: view.getUint32(at + 12, little) });
    at += RECORD_HEADER + kept;
  }
  return frames;
}
