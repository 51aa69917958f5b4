import { PolyvisorError, type NetCard } from '@polyvisor/core';
import { FakeClock } from '@polyvisor/testkit';
import { describe, expect, test } from 'vitest';
import { VirtualSwitch, type PortVlan, type SwitchOptions } from '../index.ts';

const mac = (n: number): number[] => [2, 0, 0, 0, 0, n];
const ALL = [255, 255, 255, 255, 255, 255];

class Card implements NetCard {
  got: number[][] = [];
  full = false;
  drained = 0;
  receive(frame: Uint8Array): boolean {
    if (!this.full) this.got.push([...frame]);
    return !this.full;
  }
  onDrained(): void {
    this.drained += 1;
  }
}

function rig(vlans: (PortVlan | undefined)[], options: SwitchOptions = {}) {
  const clock = new FakeClock();
  const net = new VirtualSwitch({ scheduler: clock, ...options });
  const ports = vlans.map((vlan) => net.port(vlan && { vlan }));
  const cards = ports.map((port) => {
    const card = new Card();
    port.attach(card);
    return card;
  });
  const counts = (): number[] => cards.map((card) => card.got.length);
  const send = (port: number, to: number[], payload: number[] = [8, 0, 1]): boolean => ports[port]!.send(Uint8Array.from([...to, ...mac(port), ...payload]));
  return { clock, net, ports, cards, counts, send };
}

describe('a switch', () => {
  test('floods what it does not know, and sends what it knows to one port', () => {
    const { counts, send } = rig([undefined, undefined, undefined]);
    send(0, mac(1));
    expect(counts()).toEqual([0, 1, 1]);
    send(1, mac(0));
    expect(counts()).toEqual([1, 1, 1]);
    send(0, mac(1));
    expect(counts()).toEqual([1, 2, 1]);
    send(0, ALL);
    expect(counts()).toEqual([1, 3, 2]);
  });

  test('forgets silent addresses, follows moved ones, and remembers no more than allowed', () => {
    const { clock, counts, net, ports, send } = rig([undefined, undefined, undefined], { ageing: 10, addresses: 4 });
    send(1, ALL);
    clock.advance(11e9);
    send(0, mac(1));
    expect(counts()).toEqual([1, 1, 2]);
    ports[2]!.send(Uint8Array.from([...ALL, ...mac(1), 8, 0]));
    send(0, mac(1));
    expect(counts()).toEqual([2, 2, 3]);
    for (let i = 50; i < 250; i += 1) ports[0]!.send(Uint8Array.from([...ALL, ...mac(i), 8, 0]));
    expect(net.statistics.addresses).toBe(4);
  });

  test('keeps VLANs apart, and tags on trunks only', () => {
    const { cards, counts, send } = rig([
      { mode: 'access', vlan: 10 }, { mode: 'access', vlan: 20 }, { mode: 'access', vlan: 10 }, { mode: 'trunk', vlans: [10] }, { mode: 'trunk' },
    ]);
    send(0, ALL);
    expect(counts()).toEqual([0, 0, 1, 1, 1]);
    expect(cards[3]!.got[0]).toEqual([...ALL, ...mac(0), 0x81, 0, 0, 10, 8, 0, 1]);
    expect(cards[2]!.got[0]).toEqual([...ALL, ...mac(0), 8, 0, 1]);
    send(4, mac(99), [0x81, 0, 0, 20, 8, 0, 5]);
    expect(counts()).toEqual([0, 1, 1, 1, 1]);
    expect(cards[1]!.got[0]).toEqual([...mac(99), ...mac(4), 8, 0, 5]);
    // A tag of another VLAN does not enter an access port, nor a trunk that does not carry it.
    send(0, ALL, [0x81, 0, 0, 20, 8, 0]);
    send(3, ALL, [0x81, 0, 0, 20, 8, 0]);
    expect(counts()).toEqual([0, 1, 1, 1, 1]);
  });

  test('refuses a sender when the receiver is full, and tells it when there is room', () => {
    const { cards, clock, ports, send } = rig([undefined, undefined], { queue: 100 });
    send(1, ALL);
    cards[1]!.full = true;
    let taken = 0;
    while (send(0, mac(1), new Array<number>(20).fill(1))) taken += 1;
    expect(taken).toBe(3);
    cards[1]!.full = false;
    clock.advance(2e6);
    expect([cards[1]!.got.length, cards[0]!.drained]).toEqual([3, 1]);
    expect(ports[1]!.statistics).toMatchObject({ sent: 3, dropped: 0 });
  });

  test('drops a flooded frame at full ports only, and malformed ones', () => {
    const { cards, counts, ports, send } = rig([undefined, undefined, undefined], { queue: 40 });
    cards[1]!.full = true;
    for (let i = 0; i < 5; i += 1) expect(send(0, ALL, new Array<number>(20).fill(1))).toBe(true);
    expect(counts()).toEqual([0, 0, 5]);
    expect(ports[1]!.statistics.dropped).toBe(4);
    for (const bytes of [[], [1], new Array<number>(2000).fill(0), [...ALL, ...mac(0), 0x81, 0]]) ports[0]!.send(Uint8Array.from(bytes));
    expect(ports[0]!.statistics.dropped).toBe(4);
    expect(counts()).toEqual([0, 0, 5]);
  });

  test('names a VLAN that cannot be', () => {
    expect(() => new VirtualSwitch().port({ vlan: { mode: 'access', vlan: 5000 } })).toThrow(PolyvisorError);
  });
});
