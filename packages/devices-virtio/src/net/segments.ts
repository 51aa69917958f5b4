import { finish16, get16, get32, put16, put32, sum16 } from './checksum.ts';
import { Gso } from './registers.ts';

const ETHERTYPE = { IPV4: 0x0800, IPV6: 0x86dd, VLAN: 0x8100 } as const;
const TCP = 6;
const TcpFlag = { FIN: 0x01, PSH: 0x08, CWR: 0x80 } as const;
const MIN_TCP = 20;
/** Linux's TCP_MIN_GSO_SIZE; less would make tens of thousands of frames of one. */
const MIN_SEGMENT = 8;

/** Cuts a TCP frame of up to 64 KiB into frames of the network (§5.1.6.2): TSO in software, one segment at a time. */
export class Segmenter {
  /** Segments of the frame at hand; 0 when it is not one that can be cut. */
  count = 0;
  readonly #out: Uint8Array;
  #ip = 0;
  #tcp = 0;
  #headers = 0;
  #size = 0;
  #length = 0;
  #v6 = false;

  constructor(room: number) {
    this.#out = new Uint8Array(room);
  }

  /** @hot False when headers and lengths do not fit together. */
  begin(frame: Uint8Array, length: number, gsoType: number, gsoSize: number, tcp: number): boolean {
    this.count = 0;
    this.#ip = get16(frame, 12) === ETHERTYPE.VLAN ? 18 : 14;
    this.#v6 = (gsoType & ~Gso.ECN) === Gso.TCPV6;
    this.#tcp = tcp;
    const least = this.#ip + (this.#v6 ? 40 : 20);
    if (gsoSize < MIN_SEGMENT || tcp < least || tcp + MIN_TCP > length) return false;
    if (get16(frame, this.#ip - 2) !== (this.#v6 ? ETHERTYPE.IPV6 : ETHERTYPE.IPV4)) return false;
    if (!this.#v6 && (this.#ip + (frame[this.#ip]! & 15) * 4 !== tcp || frame[this.#ip + 9] !== TCP)) return false;
    this.#headers = tcp + (frame[tcp + 12]! >> 4) * 4;
    if (this.#headers < tcp + MIN_TCP || this.#headers >= length || this.#headers + gsoSize > this.#out.length) return false;
    this.#size = gsoSize;
    this.#length = length;
    this.count = Math.ceil((length - this.#headers) / gsoSize);
    return true;
  }

  /** @hot Makes segment `index` in a buffer of its own, and returns the frame's length. */
  make(frame: Uint8Array, index: number): number {
    const out = this.#out;
    const at = this.#headers + index * this.#size;
    const bytes = Math.min(this.#size, this.#length - at);
    for (let i = 0; i < this.#headers; i++) out[i] = frame[i]!;
    for (let i = 0; i < bytes; i++) out[this.#headers + i] = frame[at + i]!;
    const total = this.#headers + bytes;
    this.#fixIp(out, total, index);
    this.#fixTcp(out, total, index);
    return total;
  }

  get bytes(): Uint8Array {
    return this.#out;
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
    put16(out, ip + 10, finish16(sum16(out, ip, this.#tcp - ip)));
  }

  /** @hot Only the last segment ends the stream, only the first tells that the window was reduced (RFC 3168, 6.1.2). */
  #fixTcp(out: Uint8Array, total: number, index: number): void {
    const tcp = this.#tcp;
    put32(out, tcp + 4, get32(out, tcp + 4) + index * this.#size);
    if (index + 1 < this.count) out[tcp + 13]! &= ~(TcpFlag.FIN | TcpFlag.PSH);
    if (index > 0) out[tcp + 13]! &= ~TcpFlag.CWR;
    put16(out, tcp + 16, 0);
    const addresses = this.#v6 ? sum16(out, this.#ip + 8, 32) : sum16(out, this.#ip + 12, 8);
    put16(out, tcp + 16, finish16(addresses + TCP + (total - tcp) + sum16(out, tcp, total - tcp)));
  }
}
