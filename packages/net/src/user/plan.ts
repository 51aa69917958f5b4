import { throwIfAny, type Problem } from '@polyvisor/core';
import { netErrors } from '../errors.ts';
import {
  addressAt, contains, formatAddress, formatCidr, isGroup, isIpv4, parseAddress, parseCidr, parseMac, sameAddress,
  type Address, type Cidr, type Mac,
} from '../wire/address.ts';
import type { HostForward } from './forwards.ts';
import type { UserNetworkOptions } from './options.ts';

/** Half of a network: what it is called and who is in it. */
export interface Side {
  readonly network: Cidr;
  readonly gateway: Address;
  readonly dns: Address;
  /** IPv4: the first of DHCP. IPv6: the address a forward without one goes to. */
  readonly first: Address;
}

export interface GuestRoute {
  readonly address: Address;
  readonly port: number;
  readonly hostAddress: string;
  readonly hostPort: number;
}

/** Options, checked and completed. */
export interface Plan {
  readonly mtu: number;
  readonly mac: Mac;
  readonly v4: Side | undefined;
  readonly v6: Side | undefined;
  readonly routes: readonly GuestRoute[];
  readonly forwards: readonly HostForward[];
}

const UNUSABLE: Cidr = parseCidr('0.0.0.0/32')!;
const FALLBACK_MAC = '52:55:0a:00:02:02';

/** Checks everything and throws all that is wrong at once. */
export function planOf(options: UserNetworkOptions): Plan {
  const problems: Problem[] = [];
  const { mtu = 1500 } = options;
  const range = (option: string, value: number, least: number, most: number, whole = true): void => {
    if (value >= least && value <= most && (!whole || Number.isInteger(value))) return;
    problems.push(netErrors['bad-option'](option, { option, value: String(value), expected: `${least} … ${most}` }));
  };
  range('mtu', mtu, 1280, 65520);
  const { limits = {} } = options;
  const bounds: Record<string, readonly [number, number]> = {
    connections: [1, 65536], opening: [1, 65536], flows: [1, 65536], buffers: [0, 2 ** 34], buffer: [16384, 2 ** 24],
    flowIdle: [1, 86400], idle: [1, 864000], timeWait: [0, 240], leastTimeout: [1, 60000],
  };
  for (const [key, [least, most]] of Object.entries(bounds)) {
    const value = limits[key as keyof typeof limits];
    if (value !== undefined) range(`limits.${key}`, value, least, most, false);
  }
  if (limits.buffer !== undefined && !Number.isInteger(Math.log2(limits.buffer))) {
    problems.push(netErrors['bad-option']('limits.buffer', { option: 'limits.buffer', value: String(limits.buffer), expected: 'a power of two' }));
  }
  const text = (option: 'hostname' | 'domain'): void => {
    const value = options[option];
    if (value !== undefined && !/^[A-Za-z0-9]([A-Za-z0-9.-]{0,200}[A-Za-z0-9])?$/.test(value)) {
      problems.push(netErrors['bad-option'](option, { option, value: `"${value}"`, expected: 'letters, digits, dots and hyphens' }));
    }
  };
  text('hostname');
  text('domain');
  const mac = parseMac(options.mac ?? FALLBACK_MAC);
  if (mac === undefined || isGroup(mac.high)) problems.push(netErrors['bad-mac']('mac', { text: options.mac ?? '' }));
  const v4 = options.ipv4 === false ? undefined : side('ipv4', options.ipv4 ?? {}, problems);
  const v6 = options.ipv6 === false ? undefined : side('ipv6', options.ipv6 ?? {}, problems);
  const routes = (options.guestForwards ?? []).map((f, i): GuestRoute => {
    const place = `guestForwards.${i}`;
    const address = parseAddress(f.address);
    const home = address && (isIpv4(address) ? v4 : v6);
    if (address === undefined) problems.push(netErrors['bad-address'](place, { what: 'address', text: f.address }));
    else if (home === undefined || !contains(home.network, address)) {
      problems.push(netErrors['outside-network'](place, { what: 'address', address: f.address, network: home ? formatCidr(home.network) : 'no network' }));
    }
    return { address: address ?? UNUSABLE.network, port: f.port, hostAddress: f.hostAddress, hostPort: f.hostPort };
  });
  throwIfAny(problems);
  return { mtu, mac: mac!, v4, v6, routes, forwards: options.hostForwards ?? [] };
}

type SideOptions = { network?: string; gateway?: string; dns?: string; dhcpStart?: string };

function side(place: 'ipv4' | 'ipv6', options: SideOptions, problems: Problem[]): Side {
  const four = place === 'ipv4';
  const text = options.network ?? (four ? '10.0.2.0/24' : 'fec0::/64');
  let network = parseCidr(text);
  const why = network === undefined || isIpv4(network.network) !== four ? 'it cannot be read'
    : four && (network.bits < 8 || network.bits > 29) ? 'its prefix has not 8 to 29 bits'
    : !four && network.bits !== 64 ? 'its prefix has not 64 bits' : undefined;
  if (why !== undefined) {
    problems.push(netErrors['bad-cidr'](`${place}.network`, { text, why }));
    network = UNUSABLE;
  }
  const home = network!;
  const pick = (key: 'gateway' | 'dns' | 'dhcpStart', index: number): Address => {
    const given = options[key];
    // A small network has no fifteenth address.
    const fallback = addressAt(home, four ? Math.min(index, 2 ** (32 - home.bits) - 2) : index);
    const address = given === undefined ? fallback : parseAddress(given);
    const at = `${place}.${key}`;
    if (address === undefined || isIpv4(address) !== four) {
      problems.push(netErrors['bad-address'](at, { what: key, text: given ?? '' }));
      return fallback;
    }
    if (home !== UNUSABLE && !isHost(home, address)) {
      problems.push(netErrors['outside-network'](at, { what: key, address: formatAddress(address), network: formatCidr(home) }));
    }
    return address;
  };
  const made = { network: home, gateway: pick('gateway', 2), dns: pick('dns', 3), first: pick('dhcpStart', 15) };
  const pairs = [['gateway', 'dns'], ['gateway', 'first'], ['dns', 'first']] as const;
  for (const [first, second] of pairs) {
    if (home === UNUSABLE || !sameAddress(made[first], made[second])) continue;
    problems.push(netErrors['address-twice'](place, { address: formatAddress(made[first]), first, second }));
  }
  return made;
}

/** Inside, and neither the network's own address nor its broadcast. */
export function isHost(home: Cidr, a: Address): boolean {
  if (!contains(home, a)) return false;
  const { network: n, mask: m } = home;
  if (sameAddress(a, n)) return false;
  return !isIpv4(a) || (a.w3 | m.w3) !== -1;
}
