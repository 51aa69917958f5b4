/** Flags of the TCP header (RFC 9293, 3.1). */
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

/** A received segment's fields. One object is used for all segments; the data stay in the frame. */
export class Segment {
  sourcePort = 0;
  destinationPort = 0;
  seq = 0;
  ack = 0;
  flags = 0;
  /** As it stands in the header, not scaled. */
  window = 0;
  /** Where the data are, in `bytes`. */
  bytes: Uint8Array = new Uint8Array(0);
  dataAt = 0;
  dataLength = 0;
  /** 0 when the option is not there. */
  mss = 0;
  /** −1 when the option is not there; at most 14 (RFC 7323, 2.3). */
  windowScale = -1;
  hasTimestamps = false;
  timestamp = 0;
  echo = 0;

  has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }

  /** What the segment occupies of the sequence space. */
  get length(): number {
    return this.dataLength + ((this.flags & SYN) === 0 ? 0 : 1) + ((this.flags & FIN) === 0 ? 0 : 1);
  }
}

/** Reads the header at `at`; the segment ends at `end`. False when it is malformed. The checksum is another's business. */
export function parseSegment(s: Segment, view: DataView, bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < 20) return false;
  const dataAt = at + (view.getUint8(at + 12) >>> 4) * 4;
  if (dataAt < at + 20 || dataAt > end) return false;
  s.sourcePort = view.getUint16(at);
  s.destinationPort = view.getUint16(at + 2);
  s.seq = view.getInt32(at + 4);
  s.ack = view.getInt32(at + 8);
  s.flags = view.getUint8(at + 13);
  s.window = view.getUint16(at + 14);
  s.bytes = bytes;
  s.dataAt = dataAt;
  s.dataLength = end - dataAt;
  s.mss = 0;
  s.windowScale = -1;
  s.hasTimestamps = false;
  // The usual layout of a segment with timestamps (RFC 7323, appendix A).
  if (dataAt === at + 32 && view.getInt32(at + 20) === 0x0101080a) {
    s.hasTimestamps = true;
    s.timestamp = view.getInt32(at + 24);
    s.echo = view.getInt32(at + 28);
    return true;
  }
  return dataAt === at + 20 || parseOptions(s, view, at + 20, dataAt);
}

/** An option whose length does not fit makes the segment malformed (RFC 9293, 3.1: MUST-7). */
function parseOptions(s: Segment, view: DataView, from: number, end: number): boolean {
  let at = from;
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === 0) return true;
    if (kind === 1) {
      at += 1;
      continue;
    }
    if (at + 2 > end) return false;
    const length = view.getUint8(at + 1);
    if (length < 2 || at + length > end) return false;
    if (kind === 2 && length === 4) s.mss = view.getUint16(at + 2);
    else if (kind === 3 && length === 3) s.windowScale = Math.min(14, view.getUint8(at + 2));
    else if (kind === 8 && length === 10) {
      s.hasTimestamps = true;
      s.timestamp = view.getInt32(at + 2);
      s.echo = view.getInt32(at + 6);
    }
    at += length;
  }
  return true;
}
