import { addWords, fold, swap16 } from './checksum.ts';

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
export const ETHERTYPE_IPV6 = 0x86dd;
export const PROTO_ICMP = 1;
export const PROTO_TCP = 6;
export const PROTO_UDP = 17;
export const PROTO_FRAGMENT = 44;
export const PROTO_ICMPV6 = 58;
export const ETHERNET_HEADER = 14;

/** A chain of extension headers longer than this is nobody's (RFC 8504, 5.3 lets a host limit it). */
const MOST_EXTENSIONS = 8;
const VLAN_TAG = 4;

/** @hot Whether an ordinary frame may be so long: a header, which may have a tag, and no more than the MTU behind it. */
export function fitsWire(length: number, mtu: number): boolean {
  return length >= ETHERNET_HEADER && length <= ETHERNET_HEADER + VLAN_TAG + mtu;
}

/** Four words that are read like an address. */
export class AddressWords {
  w0 = 0;
  w1 = 0;
  w2 = 0;
  w3 = 0;
}

/** One frame's fields, read in place. One object is used for all frames; it refers to the frame's memory. */
export class Packet {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  /** The frame, in `bytes` and `view`. */
  start = 0;
  end = 0;
  macHigh = 0;
  macLow = 0;
  toHigh = 0;
  toLow = 0;
  etherType = 0;
  // The IP header's.
  v6 = false;
  readonly source = new AddressWords();
  readonly destination = new AddressWords();
  hops = 0;
  protocol = 0;
  ipAt = 0;
  /** What lies above IP. */
  at = 0;
  payloadEnd = 0;
  // A fragment's: its offset in bytes, whether more follow, what its datagram is called.
  fragment = false;
  fragmentOffset = 0;
  moreFragments = false;
  fragmentId = 0;
  /** Checksums above IP are not complete, or known to be right: there is nothing to verify. */
  trusted = false;

  /** Reads the Ethernet header. False when there is none. */
  open(frame: Uint8Array): boolean {
    if (frame.length < ETHERNET_HEADER) return false;
    this.focus(frame);
    const { view, start } = this;
    this.toHigh = view.getUint16(start);
    this.toLow = view.getInt32(start + 2);
    this.macHigh = view.getUint16(start + 6);
    this.macLow = view.getInt32(start + 8);
    this.etherType = view.getUint16(start + 12);
    return true;
  }

  /** Frames usually lie in the same memory, so its view is kept. */
  private focus(frame: Uint8Array): void {
    if (this.bytes.buffer !== frame.buffer) {
      this.bytes = new Uint8Array(frame.buffer);
      this.view = new DataView(frame.buffer);
    }
    this.start = frame.byteOffset;
    this.end = frame.byteOffset + frame.length;
  }

  /** Lets go of the frame's memory, so that a closed network does not keep it. */
  close(): void {
    this.bytes = new Uint8Array(0);
    this.view = new DataView(this.bytes.buffer);
  }

  /** RFC 791, 3.1. False: malformed, or with a wrong checksum. `large`: the frame stands for several, and ends where it ends. */
  readIpv4(checksums: boolean, large = false): boolean {
    const { view } = this;
    const at = this.start + ETHERNET_HEADER;
    if (this.end - at < 20) return false;
    const first = view.getUint8(at);
    const header = (first & 15) * 4;
    const total = large ? this.end - at : view.getUint16(at + 2);
    // A frame may be longer than its datagram: Ethernet pads.
    if (first >>> 4 !== 4 || header < 20 || total < header || total > this.end - at) return false;
    if (checksums && !large && fold(addWords(view, at, header, 0)) !== 0xffff) return false;
    const flags = view.getUint16(at + 6);
    this.v6 = false;
    this.ipAt = at;
    this.fragmentOffset = (flags & 0x1fff) * 8;
    this.moreFragments = (flags & 0x2000) !== 0;
    this.fragment = this.moreFragments || this.fragmentOffset !== 0;
    this.fragmentId = view.getUint16(at + 4);
    this.hops = view.getUint8(at + 8);
    this.protocol = view.getUint8(at + 9);
    mapped(this.source, view.getInt32(at + 12));
    mapped(this.destination, view.getInt32(at + 16));
    this.at = at + header;
    this.payloadEnd = at + total;
    return true;
  }

  /** RFC 8200, 3 and 4. False: malformed, or with headers that are not understood. */
  readIpv6(large = false): boolean {
    const { view } = this;
    const at = this.start + ETHERNET_HEADER;
    if (this.end - at < 40 || view.getUint8(at) >>> 4 !== 6) return false;
    const payload = large ? this.end - at - 40 : view.getUint16(at + 4);
    if (payload > this.end - at - 40) return false;
    this.v6 = true;
    this.ipAt = at;
    this.fragment = false;
    this.hops = view.getUint8(at + 7);
    words(this.source, view, at + 8);
    words(this.destination, view, at + 24);
    this.at = at + 40;
    this.payloadEnd = this.at + payload;
    return this.skipExtensions(view.getUint8(at + 6));
  }

  /** Hop-by-hop and destination options, spent routing headers, and one fragment header. */
  skipExtensions(first: number): boolean {
    const { view } = this;
    let next = first;
    for (let i = 0; i < MOST_EXTENSIONS; i += 1) {
      if (next === PROTO_FRAGMENT) return this.readFragmentHeader();
      if (next !== 0 && next !== 60 && next !== 43) {
        this.protocol = next;
        return true;
      }
      if (this.payloadEnd - this.at < 8) return false;
      const length = 8 + 8 * view.getUint8(this.at + 1);
      if (length > this.payloadEnd - this.at) return false;
      if (next === 43 && view.getUint8(this.at + 3) !== 0) return false;
      next = view.getUint8(this.at);
      this.at += length;
    }
    return false;
  }

  private readFragmentHeader(): boolean {
    const { view, at } = this;
    if (this.payloadEnd - at < 8) return false;
    const field = view.getUint16(at + 2);
    this.protocol = view.getUint8(at);
    this.fragmentOffset = field & 0xfff8;
    this.moreFragments = (field & 1) !== 0;
    this.fragmentId = view.getInt32(at + 4);
    this.at = at + 8;
    // An "atomic" fragment is a whole datagram (RFC 6946).
    this.fragment = this.moreFragments || this.fragmentOffset !== 0;
    if (!this.fragment) return this.protocol !== PROTO_FRAGMENT && this.skipExtensions(this.protocol);
    return true;
  }

  /** The sum over the pseudo header (RFC 9293, 3.1; RFC 8200, 8.1) and `length` bytes from `at`; 0xffff when all is right. */
  sum(): number {
    const length = this.payloadEnd - this.at;
    const addresses = this.v6 ? addWords(this.view, this.ipAt + 8, 32, 0) : addWords(this.view, this.ipAt + 12, 8, 0);
    return fold(addWords(this.view, this.at, length, addresses + swap16(length) + swap16(this.protocol)));
  }
}

function mapped(to: AddressWords, word: number): void {
  to.w0 = 0;
  to.w1 = 0;
  to.w2 = 0xffff;
  to.w3 = word;
}

function words(to: AddressWords, view: DataView, at: number): void {
  to.w0 = view.getInt32(at);
  to.w1 = view.getInt32(at + 4);
  to.w2 = view.getInt32(at + 8);
  to.w3 = view.getInt32(at + 12);
}
