import { isHost, type Plan } from './plan.ts';
import { ipv4, type Address } from '../wire/address.ts';
import { ETHERNET_HEADER, ETHERTYPE_ARP, type Packet } from '../wire/packet.ts';
import type { FrameWriter } from './frame-writer.ts';
import { isOurs } from './routes.ts';

const REQUEST = 1;
const REPLY = 2;
const LENGTH = 28;

/** ARP (RFC 826): says where we are, and asks where a guest is. */
export class Arp {
  readonly #plan: Plan;
  readonly #frames: FrameWriter;
  readonly #learn: (a: Address, high: number, low: number) => void;

  constructor(plan: Plan, frames: FrameWriter, learn: (a: Address, high: number, low: number) => void) {
    this.#plan = plan;
    this.#frames = frames;
    this.#learn = learn;
  }

  input(p: Packet): void {
    const { view } = p;
    const at = p.start + ETHERNET_HEADER;
    const { v4 } = this.#plan;
    if (v4 === undefined || p.end - at < LENGTH || view.getInt32(at) !== 0x00010800 || view.getUint16(at + 4) !== 0x0604) return;
    const sender = ipv4(view.getInt32(at + 14));
    // Nobody may say that our addresses are elsewhere.
    if (isHost(v4.network, sender) && !isOurs(this.#plan, sender)) {
      this.#learn(sender, view.getUint16(at + 8), view.getInt32(at + 10));
    }
    const target = ipv4(view.getInt32(at + 24));
    if (view.getUint16(at + 6) === REQUEST && isOurs(this.#plan, target)) {
      this.#send(REPLY, p.macHigh, p.macLow, target, sender, view.getUint16(at + 8), view.getInt32(at + 10));
    }
  }

  ask(target: Address): void {
    const { v4 } = this.#plan;
    if (v4 !== undefined) this.#send(REQUEST, 0xffff, -1, v4.gateway, target, 0, 0);
  }

  #send(operation: number, toHigh: number, toLow: number, sender: Address, target: Address, high: number, low: number): void {
    const { mac } = this.#plan;
    const frames = this.#frames;
    frames.ethernet(toHigh, toLow, ETHERTYPE_ARP);
    const { view, at } = frames;
    view.setInt32(at, 0x00010800);
    view.setInt32(at + 4, 0x06040000 | operation);
    view.setUint16(at + 8, mac.high);
    view.setInt32(at + 10, mac.low);
    view.setInt32(at + 14, sender.w3);
    view.setUint16(at + 18, high);
    view.setInt32(at + 20, low);
    view.setInt32(at + 24, target.w3);
    frames.emit(at + LENGTH);
  }
}
