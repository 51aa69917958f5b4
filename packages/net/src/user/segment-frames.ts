import { NetOffload } from '@polyvisor/core';
import { timestampNow } from '../tcp/acknowledge.ts';
import type { TcpConnection } from '../tcp/connection.ts';
import type { SegmentWriter } from '../tcp/output.ts';
import { ACK, RST, SYN } from '../tcp/segment.ts';
import { isIpv4, type Address } from '../wire/address.ts';
import { PROTO_TCP } from '../wire/packet.ts';
import { flowSum, type FrameWriter } from './frame-writer.ts';

const CHECKSUM_AT = 16;
/** What IP's length can say, without the headers of IPv6 and TCP with its options. */
const MOST_BYTES = 65535 - 40 - 60;

/** Where a guest's card is; true when it is known, otherwise it was asked for. */
export type FindCard = (c: TcpConnection) => boolean;

/** Puts segments into frames. */
export class SegmentFrames implements SegmentWriter {
  readonly #frames: FrameWriter;
  readonly #find: FindCard;
  readonly #checksums: boolean;
  readonly #largest: (a: Address) => number;

  constructor(frames: FrameWriter, find: FindCard, checksums: boolean, largest: (a: Address) => number) {
    this.#frames = frames;
    this.#find = find;
    this.#checksums = checksums;
    this.#largest = largest;
  }

  open(): boolean {
    return this.#frames.open;
  }

  most(c: TcpConnection): number {
    const needed = NetOffload.CHECKSUM | (isIpv4(c.guest) ? NetOffload.TSO4 : NetOffload.TSO6);
    return (this.#frames.offloads & needed) === needed ? Math.max(c.mss, MOST_BYTES - (MOST_BYTES % c.mss)) : c.mss;
  }

  send(c: TcpConnection, seq: number, flags: number, offset: number, length: number): void {
    if (c.macHigh < 0 && !this.#find(c)) return;
    const frames = this.#frames;
    const { view } = frames;
    frames.begin(c.macHigh, c.macLow, c.remote, c.guest, PROTO_TCP, c.addressSum);
    const { at } = frames;
    const syn = (flags & SYN) !== 0;
    const window = syn ? Math.min(0xffff, c.incoming.most - c.incoming.length) : (c.rcvEdge - c.rcvNxt) >>> c.rcvShift;
    view.setUint16(at, c.remotePort);
    view.setUint16(at + 2, c.guestPort);
    view.setInt32(at + 4, seq);
    view.setInt32(at + 8, (flags & ACK) === 0 ? 0 : c.rcvNxt);
    view.setUint16(at + 14, Math.min(0xffff, window));
    view.setUint16(at + 18, 0);
    let header = 20;
    if (syn) header += this.#synOptions(c, at + 20, (flags & ACK) !== 0);
    else if (c.timestamps) {
      view.setInt32(at + 20, 0x0101080a);
      view.setInt32(at + 24, timestampNow(c));
      view.setInt32(at + 28, c.recentTimestamp);
      header = 32;
    }
    view.setUint16(at + 12, (header << 10) | flags);
    if (length > 0) c.outgoing.copyTo(offset, length, frames.bytes, at + header);
    if ((frames.offloads & NetOffload.CHECKSUM) !== 0) frames.endPartial(header + length, CHECKSUM_AT, header, c.mss);
    else if (this.#checksums) frames.end(header + length, CHECKSUM_AT);
    else frames.endUnchecked(header + length, CHECKSUM_AT);
  }

  /** MSS always; scaling and timestamps when we ask for them or were asked. */
  #synOptions(c: TcpConnection, at: number, answer: boolean): number {
    const { view } = this.#frames;
    view.setInt32(at, 0x02040000 | this.#largest(c.guest));
    let length = 4;
    if (!answer || c.rcvShift > 0 || c.windowShift > 0) {
      view.setInt32(at + length, 0x01030300 | c.rcvShift);
      length += 4;
    }
    if (c.timestamps) {
      view.setInt32(at + length, 0x0101080a);
      view.setInt32(at + length + 4, timestampNow(c));
      view.setInt32(at + length + 8, answer ? c.recentTimestamp : 0);
      length += 12;
    }
    return length;
  }

  /** A reset that no connection stands behind (RFC 9293, 3.10.7.1). */
  reset(to: { macHigh: number; macLow: number }, guest: Address, guestPort: number, remote: Address, remotePort: number, seq: number, ack: number, withAck: boolean): void {
    const frames = this.#frames;
    const { view } = frames;
    frames.begin(to.macHigh, to.macLow, remote, guest, PROTO_TCP, flowSum(remote, guest));
    const { at } = frames;
    view.setUint16(at, remotePort);
    view.setUint16(at + 2, guestPort);
    view.setInt32(at + 4, seq);
    view.setInt32(at + 8, withAck ? ack : 0);
    view.setUint16(at + 12, (20 << 10) | RST | (withAck ? ACK : 0));
    view.setUint32(at + 14, 0);
    view.setUint16(at + 18, 0);
    frames.end(20, CHECKSUM_AT);
  }
}
