import { FrameFlag, FrameOffload, Segmentation } from '@polyvisor/core';
import type { Address } from '../wire/address.ts';
import { isIpv4 } from '../wire/address.ts';
import { addWords, addressSum, fold, storeChecksum, swap16 } from '../wire/checksum.ts';
import { ETHERNET_HEADER, ETHERTYPE_IPV4, ETHERTYPE_IPV6, PROTO_FRAGMENT, PROTO_ICMP } from '../wire/packet.ts';
import type { CardPort } from './card-port.ts';
import type { Mac } from '../wire/address.ts';

/** Puts the IP header, and so what follows it, on a multiple of four. */
const START = 2;
const IP_AT = START + ETHERNET_HEADER;
const HOPS = 64;

/** The sum of both addresses, as it goes into pseudo headers. */
export function flowSum(a: Address, b: Address): number {
  let sum = addressSum(a.w3) + addressSum(b.w3);
  if (!isIpv4(a)) for (const w of [a.w0, a.w1, a.w2, b.w0, b.w1, b.w2]) sum += addressSum(w);
  return fold(sum);
}

/** Makes frames in one piece of memory: `begin`, write from `at`, then `end`. */
export class FrameWriter {
  readonly bytes = new Uint8Array(IP_AT + 40 + 65536 + 64);
  readonly view = new DataView(this.bytes.buffer);
  /** Where the payload of IP goes. */
  at = 0;
  readonly #port: CardPort;
  readonly #mac: Mac;
  readonly #mtu: number;
  readonly #offload = new FrameOffload();
  #v6 = false;
  #protocol = 0;
  #sum = 0;
  #id = 0;
  #fragmentId = 0;
  /** The frame as the card sees it; most frames of a bulk transfer have one length. */
  #frame = this.bytes.subarray(START, START + ETHERNET_HEADER);

  constructor(port: CardPort, mac: Mac, mtu: number) {
    this.#port = port;
    this.#mac = mac;
    this.#mtu = mtu;
  }

  get open(): boolean {
    return this.#port.open;
  }

  /** What the card takes of frames that are not ordinary: bits of `NetOffload`. */
  get offloads(): number {
    return this.#port.offloads;
  }

  ethernet(macHigh: number, macLow: number, type: number): void {
    const { view } = this;
    view.setUint16(START, macHigh);
    view.setInt32(START + 2, macLow);
    view.setUint16(START + 6, this.#mac.high);
    view.setInt32(START + 8, this.#mac.low);
    view.setUint16(START + 12, type);
    this.at = IP_AT;
  }

  /** An IP header. `sum` is that of both addresses. Multicast of link scope has 255 hops, others 64. */
  begin(macHigh: number, macLow: number, from: Address, to: Address, protocol: number, sum: number, hops = HOPS): void {
    const { view } = this;
    this.#v6 = !isIpv4(from);
    this.#protocol = protocol;
    this.#sum = sum;
    this.ethernet(macHigh, macLow, this.#v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
    if (this.#v6) {
      view.setInt32(IP_AT, 0x60000000);
      view.setUint16(IP_AT + 6, (protocol << 8) | hops);
      this.#words(from, IP_AT + 8);
      this.#words(to, IP_AT + 24);
      this.at = IP_AT + 40;
    } else {
      this.#id = (this.#id + 1) & 0xffff;
      view.setUint16(IP_AT, 0x4500);
      view.setUint16(IP_AT + 4, this.#id);
      view.setUint16(IP_AT + 6, 0x4000);
      view.setUint16(IP_AT + 8, (hops << 8) | protocol);
      view.setInt32(IP_AT + 12, from.w3);
      view.setInt32(IP_AT + 16, to.w3);
      this.at = IP_AT + 20;
    }
  }

  /** Sends `length` bytes above IP, with their checksum at `checksumAt` where the protocol has one there. */
  end(length: number, checksumAt: number): void {
    const { view, at } = this;
    view.setUint16(at + checksumAt, 0);
    const pseudo = this.#protocol === PROTO_ICMP ? 0 : this.#sum + swap16(this.#protocol) + swap16(length);
    const sum = fold(addWords(view, at, length, pseudo));
    // A UDP checksum of zero would mean that there is none (RFC 768).
    view.setUint16(at + checksumAt, sum === 0xffff ? (this.#protocol === PROTO_ICMP ? 0 : 0xffff) : ~sum & 0xffff, true);
    if (at - IP_AT + length > this.#mtu) {
      this.#fragments(length);
      return;
    }
    this.#sendIp(length);
  }

  /** A segment whose checksum the card does not want. */
  endUnchecked(length: number, checksumAt: number): void {
    this.view.setUint16(this.at + checksumAt, 0);
    this.#sendIp(length);
  }

  /**
   * Sends a TCP segment to a card that completes checksums: the field gets the sum of the pseudo header only. More than
   * `segmentBytes` behind a header of `header` bytes stand for several segments.
   */
  endPartial(length: number, checksumAt: number, header: number, segmentBytes: number): void {
    const offload = this.#offload;
    const start = this.at - START;
    const large = length - header > segmentBytes;
    this.view.setUint16(this.at + checksumAt, fold(this.#sum + swap16(this.#protocol) + swap16(length)), true);
    offload.flags = FrameFlag.NEEDS_CHECKSUM;
    offload.segmentation = !large ? Segmentation.NONE : this.#v6 ? Segmentation.TCP6 : Segmentation.TCP4;
    offload.headerBytes = large ? start + header : 0;
    offload.segmentBytes = large ? segmentBytes : 0;
    offload.checksumStart = start;
    offload.checksumOffset = checksumAt;
    this.#sendIp(length, offload);
  }

  /** Sends an Ethernet frame that ends at `end`. */
  emit(end: number, offload?: FrameOffload): void {
    // Ethernet has no shorter frames than 60 bytes without their check sequence (IEEE 802.3, 3.2.8).
    const length = Math.max(60, end - START);
    if (end - START < 60) this.bytes.fill(0, end, START + 60);
    if (this.#frame.length !== length) this.#frame = this.bytes.subarray(START, START + length);
    this.#port.emit(this.#frame, offload);
  }

  #sendIp(length: number, offload?: FrameOffload): void {
    const { view, at } = this;
    if (this.#v6) view.setUint16(IP_AT + 4, length);
    else {
      view.setUint16(IP_AT + 2, 20 + length);
      this.#ipv4Checksum();
    }
    this.emit(at + length, offload);
  }

  #ipv4Checksum(): void {
    this.view.setUint16(IP_AT + 10, 0);
    storeChecksum(this.view, IP_AT + 10, addWords(this.view, IP_AT, 20, 0));
  }

  /** A datagram larger than a frame goes in pieces (RFC 791, 2.3; RFC 8200, 4.5). */
  #fragments(length: number): void {
    const { view, bytes } = this;
    const payload = bytes.slice(this.at, this.at + length);
    const room = (this.#mtu - (this.#v6 ? 48 : 20)) & ~7;
    this.#fragmentId = (this.#fragmentId + 1) | 0;
    for (let from = 0; from < length; from += room) {
      const count = Math.min(room, length - from);
      const more = from + count < length;
      if (this.#v6) {
        view.setUint16(IP_AT + 4, 8 + count);
        view.setUint8(IP_AT + 6, PROTO_FRAGMENT);
        view.setUint16(IP_AT + 40, this.#protocol << 8);
        view.setUint16(IP_AT + 42, from | (more ? 1 : 0));
        view.setInt32(IP_AT + 44, this.#fragmentId);
      } else {
        view.setUint16(IP_AT + 2, 20 + count);
        view.setUint16(IP_AT + 6, (from >> 3) | (more ? 0x2000 : 0));
        this.#ipv4Checksum();
      }
      const at = this.#v6 ? IP_AT + 48 : IP_AT + 20;
      bytes.set(payload.subarray(from, from + count), at);
      this.emit(at + count);
    }
  }

  #words(a: Address, at: number): void {
    const { view } = this;
    view.setInt32(at, a.w0);
    view.setInt32(at + 4, a.w1);
    view.setInt32(at + 8, a.w2);
    view.setInt32(at + 12, a.w3);
  }
}
