import { formatAddress, isIpv4, parseAddress, type Address } from '../wire/address.ts';
import { netErrors, refuse } from '../errors.ts';

/** What comes to a port of the host goes to a port of a guest. */
export interface HostForward {
  readonly protocol: 'tcp' | 'udp';
  /** An address of the host. */
  readonly hostAddress: string;
  /** 0: the host chooses. */
  readonly hostPort: number;
  /** Without one: the first address that DHCP gives. */
  readonly guestAddress?: string;
  readonly guestPort: number;
}

/** What a guest sends to an address of the network goes to a port of the host. TCP only. */
export interface GuestForward {
  readonly address: string;
  readonly port: number;
  readonly hostAddress: string;
  readonly hostPort: number;
}

/** Without an address of the host nobody but the host gets in; 0.0.0.0 must be asked for. */
const DEFAULT_HOST = '127.0.0.1';
const RULE = /^(tcp|udp)?:(\[[^\]]*\]|[^:[\]]*):(\d+)-(\[[^\]]*\]|[^:[\]]*):(\d+)$/;
const GUEST_RULE = /^(?:tcp:)?(\[[^\]]*\]|[^:[\]]+):(\d+)-tcp:(\[[^\]]*\]|[^:[\]]+):(\d+)$/;

const bare = (text: string): string => (text.startsWith('[') ? text.slice(1, -1) : text);

function port(text: string, whole: string, what: string, least: number): number {
  const n = Number(text);
  if (n < least || n > 65535) throw refuse(netErrors['bad-forward']('', { text: whole, why: `${what} port ${text} is not one from ${least} to 65535` }));
  return n;
}

function address(text: string, whole: string, what: string): Address {
  const parsed = parseAddress(bare(text));
  if (parsed === undefined) throw refuse(netErrors['bad-forward']('', { text: whole, why: `"${text}" is no address of the ${what}` }));
  return parsed;
}

/**
 * Reads a rule as QEMU spells it in `-netdev user,hostfwd=…`: `[tcp|udp]:[hostaddr]:hostport-[guestaddr]:guestport`.
 * IPv6 addresses stand in brackets. Unlike QEMU, an empty host address is 127.0.0.1 (or ::1 for a guest's IPv6
 * address), not every address of the host. Throws `net/bad-forward`.
 */
export function parseHostForward(text: string): HostForward {
  const match = RULE.exec(text);
  if (match === null) {
    throw refuse(netErrors['bad-forward']('', { text, why: 'it is not of the form protocol:host:port-guest:port' }));
  }
  const [, protocol = 'tcp', host, hostPort, guest, guestPort] = match;
  const guestAddress = guest === '' ? undefined : address(guest!, text, 'guest');
  const fallback = guestAddress !== undefined && !isIpv4(guestAddress) ? '::1' : DEFAULT_HOST;
  return {
    protocol: protocol as 'tcp' | 'udp',
    hostAddress: host === '' ? fallback : formatAddress(address(host!, text, 'host')),
    hostPort: port(hostPort!, text, 'host', 0),
    ...(guestAddress === undefined ? {} : { guestAddress: formatAddress(guestAddress) }),
    guestPort: port(guestPort!, text, 'guest', 1),
  };
}

/** Reads `[tcp:]address:port-tcp:hostaddr:hostport`, the form of QEMU's `guestfwd=` that names a TCP port. */
export function parseGuestForward(text: string): GuestForward {
  const match = GUEST_RULE.exec(text);
  if (match === null) {
    throw refuse(netErrors['bad-forward']('', { text, why: 'it is not of the form tcp:address:port-tcp:host:port' }));
  }
  const [, at, atPort, host, hostPort] = match;
  return {
    address: formatAddress(address(at!, text, 'network')),
    port: port(atPort!, text, 'network', 1),
    hostAddress: formatAddress(address(host!, text, 'host')),
    hostPort: port(hostPort!, text, 'host', 1),
  };
}

const bracketed = (text: string): string => (text.includes(':') ? `[${text}]` : text);

/** The rule in QEMU's spelling. */
export function formatHostForward(f: HostForward): string {
  return `${f.protocol}:${bracketed(f.hostAddress)}:${f.hostPort}-${bracketed(f.guestAddress ?? '')}:${f.guestPort}`;
}
