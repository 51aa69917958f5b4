/** Frames as a guest makes and reads them, written without the package's own code. */

export const v4 = (text: string): number[] => text.split('.').map(Number);
export const v6 = (text: string): number[] => {
  const [head = '', tail = ''] = text.split('::');
  const groups = (half: string): number[] => (half === '' ? [] : half.split(':').map((g) => parseInt(g, 16)));
  const a = groups(head);
  const b = groups(tail);
  const all = text.includes('::') ? [...a, ...new Array<number>(8 - a.length - b.length).fill(0), ...b] : a;
  return all.flatMap((g) => [g >> 8, g & 255]);
};
export const address = (text: string): number[] => (text.includes(':') ? v6(text) : v4(text));
export const u16 = (n: number): number[] => [(n >>> 8) & 255, n & 255];
export const u32 = (n: number): number[] => [...u16(n >>> 16), ...u16(n & 0xffff)];

/** RFC 1071, byte by byte. */
export function checksum(bytes: ArrayLike<number>, from = 0, to = bytes.length, start = 0): number {
  let sum = start;
  for (let i = from; i < to; i += 2) sum += (bytes[i]! << 8) | (i + 1 < to ? bytes[i + 1]! : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65536);
  return ~sum & 0xffff;
}

export const GATEWAY_MAC = [0x52, 0x55, 0x0a, 0, 2, 2];
export const GUEST_MAC = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
export const BROADCAST_MAC = [255, 255, 255, 255, 255, 255];

export function ethernet(to: number[], from: number[], type: number, payload: ArrayLike<number>): Uint8Array {
  return Uint8Array.from([...to, ...from, ...u16(type), ...Array.from(payload)]);
}

/** An IP packet; for IPv6 when the addresses are. `payload` has its checksum already. */
export function ip(from: string, to: string, protocol: number, payload: ArrayLike<number>, hops = 64): number[] {
  const a = address(from);
  const b = address(to);
  if (a.length === 16) return [0x60, 0, 0, 0, ...u16(payload.length), protocol, hops, ...a, ...b, ...Array.from(payload)];
  const header = [0x45, 0, ...u16(20 + payload.length), 0, 1, 0x40, 0, hops, protocol, 0, 0, ...a, ...b];
  header.splice(10, 2, ...u16(checksum(header)));
  return [...header, ...Array.from(payload)];
}

/** The payload with a checksum over the pseudo header put in at `at`. */
export function summed(from: string, to: string, protocol: number, payload: number[], at: number): number[] {
  const whole = [...address(from), ...address(to), 0, protocol, ...u16(payload.length), ...payload];
  const out = [...payload];
  out.splice(at, 2, ...u16(checksum(whole)));
  return out;
}

export function udp(from: string, fromPort: number, to: string, toPort: number, data: ArrayLike<number>): number[] {
  const payload = [...u16(fromPort), ...u16(toPort), ...u16(8 + data.length), 0, 0, ...Array.from(data)];
  return ip(from, to, 17, summed(from, to, 17, payload, 6));
}

export interface TcpFields {
  from: string;
  fromPort: number;
  to: string;
  toPort: number;
  seq?: number;
  ack?: number;
  flags: number;
  window?: number;
  options?: number[];
  data?: ArrayLike<number>;
}

export function tcp(f: TcpFields): number[] {
  const options = f.options ?? [];
  const payload = [
    ...u16(f.fromPort), ...u16(f.toPort), ...u32(f.seq ?? 0), ...u32(f.ack ?? 0), ((20 + options.length) / 4) << 4, f.flags,
    ...u16(f.window ?? 65535), 0, 0, 0, 0, ...options, ...Array.from(f.data ?? []),
  ];
  return ip(f.from, f.to, 6, summed(f.from, f.to, 6, payload, 16));
}

/** An Ethernet frame to the gateway. */
export function toGateway(packet: number[]): Uint8Array {
  return ethernet(GATEWAY_MAC, GUEST_MAC, packet[0]! >> 4 === 6 ? 0x86dd : 0x0800, packet);
}
