import { FrameFlag, FrameOffload, Segmentation } from '@polyvisor/core';
import type { Random } from '../../random/random.ts';

const ETHERNET = 14;
const TCP_HEADER = 20;
const SOURCE = Uint8Array.of(0x52, 0x54, 0, 0xaa, 0xbb, 1);

/** A broadcast frame of a type for experiments (IEEE 802, 0x88b5), so that everybody gets it; its number lies behind the header. */
export function numberedFrame(random: Random, number: number, length: number): Uint8Array {
  const frame = random.bytes(length);
  frame.fill(255, 0, 6);
  frame.set(SOURCE, 6);
  const view = new DataView(frame.buffer);
  view.setUint16(12, 0x88b5);
  view.setUint32(14, number);
  return frame;
}

export const numberOf = (frame: Uint8Array): number => (isNumbered(frame) ? new DataView(frame.buffer, frame.byteOffset).getUint32(14) : -1);
export const isNumbered = (frame: Uint8Array): boolean => frame.length >= 18 && frame[12] === 0x88 && frame[13] === 0xb5;

/** Internet checksum (RFC 1071) of some bytes, added to a sum. */
function sum(bytes: Uint8Array, start = 0): number {
  let total = start;
  for (let i = 0; i < bytes.length; i += 1) total += (i & 1) === 0 ? bytes[i]! << 8 : bytes[i]!;
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 65536);
  return total;
}

const pseudo = (addresses: Uint8Array, length: number): number => sum(addresses, 6 + length);

export interface LargeFrame {
  readonly frame: Uint8Array;
  readonly offload: FrameOffload;
  readonly payload: Uint8Array;
  readonly sequence: number;
}

/** A broadcast TCP frame over IPv4 or IPv6 whose checksum is not complete; with a segment size, it stands for several. */
export function tcpFrame(random: Random, version: 4 | 6, bytes: number, segmentBytes: number | undefined): LargeFrame {
  const ip = version === 4 ? 20 : 40;
  const payload = random.bytes(bytes);
  const frame = new Uint8Array(ETHERNET + ip + TCP_HEADER + bytes);
  const view = new DataView(frame.buffer);
  frame.fill(255, 0, 6);
  frame.set(SOURCE, 6);
  view.setUint16(12, version === 4 ? 0x0800 : 0x86dd);
  const addresses = random.bytes(version === 4 ? 8 : 32);
  if (version === 4) {
    frame.set([0x45, 0], ETHERNET);
    view.setUint16(ETHERNET + 2, ip + TCP_HEADER + bytes);
    frame.set([64, 6], ETHERNET + 8);
    frame.set(addresses, ETHERNET + 12);
    view.setUint16(ETHERNET + 10, 0xffff ^ sum(frame.subarray(ETHERNET, ETHERNET + ip)));
  } else {
    frame[ETHERNET] = 0x60;
    view.setUint16(ETHERNET + 4, TCP_HEADER + bytes);
    frame.set([6, 64], ETHERNET + 6);
    frame.set(addresses, ETHERNET + 8);
  }
  const tcp = ETHERNET + ip;
  const sequence = random.below(2 ** 31);
  view.setUint32(tcp, 0x1388_1389);
  view.setUint32(tcp + 4, sequence);
  frame.set([TCP_HEADER << 2, 0x18, 0x20, 0], tcp + 12);
  view.setUint16(tcp + 16, pseudo(addresses, TCP_HEADER + bytes));
  frame.set(payload, tcp + TCP_HEADER);

  const offload = new FrameOffload();
  offload.flags = FrameFlag.NEEDS_CHECKSUM;
  offload.checksumStart = tcp;
  offload.checksumOffset = 16;
  if (segmentBytes !== undefined) {
    offload.segmentation = version === 4 ? Segmentation.TCP4 : Segmentation.TCP6;
    offload.headerBytes = tcp + TCP_HEADER;
    offload.segmentBytes = segmentBytes;
  }
  return { frame, offload, payload, sequence };
}

export interface Segment {
  readonly sequence: number;
  readonly payload: Uint8Array;
  /** What is wrong with it as an ordinary frame. */
  readonly wrong: string | undefined;
}

/** Reads a TCP frame; undefined when it is none of the suite's. */
export function segmentOf(frame: Uint8Array): Segment | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const type = frame.length >= 54 ? view.getUint16(12) : 0;
  if (type !== 0x0800 && type !== 0x86dd) return undefined;
  const ip = type === 0x0800 ? 20 : 40;
  const tcp = ETHERNET + ip;
  if (frame.length < tcp + TCP_HEADER || view.getUint32(tcp) !== 0x1388_1389) return undefined;
  const length = type === 0x0800 ? view.getUint16(ETHERNET + 2) - ip : view.getUint16(ETHERNET + 4);
  const wrongLength = tcp + length > frame.length || length < TCP_HEADER;
  const addresses = type === 0x0800 ? frame.subarray(ETHERNET + 12, ETHERNET + 20) : frame.subarray(ETHERNET + 8, ETHERNET + 40);
  const wrong = wrongLength ? 'an IP length that does not fit it'
    : type === 0x0800 && sum(frame.subarray(ETHERNET, tcp)) !== 0xffff ? 'a wrong checksum of its IP header'
    : sum(frame.subarray(tcp, tcp + length), pseudo(addresses, length)) !== 0xffff ? 'a wrong TCP checksum'
    : undefined;
  return { sequence: view.getUint32(tcp + 4), payload: frame.subarray(tcp + TCP_HEADER, wrongLength ? frame.length : tcp + length), wrong };
}
