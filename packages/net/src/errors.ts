import { PolyvisorError, defineErrors, type Problem } from '@polyvisor/core';

/** Every error in the description of a network and in what the host refuses. Guests cannot cause one. */
export const netErrors = defineErrors('net', {
  'bad-address': (p: { what: string; text: string }) => ({
    thing: p.what,
    message: `"${p.text}" is not an address that can be used here`,
    remedy: 'Give an IPv4 address such as 10.0.2.15, or an IPv6 address such as fec0::15.',
  }),
  'bad-cidr': (p: { text: string; why: string }) => ({
    thing: p.text,
    message: `"${p.text}" is not a network: ${p.why}`,
    remedy: 'Give an address and a prefix length, such as 10.0.2.0/24 or fec0::/64.',
  }),
  'outside-network': (p: { what: string; address: string; network: string }) => ({
    thing: p.what,
    message: `${p.address} does not lie in ${p.network}, or has no host part there`,
    remedy: 'Choose an address of the network that nothing else has.',
  }),
  'address-twice': (p: { address: string; first: string; second: string }) => ({
    thing: p.second,
    message: `${p.address} is given to ${p.first} and to ${p.second}`,
    remedy: 'Give each its own address.',
  }),
  'bad-mac': (p: { text: string }) => ({
    thing: p.text,
    message: `"${p.text}" is not a unicast MAC address`,
    remedy: 'Give six bytes such as 52:55:0a:00:02:02, the first of them even.',
  }),
  'bad-option': (p: { option: string; value: string; expected: string }) => ({
    thing: p.option,
    message: `${p.value} does not fit: ${p.expected}`,
    remedy: 'Correct the value, or leave the option out.',
  }),
  'bad-forward': (p: { text: string; why: string }) => ({
    thing: p.text,
    message: `the forward rule cannot be read: ${p.why}`,
    remedy: 'Write tcp|udp:[hostaddr]:hostport-[guestaddr]:guestport, such as tcp:127.0.0.1:2222-:22.',
  }),
  'port-in-use': (p: { rule: string; address: string; port: number }) => ({
    thing: p.rule,
    message: `port ${p.port} of ${p.address} is taken on the host`,
    remedy: 'Choose another host port, 0 for any, or stop the program that has it.',
  }),
  'port-denied': (p: { rule: string; address: string; port: number }) => ({
    thing: p.rule,
    message: `the host does not let this process listen on port ${p.port} of ${p.address}`,
    remedy: 'Choose a host port above 1023.',
  }),
  'cannot-listen': (p: { rule: string; address: string; port: number; why: string }) => ({
    thing: p.rule,
    message: `the host cannot listen on port ${p.port} of ${p.address}: ${p.why}`,
    remedy: 'Choose an address that the host has.',
  }),
  'cannot-connect': (p: { to: string; why: string }) => ({
    thing: p.to,
    message: `the stream to ${p.to} cannot be opened: ${p.why}`,
    remedy: 'Start the program at the other end first, and compare the path or the port.',
  }),
  'no-tap': (p: { ifname: string; why: string }) => ({
    thing: p.ifname,
    message: `the TAP device cannot be used: ${p.why}`,
    remedy: 'TAP needs Linux, Node 26, and root or an interface that root made: ip tuntap add dev tap0 mode tap user NAME.',
  }),
  'already-attached': (p: { network: string }) => ({
    thing: p.network,
    message: 'a card is attached to it already',
    remedy: 'Detach the first card, or give each card its own port.',
  }),
  'not-a-capture': (p: { why: string }) => ({
    thing: 'capture',
    message: `this is not a capture file that can be read: ${p.why}`,
    remedy: 'Give a complete pcap file of Ethernet frames.',
  }),
});

export function refuse(problem: Problem): PolyvisorError {
  return new PolyvisorError([problem]);
}
