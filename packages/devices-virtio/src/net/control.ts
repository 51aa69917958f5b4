import type { Chain } from '../queue/chain.ts';
import type { ReceiveFilter } from './filter.ts';
import { Control } from './registers.ts';

/** Longest command: two tables with more addresses than are kept. */
const MAX_COMMAND = 16384;

/** What commands change beside the filter. */
export interface ControlTarget {
  readonly filter: ReceiveFilter;
  setMac(mac: Uint8Array): void;
  /** False when there are not so many pairs. */
  setPairs(pairs: number): boolean;
  announced(): void;
  /** Bits of feature numbers. False when one of them was not agreed on. */
  setGuestOffloads(wanted: number): boolean;
}

/** Does a command of the control queue (§5.1.6.5); the answer is one byte. */
export function controlCommand(chain: Chain, target: ControlTarget): number {
  const { readable } = chain;
  if (readable < 2 || readable > MAX_COMMAND) return Control.ERR;
  const bytes = new Uint8Array(readable);
  if (!chain.read(0, bytes, 0, readable)) return Control.ERR;
  const view = new DataView(bytes.buffer);
  const command = bytes[1]!;
  const data = bytes.subarray(2);
  return act(bytes[0]!, command, data, view, target) ? Control.OK : Control.ERR;
}

function act(group: number, command: number, data: Uint8Array, view: DataView, target: ControlTarget): boolean {
  switch (group) {
    case Control.RX:
      return data.length === 1 && target.filter.setMode(command, data[0] !== 0);
    case Control.MAC:
      if (command === Control.MAC_TABLE_SET) return setTables(data, target.filter);
      if (command !== Control.MAC_ADDR_SET || data.length !== 6) return false;
      target.setMac(data);
      return true;
    case Control.VLAN: {
      if (command > Control.VLAN_DEL || data.length !== 2) return false;
      const id = view.getUint16(2, true);
      if (id > 4095) return false;
      target.filter.setVlan(id, command === Control.VLAN_ADD);
      return true;
    }
    case Control.ANNOUNCE:
      if (command !== Control.ANNOUNCE_ACK) return false;
      target.announced();
      return true;
    case Control.MQ:
      return command === Control.MQ_VQ_PAIRS_SET && data.length === 2 && target.setPairs(view.getUint16(2, true));
    case Control.GUEST_OFFLOADS:
      // 64 bits, of which the upper ones are those of offloads that are not offered.
      return command === Control.GUEST_OFFLOADS_SET && data.length === 8 && view.getUint32(6, true) === 0 && target.setGuestOffloads(view.getUint32(2, true));
    default:
      return false;
  }
}

/** Two tables, each with its number of entries before it: unicast and multicast addresses. */
function setTables(data: Uint8Array, filter: ReceiveFilter): boolean {
  const unicast = table(data, 0);
  const multicast = unicast && table(data, 4 + 6 * unicast.length);
  if (!unicast || !multicast) return false;
  filter.setTable(unicast, multicast);
  return true;
}

function table(data: Uint8Array, at: number): number[][] | undefined {
  if (at + 4 > data.length) return undefined;
  const entries = new DataView(data.buffer, data.byteOffset + at).getUint32(0, true);
  if (entries > (data.length - at - 4) / 6) return undefined;
  return Array.from({ length: entries }, (_, i) => [...data.subarray(at + 4 + 6 * i, at + 10 + 6 * i)]);
}
