import type { Section } from '@polyvisor/core';
import { Random } from '../../random/random.ts';
import { perform, randomOperations, readSweep } from './operations.ts';
import type { DeviceSubject } from './options.ts';
import { DeviceRig } from './rig.ts';

/** Why checks about saved state are not made, or `undefined` when they are. */
export function noState(subject: DeviceSubject): { readonly skipped: string } | undefined {
  const { state } = subject.plugin;
  if (state.kind === 'stateless') return { skipped: 'the device is stateless' };
  return state.kind === 'refuses' ? { skipped: `the device refuses to be saved: ${state.reason}` } : undefined;
}

/** The random source of one round. */
export function roundRandom(subject: DeviceSubject, round: number): Random {
  return new Random(subject.seed).fork(round);
}

/** Names the round in a finding, so that it can be repeated. */
export function inRound(subject: DeviceSubject, round: number): string {
  return ` (seed ${subject.seed}, round ${round})`;
}

/** A device after a random run. */
export async function worn(subject: DeviceSubject, random: Random, rig = new DeviceRig(subject)): Promise<DeviceRig> {
  // Rounds of different lengths end in different places: in the middle of a transfer, before a timer.
  const count = Math.ceil(subject.operations * random.pick([0.25, 0.5, 1]));
  await perform(rig, randomOperations(subject, rig.fake.resources, random, count));
  return rig;
}

export interface RestoredPair {
  readonly original: DeviceRig;
  readonly restored: DeviceRig;
  readonly section: Section | undefined;
  readonly round: number;
  readonly random: Random;
}

/** A worn device, and one made from its saved state, in equal surroundings. */
export async function restoredPair(subject: DeviceSubject, round: number): Promise<RestoredPair> {
  const random = roundRandom(subject, round);
  const original = await worn(subject, random);
  const section = original.save();
  const restored = new DeviceRig(subject, { section, like: original });
  return { original, restored, section, round, random };
}

export async function restoredPairs(subject: DeviceSubject): Promise<readonly RestoredPair[]> {
  const out: RestoredPair[] = [];
  for (let round = 0; round < subject.rounds; round += 1) out.push(await restoredPair(subject, round));
  return out;
}

/** The traces of two rigs under the same operations. */
export async function sameOperations(a: DeviceRig, b: DeviceRig, random: Random): Promise<readonly [readonly string[], readonly string[]]> {
  const { subject } = a;
  const { resources } = a.fake;
  const operations = [...randomOperations(subject, resources, random, subject.operations), ...readSweep(resources)];
  const marks = [a.trace.entries.length, b.trace.entries.length] as const;
  await perform(a, operations);
  await perform(b, operations);
  return [a.trace.since(marks[0]), b.trace.since(marks[1])];
}
