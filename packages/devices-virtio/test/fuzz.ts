import { FrameOffload, takesOffload, type AnyDevicePlugin, type NetCard } from '@polyvisor/core';
import type { ScriptedSource, VirtioPciDriver} from '@polyvisor/testkit';
import { FakeBlock, FakeMemory, FakeNet, Random, DriverQueue, maliciousChains, type Segment } from '@polyvisor/testkit';
import {
  MemoryFolder, virtioBalloonPci, virtioBlkPci, virtioConsolePci, virtioNetPci, virtioP9Pci, virtioRngPci, virtioVsockPci, type VsockGuest, type VsockPeer,
} from '../src/index.ts';
import { rig, settle } from './rig.ts';

const MEMORY = 2 * 2 ** 20;
/** Nothing answers there, and what does not take writes. */
const HOLE = [0x18_0000, 0x18_2000] as const;
const ROM = [0x10_0000, 0x11_0000] as const;

export interface Target {
  readonly name: string;
  readonly plugin: AnyDevicePlugin;
  readonly config: Record<string, unknown>;
  services(): Record<string, unknown>;
  /** What the outside does to the device now and then. */
  poke?(services: Readonly<Record<string, unknown>>, random: Random): void;
}

const balloon = () => ({ target: 5, onTarget: undefined, release: () => undefined, reclaim: () => undefined, discard: () => undefined });
/** A host that accepts everything and answers with what it got. */
const echo = () => {
  const host = {
    guest: undefined as VsockGuest | undefined,
    attach(guest: VsockGuest) { host.guest = guest; },
    detach() { host.guest = undefined; },
    connect: (_port: number, peer: VsockPeer) => ({
      write(bytes: Uint8Array) { peer.opened(); peer.data(bytes); peer.consumed(bytes.length); },
      end() { peer.ended(); }, resume: () => undefined, destroy() { peer.closed(); },
    }),
  };
  return host;
};

/** Every device of the package behind virtio-pci. */
export const TARGETS: readonly Target[] = [
  { name: 'blk', plugin: virtioBlkPci, config: { 'num-queues': 2 }, services: () => ({ drive: new FakeBlock() }) },
  {
    name: 'net', plugin: virtioNetPci, config: { queues: 2 }, services: () => ({ netdev: new FakeNet() }),
    poke: ({ netdev }, random) => {
      const net = netdev as FakeNet;
      net.sent.length = net.sentOffloads.length = 0;
      net.offloads = random.pick([0, 15, random.below(16)]);
      const card = net.card as NetCard;
      card.receive(random.bytes(random.below(3000)));
      // What a network may give, with numbers that make no sense.
      const offload = Object.assign(new FrameOffload(), {
        flags: random.below(4), segmentation: random.pick([0, 1, 4, 0x81]), headerBytes: random.below(0x1_0000), segmentBytes: random.below(0x1_0000),
        checksumStart: random.below(0x1_0000), checksumOffset: random.below(0x1_0000),
      });
      if (takesOffload(offload, card.offloads ?? 0)) card.receive(random.bytes(random.pick([60, 1514, 20_000])), offload);
      card.onDrained();
    },
  },
  { name: 'console', plugin: virtioConsolePci, config: { ports: ['a', 'b'] }, services: () => ({}), poke: (s, random) => (s['in'] as ScriptedSource).feed(random.bytes(random.below(99))) },
  { name: 'rng', plugin: virtioRngPci, config: { 'max-bytes': 4096, period: 1 }, services: () => ({ rng: { fill: (b: Uint8Array) => b.fill(9) } }) },
  { name: 'balloon', plugin: virtioBalloonPci, config: { 'stats-polling-interval': 1, 'free-page-reporting': true }, services: () => ({ balloon: balloon() }) },
  { name: '9p', plugin: virtioP9Pci, config: { mount_tag: 'tag' }, services: () => ({ fsdev: new MemoryFolder({ a: 'alpha', d: { b: 'beta' } }) }) },
  { name: 'vsock', plugin: virtioVsockPci, config: { 'guest-cid': 5 }, services: () => ({ vsock: echo() }) },
];

export interface FuzzResult {
  readonly operations: number;
  /** How often the device asked for a reset, and was brought up. */
  readonly resets: number;
  readonly starts: number;
}

/**
 * A malicious driver: `operations` random ones, from a seed. Throws what the device throws; a write outside of memory would be
 * counted by the memory, which has nothing behind its end.
 */
export async function fuzz(target: Target, seed: number, operations: number): Promise<FuzzResult> {
  const random = new Random(seed);
  const memory = new FakeMemory({ size: MEMORY, holes: [HOLE], readOnly: [ROM] });
  const config = { ...target.config, packed: random.chance(1, 3), event_idx: random.chance(1, 2), transport: random.pick(['modern', 'transitional']) };
  const given = target.plugin.config.safeParse({ slot: 3, ...config }).success ? config : target.config;
  const made = rig(target.plugin, given, { services: target.services(), memory, guarded: false });
  const rom = Uint8Array.from(memory.bytes.subarray(...ROM));
  let [resets, starts] = [0, 0];
  let driver: VirtioPciDriver | undefined;
  for (let i = 0; i < operations; i += 1) {
    switch (random.below(12)) {
      case 0:
        if (random.chance(1, 3) || !driver || driver.needsReset) {
          resets += driver?.needsReset === true ? 1 : 0;
          starts += 1;
          driver = made.start({ allBut: [], size: random.pick([2, 8, 16]), base: 0x1000, bufferBytes: 0x8000 });
        }
        break;
      case 1: registers(made, random); break;
      case 2: ring(memory, random); break;
      case 3: malicious(driver, random); break;
      case 4: places(made, random); break;
      case 5: made.clock.advance(random.below(2e9)); break;
      case 6: target.poke?.(made.services, random); break;
      case 7: if (random.chance(1, 4)) await settle(8); break;
      case 8: if (random.chance(1, 20)) made.device.reset('warm'); break;
      default: session(driver, random); break;
    }
  }
  await settle();
  made.device.save?.();
  made.device.destroy?.();
  if (!rom.every((byte, i) => byte === memory.bytes[ROM[0] + i])) throw new Error('the device wrote to ROM');
  return { operations, resets, starts };
}

type Rig = ReturnType<typeof rig>;

function registers(made: Rig, random: Random): void {
  const bar = random.pick([0, 1, 4, 4, 4]);
  const size = random.pick([1, 2, 4] as const);
  const area = bar === 4 ? random.pick([0, 0, 0x1000, 0x2000, 0x3000]) + random.below(60) : random.below(bar === 0 ? 124 : 200);
  if (random.chance(1, 3)) made.bar(bar).read(area, size);
  else made.bar(bar).write(area, size, random.value());
  if (random.chance(1, 10)) made.access.config.write(random.below(63) * 4, 4, random.value());
}

/** Random contents where rings are. */
function ring(memory: FakeMemory, random: Random): void {
  memory.bytes.set(random.bytes(1 + random.below(64)), 0x1000 + random.below(0x400));
}

function malicious(driver: VirtioPciDriver | undefined, random: Random): void {
  const index = random.below(driver?.queues.length ?? 1);
  const queue = driver?.queues[index];
  if (!(queue instanceof DriverQueue) || queue.free < 2) return;
  random.pick(Object.values(maliciousChains))(queue);
  driver?.notify(index);
}

/** Sets a queue up at any place: outside memory, in ROM, over another one. */
function places({ bar }: Rig, random: Random): void {
  const common = bar(4);
  common.write(20, 1, 0);
  common.write(20, 1, 3);
  common.write(8, 4, 1);
  common.write(12, 4, 1 | (random.below(2) << 2));
  common.write(20, 1, 11);
  for (let queue = 0; queue < 4; queue += 1) {
    common.write(22, 2, queue);
    common.write(24, 2, random.pick([1, 2, 8, 64, 3, 0xffff]));
    for (const field of [32, 40, 48]) {
      common.write(field, 4, random.pick([0x1000, 0x2000, ROM[0], HOLE[0] - 8, MEMORY - 64, random.int32()]));
      common.write(field + 4, 4, random.pick([0, 0, 0, 0, 1, -1]));
    }
    common.write(28, 2, 1);
  }
  common.write(20, 1, 15);
  for (let queue = 0; queue < 4; queue += 1) common.write(0x3000 + 4 * queue, 2, queue);
}

/** Chains that are well formed, with contents that need not be. */
function session(driver: VirtioPciDriver | undefined, random: Random): void {
  if (!driver) return;
  const index = random.below(driver.queues.length);
  const queue = driver.queues[index]!;
  if (queue.free > 3) {
    const head = random.bytes(random.pick([1, 8, 12, 16, 44]));
    // Small numbers reach deeper than noise does.
    for (let i = 0; i < head.length; i += 1) if (random.chance(3, 4)) head[i] = random.chance(1, 2) ? 0 : random.below(16);
    const segments: Segment[] = [{ read: head }];
    if (random.chance(1, 2)) segments.push({ read: random.bytes(1 + random.below(600)) });
    if (random.chance(2, 3)) segments.push({ write: 1 + random.below(2000) });
    queue.add(segments, { indirect: random.chance(1, 3) });
  }
  driver.notify(index);
  try {
    while (queue.takeUsed());
  } catch {
    // The rings may hold anything by now.
  }
}
