import { copyOf, isIpv4, sameAddress, type Address } from '../wire/address.ts';
import { addWords, fold, storeChecksum } from '../wire/checksum.ts';
import { PROTO_ICMP, PROTO_ICMPV6, type Packet } from '../wire/packet.ts';
import { flowSum, type FrameWriter } from './frame-writer.ts';
import type { TcpConnection } from '../tcp/connection.ts';
import type { Plan } from './plan.ts';
import type { Refusal } from './routes.ts';

/** What an ICMPv6 error may be long: with its headers the least MTU (RFC 4443, 2.4 c). */
const LARGEST_ERROR = 1232;

/** Type and code (RFC 792, RFC 1812 5.2.7.1; RFC 4443, 3.1). */
const UNREACHABLE = {
  v4: { unreachable: 0x0301, prohibited: 0x030d, exceeded: 0x0b00 },
  v6: { unreachable: 0x0103, prohibited: 0x0101, exceeded: 0x0300 },
} as const;

export type IcmpError = Refusal | 'exceeded';

/** ICMP and ICMPv6: echoes to us, and errors. */
export class Icmp {
  readonly #plan: Plan;
  readonly #frames: FrameWriter;

  constructor(plan: Plan, frames: FrameWriter) {
    this.#plan = plan;
    this.#frames = frames;
  }

  /** Answers an echo request in the name of its destination, with what it carries (from `at` on, 8 bytes of header first). */
  answerEcho(p: Packet): void {
    this.echoReply(p.macHigh, p.macLow, copyOf(p.destination), copyOf(p.source), p.bytes.subarray(p.at + 4, p.payloadEnd));
  }

  /** Whether an ICMP message is as its checksum says. */
  intact(view: DataView, at: number, length: number): boolean {
    return fold(addWords(view, at, length, 0)) === 0xffff;
  }

  /** `rest`: identifier, number and data. */
  echoReply(macHigh: number, macLow: number, from: Address, to: Address, rest: Uint8Array): void {
    const frames = this.#frames;
    const four = isIpv4(from);
    frames.begin(macHigh, macLow, from, to, four ? PROTO_ICMP : PROTO_ICMPV6, flowSum(from, to));
    frames.view.setUint16(frames.at, four ? 0 : 0x8100);
    frames.bytes.set(rest, frames.at + 4);
    frames.end(4 + rest.length, 2);
  }

  /** The packet at hand goes nowhere: its sender hears why. Never in answer to an error or to a group (RFC 1122, 3.2.2). */
  error(p: Packet, why: IcmpError): void {
    if ((p.toHigh & 0x0100) !== 0) return;
    const most = p.v6 ? LARGEST_ERROR : p.at - p.ipAt + 8;
    const quoted = p.bytes.subarray(p.ipAt, Math.min(p.payloadEnd, p.ipAt + most));
    this.#error(p.macHigh, p.macLow, copyOf(p.source), why, quoted);
  }

  /** The SYN of a connection went nowhere. Its first bytes are made again, as the sender needs them to know which it was. */
  connectionError(c: TcpConnection, why: IcmpError): void {
    const four = isIpv4(c.guest);
    const header = four ? 20 : 40;
    // Of IPv4 the header and eight bytes (RFC 792), of IPv6 as much as there is.
    const quoted = new Uint8Array(four ? header + 8 : header + 20);
    const view = new DataView(quoted.buffer);
    if (four) {
      view.setInt32(0, 0x45000028);
      view.setInt32(8, 0x40060000);
      view.setInt32(12, c.guest.w3);
      view.setInt32(16, c.remote.w3);
      storeChecksum(view, 10, addWords(view, 0, header, 0));
    } else {
      view.setInt32(0, 0x60000000);
      view.setInt32(4, 0x00140640);
      for (const [i, a] of [c.guest, c.remote].entries()) {
        for (const [k, word] of [a.w0, a.w1, a.w2, a.w3].entries()) view.setInt32(8 + 16 * i + 4 * k, word);
      }
    }
    view.setUint16(header, c.guestPort);
    view.setUint16(header + 2, c.remotePort);
    view.setInt32(header + 4, c.irs);
    if (!four) view.setUint16(header + 12, 0x5002);
    this.#error(c.macHigh, c.macLow, c.guest, why, quoted);
  }

  #error(macHigh: number, macLow: number, to: Address, why: IcmpError, quoted: Uint8Array): void {
    const four = isIpv4(to);
    const side = four ? this.#plan.v4 : this.#plan.v6;
    if (side === undefined || sameAddress(side.gateway, to)) return;
    const frames = this.#frames;
    const copy = quoted.slice();
    frames.begin(macHigh, macLow, side.gateway, to, four ? PROTO_ICMP : PROTO_ICMPV6, flowSum(side.gateway, to));
    frames.view.setUint16(frames.at, four ? UNREACHABLE.v4[why] : UNREACHABLE.v6[why]);
    frames.view.setInt32(frames.at + 4, 0);
    frames.bytes.set(copy, frames.at + 8);
    frames.end(8 + copy.length, 2);
  }
}
