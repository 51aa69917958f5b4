/**
 * An IP address as four 32-bit words. An IPv4 address is the mapped one, ::ffff:a.b.c.d, so that one kind of table
 * serves both families. A mapped address inside an IPv6 packet is refused where packets are read.
 */
export interface Address {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
}

export function ipv4(word: number): Address {
  return { w0: 0, w1: 0, w2: 0xffff, w3: word | 0 };
}

/** What a packet's field says, for keeping. */
export function copyOf(a: Address): Address {
  return { w0: a.w0, w1: a.w1, w2: a.w2, w3: a.w3 };
}

export function isIpv4(a: Address): boolean {
  return a.w0 === 0 && a.w1 === 0 && a.w2 === 0xffff;
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.w3 === b.w3 && a.w2 === b.w2 && a.w1 === b.w1 && a.w0 === b.w0;
}

function parseIpv4Word(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let word = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    word = (word << 8) | Number(part);
  }
  return word;
}

function parseIpv6(text: string): Address | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = (half: string | undefined): number[] | undefined => {
    if (half === undefined || half === '') return [];
    const out: number[] = [];
    const parts = half.split(':');
    for (const [i, part] of parts.entries()) {
      if (part.includes('.') && i === parts.length - 1) {
        const word = parseIpv4Word(part);
        if (word === undefined) return undefined;
        out.push(word >>> 16, word & 0xffff);
      } else {
        if (!/^[0-9a-f]{1,4}$/i.test(part)) return undefined;
        out.push(parseInt(part, 16));
      }
    }
    return out;
  };
  const head = groups(halves[0]);
  const tail = groups(halves[1]);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const word = (i: number): number => (all[2 * i]! << 16) | all[2 * i + 1]!;
  return { w0: word(0), w1: word(1), w2: word(2), w3: word(3) };
}

/** An IPv4 or IPv6 address, undefined when the text is neither. Brackets and zones are not part of an address. */
export function parseAddress(text: string): Address | undefined {
  if (text.includes(':')) return parseIpv6(text);
  const word = parseIpv4Word(text);
  return word === undefined ? undefined : ipv4(word);
}

export function formatAddress(a: Address): string {
  if (isIpv4(a)) return [24, 16, 8, 0].map((shift) => (a.w3 >>> shift) & 0xff).join('.');
  const groups = [a.w0, a.w1, a.w2, a.w3].flatMap((w) => [w >>> 16, w & 0xffff]);
  // RFC 5952: the longest run of two or more zero groups is left out, the first of equals.
  let best = -1;
  let length = 1;
  for (let i = 0; i < 8; i += 1) {
    let run = 0;
    while (i + run < 8 && groups[i + run] === 0) run += 1;
    if (run > length) [best, length] = [i, run];
  }
  const hex = (from: number, to: number): string => groups.slice(from, to).map((g) => g.toString(16)).join(':');
  return best < 0 ? hex(0, 8) : `${hex(0, best)}::${hex(best + length, 8)}`;
}

/** A network: the address with its host part cleared, and the length of the prefix. */
export interface Cidr {
  readonly network: Address;
  /** In bits of the family: 0 … 32 or 0 … 128. */
  readonly bits: number;
  readonly mask: Address;
}

export function maskOf(bits: number): Address {
  const word = (i: number): number => {
    const n = Math.min(32, Math.max(0, bits - 32 * i));
    return n === 0 ? 0 : -1 << (32 - n);
  };
  return { w0: word(0), w1: word(1), w2: word(2), w3: word(3) };
}

export function parseCidr(text: string): Cidr | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = match && parseAddress(match[1]!);
  if (!address) return undefined;
  const bits = Number(match[2]);
  const all = isIpv4(address) ? bits + 96 : bits;
  if (bits > (isIpv4(address) ? 32 : 128)) return undefined;
  const mask = maskOf(all);
  const { w0, w1, w2, w3 } = address;
  return { network: { w0: w0 & mask.w0, w1: w1 & mask.w1, w2: w2 & mask.w2, w3: w3 & mask.w3 }, bits, mask };
}

export function formatCidr(c: Cidr): string {
  return `${formatAddress(c.network)}/${c.bits}`;
}

/** @hot Whether the words lie in the network. */
export function inNetwork(c: Cidr, w0: number, w1: number, w2: number, w3: number): boolean {
  const { network: n, mask: m } = c;
  return (w3 & m.w3) === n.w3 && (w2 & m.w2) === n.w2 && (w1 & m.w1) === n.w1 && (w0 & m.w0) === n.w0;
}

export function contains(c: Cidr, a: Address): boolean {
  return inNetwork(c, a.w0, a.w1, a.w2, a.w3);
}

/** The `index`th address of a network; an index up to 2^31. */
export function addressAt(c: Cidr, index: number): Address {
  return { ...c.network, w3: (c.network.w3 + index) | 0 };
}

/** A MAC address as its upper 16 and lower 32 bits. */
export interface Mac {
  readonly high: number;
  readonly low: number;
}

export function parseMac(text: string): Mac | undefined {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text)) return undefined;
  const bytes = text.split(/[:-]/).map((part) => parseInt(part, 16));
  const high = (bytes[0]! << 8) | bytes[1]!;
  return { high, low: (bytes[2]! << 24) | (bytes[3]! << 16) | (bytes[4]! << 8) | bytes[5]! };
}

export function formatMac(mac: Mac): string {
  const digits = mac.high.toString(16).padStart(4, '0') + (mac.low >>> 0).toString(16).padStart(8, '0');
  return digits.match(/../g)!.join(':');
}

/** @hot Group addresses have the lowest bit of their first byte set. */
export function isGroup(high: number): boolean {
  return (high & 0x0100) !== 0;
}
