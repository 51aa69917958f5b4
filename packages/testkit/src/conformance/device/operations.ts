import {
  ByteSourceToken, InterruptControllerToken,
  type InterruptController, type Resources,
} from '@polyvisor/core';
import { Random } from '../../random/random.ts';
import { hex } from '../../trace/trace.ts';
import { settle, type DeviceRig } from './rig.ts';
import type { DeviceSubject } from './options.ts';

/** Something that the outside does to a device. */
export type Operation =
  | { readonly kind: 'read'; readonly region: string; readonly offset: number; readonly size: 1 | 2 | 4 }
  | { readonly kind: 'write'; readonly region: string; readonly offset: number; readonly size: 1 | 2 | 4; readonly value: number }
  | { readonly kind: 'advance'; readonly ns: number }
  /** To the next deadline. */
  | { readonly kind: 'next' }
  | { readonly kind: 'feed'; readonly service: string; readonly bytes: Uint8Array }
  /** The guest writes its own memory. */
  | { readonly kind: 'poke'; readonly address: number; readonly bytes: Uint8Array }
  /** Interrupts come to a device that provides an interrupt controller. */
  | { readonly kind: 'interrupt'; readonly provided: string; readonly random: number }
  | { readonly kind: 'exercise'; readonly seed: number };

export interface RegionInfo {
  readonly name: string;
  readonly size: number;
  /** Widths that reach the device, narrowest first. */
  readonly sizes: readonly (1 | 2 | 4)[];
}

const SIZES = [1, 2, 4] as const;
/** Bytes of a region that a sweep looks at. */
const SWEPT = 256;

/** The regions of a device and the accesses that can reach it: wider ones are split before. */
export function regionsOf(resources: Resources): readonly RegionInfo[] {
  return Object.entries({ ...resources.pio, ...resources.mmio }).map(([name, wish]) => ({
    name,
    size: wish.size,
    sizes: SIZES.filter((size) => size <= (wish.width ?? 4) && size <= wish.size),
  }));
}

/** `count` operations that follow from `random` alone. */
export function randomOperations(subject: DeviceSubject, resources: Resources, random: Random, count: number): Operation[] {
  const makers = makersFor(subject, resources);
  const out: Operation[] = [];
  if (subject.options.exercise) out.push({ kind: 'exercise', seed: random.int32() });
  if (makers.length === 0) return out;
  while (out.length < count) out.push(random.pick(makers)(random));
  return out;
}

type Maker = (random: Random) => Operation;

function makersFor(subject: DeviceSubject, resources: Resources): Maker[] {
  const regions = regionsOf(resources).filter((r) => r.sizes.length > 0);
  const makers: Maker[] = [];
  const add = (weight: number, maker: Maker) => makers.push(...Array.from({ length: weight }, () => maker));
  if (regions.length > 0) {
    add(6, (random) => ({ kind: 'read', ...point(random, random.pick(regions)) }));
    add(8, (random) => ({ kind: 'write', ...point(random, random.pick(regions)), value: random.value() }));
  }
  add(2, (random) => ({ kind: 'advance', ns: random.pick([random.below(100), random.below(10_000), random.below(1_000_000)]) }));
  if (resources.timers) add(2, () => ({ kind: 'next' }));
  for (const [service, token] of Object.entries(resources.services ?? {})) {
    if (token.key === ByteSourceToken.key) add(2, (random) => ({ kind: 'feed', service, bytes: random.bytes(1 + random.below(20)) }));
  }
  for (const [provided, token] of Object.entries(resources.provides ?? {})) {
    if (token.key === InterruptControllerToken.key) add(4, (random) => ({ kind: 'interrupt', provided, random: random.int32() }));
  }
  if (resources.dma) {
    add(2, (random) => ({ kind: 'poke', address: random.below(0x80000), bytes: random.bytes(1 + random.below(64)) }));
  }
  if (subject.options.exercise) makers.push((random) => ({ kind: 'exercise', seed: random.int32() }));
  return makers;
}

function point(random: Random, region: RegionInfo) {
  const size = random.pick(region.sizes);
  const last = region.size - size;
  // Registers are mostly at the start; the corners are where checks are wrong by one.
  const corner = random.chance(1, 8);
  const offset = corner ? random.pick([0, last]) : random.below((random.chance(1, 2) ? Math.min(last, 255) : last) + 1);
  return { region: region.name, offset, size };
}

/** A look at everything: reads of each size at the first offsets of each region, where the registers are. */
export function readSweep(resources: Resources): Operation[] {
  return regionsOf(resources).flatMap(({ name, size: bytes, sizes }) =>
    sizes.flatMap((size) =>
      Array.from({ length: Math.max(0, Math.min(bytes, SWEPT) - size + 1) }, (_, offset): Operation => ({ kind: 'read', region: name, offset, size }))));
}

/** Does the operations, one after the other. */
export async function perform(rig: DeviceRig, operations: readonly Operation[]): Promise<void> {
  for (const operation of operations) {
    apply(rig, operation);
    await settle(rig);
  }
}

function apply(rig: DeviceRig, op: Operation): void {
  switch (op.kind) {
    case 'read':
      rig.read(op.region, op.offset, op.size);
      return;
    case 'write':
      rig.write(op.region, op.offset, op.size, op.value);
      return;
    case 'advance':
      rig.advance(op.ns);
      return;
    case 'next': {
      const next = rig.clock.nextDeadline();
      if (next < Infinity) rig.advance(Math.max(0, Math.ceil(next - rig.clock.now())));
      return;
    }
    case 'feed':
      rig.feed(op.service, op.bytes);
      return;
    case 'poke':
      if (op.address + op.bytes.length <= rig.fake.memory.bytes.length) rig.fake.memory.bytes.set(op.bytes, op.address);
      return;
    case 'interrupt':
      interrupt(rig, op.provided, new Random(op.random));
      return;
    case 'exercise':
      rig.subject.options.exercise?.(rig.driver(new Random(op.seed)));
  }
}

function interrupt(rig: DeviceRig, provided: string, random: Random): void {
  const controller = rig.device.provides?.[provided] as InterruptController | undefined;
  if (!controller) return;
  const gsi = random.below(controller.inputs);
  const what = random.pick(['raise', 'lower', 'pulse', 'message', 'acknowledge'] as const);
  const answer = rig.perform(`${what} ${gsi}`, () => {
    switch (what) {
      case 'raise': controller.setLevel(gsi, true); return 0;
      case 'lower': controller.setLevel(gsi, false); return 0;
      case 'pulse': controller.pulse(gsi); return 0;
      case 'message': controller.message(0xfee00000, random.below(256)); return 0;
      case 'acknowledge': return controller.acknowledge(0);
    }
  });
  if (rig.trace.on) rig.trace.add(`${what} ${gsi} = ${hex(answer ?? -1)}`);
}
