import type { HostAddress, HostSockets } from '../host/host-sockets.ts';
import { contains, formatAddress, isIpv4, parseCidr, sameAddress, type Address } from '../wire/address.ts';
import type { Plan } from './plan.ts';

/** Why a destination is refused: it is nowhere, or the network does not let the guest go there. */
export type Refusal = 'unreachable' | 'prohibited';

/** Addresses that no host has: their own loopback above all, which only the gateway's address stands for. */
const MARTIANS = [
  '0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4',
  '::/128', '::1/128', '::/96', 'ff00::/8', 'fe80::/10', '64:ff9b::/96',
].map((text) => parseCidr(text)!);

/** An IPv4 address is kept as ::ffff:a.b.c.d; a martian of IPv6 must not be compared with it. */
function isMartian(a: Address): boolean {
  const four = isIpv4(a);
  return MARTIANS.some((m) => isIpv4(m.network) === four && contains(m, a));
}

/** Whether the address is one of ours: the gateway, the name server, or a forward's. */
export function isOurs(plan: Plan, a: Address): boolean {
  const side = isIpv4(a) ? plan.v4 : plan.v6;
  return side !== undefined && (sameAddress(a, side.gateway) || sameAddress(a, side.dns)
    || plan.routes.some((route) => sameAddress(route.address, a)));
}

/** Where on the host something for `to` goes. */
export function routeTo(plan: Plan, sockets: HostSockets, restrict: boolean, tcp: boolean, to: Address, port: number): HostAddress | Refusal {
  const side = isIpv4(to) ? plan.v4 : plan.v6;
  if (side === undefined) return 'unreachable';
  if (tcp) {
    const forward = plan.routes.find((route) => route.port === port && sameAddress(route.address, to));
    if (forward !== undefined) return { host: forward.hostAddress, port: forward.hostPort };
  }
  if (restrict) return 'prohibited';
  if (sameAddress(to, side.gateway)) return { host: isIpv4(to) ? '127.0.0.1' : '::1', port };
  if (sameAddress(to, side.dns)) return (port === 53 ? sockets.resolvers()[0] : undefined) ?? 'prohibited';
  if (contains(side.network, to) || isMartian(to)) return 'unreachable';
  return { host: formatAddress(to), port };
}
