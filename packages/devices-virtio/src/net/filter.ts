import { Control, MAC_TABLE_ENTRIES } from './registers.ts';
import type { FilterState } from './state.ts';

const VLAN_TAG = 0x8100;

/** Which frames the driver wants (§5.1.6.5.1 to 3). */
export class ReceiveFilter {
  promiscuous = false;
  allMulticast = false;
  allUnicast = false;
  noMulticast = false;
  noUnicast = false;
  noBroadcast = false;
  unicast: number[][] = [];
  multicast: number[][] = [];
  unicastOverflow = false;
  multicastOverflow = false;
  readonly #vlans = new Uint8Array(4096);

  constructor(saved?: FilterState) {
    this.reset();
    if (!saved) return;
    const { vlans, ...rest } = saved;
    Object.assign(this, rest);
    for (const id of vlans) this.#vlans[id] = 1;
  }

  /** Until the driver says otherwise it gets everything, as drivers without the control queue expect. */
  reset(): void {
    this.promiscuous = true;
    this.allMulticast = false;
    this.allUnicast = false;
    this.noMulticast = false;
    this.noUnicast = false;
    this.noBroadcast = false;
    this.unicast = [];
    this.multicast = [];
    this.unicastOverflow = false;
    this.multicastOverflow = false;
    this.#vlans.fill(0);
  }

  /** @hot Whether a frame is for this card. `vlans`: the driver filters them. */
  passes(frame: Uint8Array, mac: Uint8Array, vlans: boolean): boolean {
    if (this.promiscuous) return true;
    if (vlans && get16(frame, 12) === VLAN_TAG && this.#vlans[get16(frame, 14) & 0xfff] === 0) return false;
    if ((frame[0]! & 1) !== 0) return this.#groupPasses(frame);
    if (this.noUnicast) return false;
    return this.allUnicast || this.unicastOverflow || same(frame, mac) || has(this.unicast, frame);
  }

  /** A command of class RX; false for one that is not known. */
  setMode(command: number, on: boolean): boolean {
    switch (command) {
      case Control.RX_PROMISC: this.promiscuous = on; return true;
      case Control.RX_ALLMULTI: this.allMulticast = on; return true;
      case Control.RX_ALLUNI: this.allUnicast = on; return true;
      case Control.RX_NOMULTI: this.noMulticast = on; return true;
      case Control.RX_NOUNI: this.noUnicast = on; return true;
      case Control.RX_NOBCAST: this.noBroadcast = on; return true;
      default: return false;
    }
  }

  setTable(unicast: number[][], multicast: number[][]): void {
    this.unicastOverflow = unicast.length > MAC_TABLE_ENTRIES;
    this.multicastOverflow = multicast.length > MAC_TABLE_ENTRIES;
    this.unicast = unicast.slice(0, MAC_TABLE_ENTRIES);
    this.multicast = multicast.slice(0, MAC_TABLE_ENTRIES);
  }

  setVlan(id: number, wanted: boolean): void {
    this.#vlans[id] = wanted ? 1 : 0;
  }

  save(): FilterState {
    const { promiscuous, allMulticast, allUnicast, noMulticast, noUnicast, noBroadcast, unicastOverflow, multicastOverflow } = this;
    const vlans = [...this.#vlans.keys()].filter((id) => this.#vlans[id] === 1);
    const tables = { unicast: this.unicast.map((mac) => [...mac]), multicast: this.multicast.map((mac) => [...mac]) };
    return { promiscuous, allMulticast, allUnicast, noMulticast, noUnicast, noBroadcast, ...tables, unicastOverflow, multicastOverflow, vlans };
  }

  /** @hot */
  #groupPasses(frame: Uint8Array): boolean {
    let broadcast = true;
    for (let i = 0; i < 6; i++) if (frame[i] !== 0xff) broadcast = false;
    if (broadcast) return !this.noBroadcast;
    if (this.noMulticast) return false;
    return this.allMulticast || this.multicastOverflow || has(this.multicast, frame);
  }
}

/** @hot */
function get16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** @hot */
function same(frame: Uint8Array, mac: ArrayLike<number>): boolean {
  for (let i = 0; i < 6; i++) if (frame[i] !== mac[i]) return false;
  return true;
}

/** @hot */
function has(table: readonly number[][], frame: Uint8Array): boolean {
  for (let i = 0; i < table.length; i++) if (same(frame, table[i]!)) return true;
  return false;
}
