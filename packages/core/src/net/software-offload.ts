import { completeChecksum, finish16, get16, get32, put16, put32, sum16 } from './checksum.ts';
import { FrameFlag, LARGEST_FRAME, Segmentation, type FrameOffload } from './frame-offload.ts';

const ETHERTYPE = { IPV4: 0x0800, IPV6: 0x86dd, VLAN: 0x8100 } as const;
const TCP = 6;
const TcpFlag = { FIN: 0x01, PSH: 0x08, CWR: 0x80 } as const;
const MIN_TCP = 20;
const CHECKSUM_AT = 16;
/** Linux's TCP_MIN_GSO_SIZE; less would make tens of thousands of frames of one. */
const MIN_SEGMENT = 8;

/**
 * What stands in for an offload where frames go to somebody without it: completes checksums, and cuts TCP frames of up to 64 KiB
 * into those of the wire, one at a time, in memory of its own. The frame stays as it is.
 *
 *     for (let i = 0, count = software.begin(frame, offload); i < count; i++) send(software.make(frame, i));
 */
export class SoftwareOffload {
  /** Ordinary frames that the frame at hand becomes; 0 when its headers and lengths do not fit together. */
  count = 0;
  /** Headers of each of them: Ethernet, IP and TCP. 0 when the frame is not cut. */
  headers = 0;
  #out: Uint8Array | undefined = undefined;
  #ip = 0;
  /** Where the transport header is, and its checksum. */
  #start = 0;
  #checksum = 0;
  #size = 0;
  #length = 0;
  #v6 = false;

  /** @hot Looks at a frame without changing it, and returns `count`. */
  begin(frame: Uint8Array, offload: FrameOffload): number {
    this.count = 0;
    this.headers = 0;
    this.#length = frame.length;
    this.#start = offload.checksumStart;
    this.#checksum = 0;
    if (offload.segmentation !== Segmentation.NONE) return this.#beginSegments(frame, offload);
    if ((offload.flags & FrameFlag.NEEDS_CHECKSUM) !== 0) {
      this.#checksum = offload.checksumOffset;
      if (this.#start + this.#checksum + 2 > frame.length) return 0;
    } else this.#start = -1;
    this.#size = frame.length;
    this.count = frame.length <= LARGEST_FRAME ? 1 : 0;
    return this.count;
  }

  /** The frame's part `index`; valid until the next call. */
  make(frame: Uint8Array, index: number): Uint8Array {
    const out = (this.#out ??= new Uint8Array(LARGEST_FRAME));
    return out.subarray(0, this.fill(frame, index, out));
  }

  /** @hot The same in memory of the caller's, which has room for the whole frame, or is the frame when `headers` is 0; returns the length. */
  fill(frame: Uint8Array, index: number, out: Uint8Array): number {
    const at = this.headers + index * this.#size;
    const bytes = Math.min(this.#size, this.#length - at);
    for (let i = 0; i < this.headers; i++) out[i] = frame[i]!;
    // A checksum alone may be completed where the frame lies.
    if (out !== frame) for (let i = 0; i < bytes; i++) out[this.headers + i] = frame[at + i]!;
    const total = this.headers + bytes;
    if (this.headers > 0) {
      this.#fixIp(out, total, index);
      this.#fixTcp(out, total, index);
    } else if (this.#start >= 0) completeChecksum(out, total, this.#start, this.#checksum);
    return total;
  }

  /** @hot */
  #beginSegments(frame: Uint8Array, { segmentation, segmentBytes, checksumStart: tcp }: FrameOffload): number {
    const type = segmentation & ~Segmentation.ECN;
    if (type !== Segmentation.TCP4 && type !== Segmentation.TCP6) return 0;
    const { length } = frame;
    this.#v6 = type === Segmentation.TCP6;
    this.#ip = get16(frame, 12) === ETHERTYPE.VLAN ? 18 : 14;
    const least = this.#ip + (this.#v6 ? 40 : 20);
    if (segmentBytes < MIN_SEGMENT || tcp < least || tcp + MIN_TCP > length || length > LARGEST_FRAME) return 0;
    if (get16(frame, this.#ip - 2) !== (this.#v6 ? ETHERTYPE.IPV6 : ETHERTYPE.IPV4)) return 0;
    if (!this.#v6 && (this.#ip + (frame[this.#ip]! & 15) * 4 !== tcp || frame[this.#ip + 9] !== TCP)) return 0;
    const headers = tcp + (frame[tcp + 12]! >> 4) * 4;
    if (headers < tcp + MIN_TCP || headers >= length || headers + segmentBytes > LARGEST_FRAME) return 0;
    this.headers = headers;
    this.#size = segmentBytes;
    this.count = Math.ceil((length - headers) / segmentBytes);
    return this.count;
  }

  /** @hot */
  #fixIp(out: Uint8Array, total: number, index: number): void {
    const ip = this.#ip;
    if (this.#v6) {
      put16(out, ip + 4, total - ip - 40);
      return;
    }
    put16(out, ip + 2, total - ip);
    put16(out, ip + 4, (get16(out, ip + 4) + index) & 0xffff);
    put16(out, ip + 10, 0);
    put16(out, ip + 10, finish16(sum16(out, ip, this.#start - ip)));
  }

  /** @hot Only the last segment ends the stream, only the first tells that the window was reduced (RFC 3168, 6.1.2). */
  #fixTcp(out: Uint8Array, total: number, index: number): void {
    const tcp = this.#start;
    put32(out, tcp + 4, get32(out, tcp + 4) + index * this.#size);
    if (index + 1 < this.count) out[tcp + 13]! &= ~(TcpFlag.FIN | TcpFlag.PSH);
    if (index > 0) out[tcp + 13]! &= ~TcpFlag.CWR;
    put16(out, tcp + CHECKSUM_AT, 0);
    const addresses = this.#v6 ? sum16(out, this.#ip + 8, 32) : sum16(out, this.#ip + 12, 8);
    put16(out, tcp + CHECKSUM_AT, finish16(addresses + TCP + (total - tcp) + sum16(out, tcp, total - tcp)));
  }
}
