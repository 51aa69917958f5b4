import { Access, FillAccess } from '@polyvisor/core';
import { Random } from '../../random/random.ts';
import { found, type Finding } from '../report.ts';
import type { MmuSubject } from './options.ts';
import type { WalkResult } from './reference-walk.ts';
import { MmuRig, type FillResult, type RigCpu } from './rig.ts';
import { DATA, entriesOf, physical, randomView, randomWorld, TABLES, type World } from './world.ts';

/** What one random access is looked at for. */
export type Aspect = 'outcome' | 'marks' | 'rights';

const hex = (n: bigint | number): string => `0x${n.toString(16)}`;
const KINDS = [Access.read, Access.read, Access.write, Access.write, Access.read | Access.write, Access.execute, Access.execute];

export function describeAccess(linear: bigint, access: number): string {
  const what = [(access & 1) !== 0 ? 'read' : '', (access & 2) !== 0 ? 'write' : '', (access & 4) !== 0 ? 'fetch' : ''].filter(Boolean).join('+');
  return `${(access & 8) !== 0 ? 'implicit ' : ''}${what} at ${hex(linear)}`;
}

export function describeResult(result: WalkResult | FillResult): string {
  switch (result.kind) {
    case 'page-fault': return `a page fault with error code ${hex(result.errorCode)}`;
    case 'nested-fault': return `a nested fault at ${hex(result.gpa)}`;
    case 'unknown': return `the unknown status ${result.status}`;
    default: return `${result.kind} at ${hex(result.gpa)}, host ${hex(result.host)}, page of 2^${result.shift}`;
  }
}

/** Whether a fill came to what the reference says; a frame that holds code is `ok` to the reference. */
export function sameOutcome(expected: WalkResult, actual: FillResult, linear: bigint): boolean {
  switch (expected.kind) {
    case 'page-fault': return actual.kind === 'page-fault' && actual.errorCode === expected.errorCode && actual.linear === linear;
    case 'nested-fault': return actual.kind === 'nested-fault' && actual.gpa === expected.gpa;
    default: {
      const kind = actual.kind === 'code' ? 'ok' : actual.kind;
      return (kind === 'ok' || kind === 'mmio') && kind === expected.kind && 'host' in actual
        && actual.gpa === expected.gpa && actual.host === expected.host && actual.shift === expected.shift;
    }
  }
}

/** One access: what differs, if anything. `before` is the memory of the tables, and is brought up to date. */
export function compareAccess(rig: MmuRig, cpu: RigCpu, linear: bigint, access: number, before: Int32Array, aspects: ReadonlySet<Aspect>): string[] {
  const expected = rig.expect(cpu, linear, access);
  const actual = cpu.fill(linear, access);
  const wrong: string[] = [];
  const where = describeAccess(linear, access);
  if (aspects.has('outcome') && !sameOutcome(expected, actual, linear)) {
    wrong.push(`${where} gives ${describeResult(actual)}; the manuals say ${describeResult(expected)}`);
  }
  if (aspects.has('rights')) {
    const { rights, host } = cpu.entry(linear, access);
    const may = expected.kind === 'ok' ? expected.rights & (expected.dirty ? 7 : 5) : 0;
    const extra = rights & ~may;
    if (actual.kind !== 'nested-fault' && actual.kind !== 'page-fault' && extra !== 0) {
      wrong.push(`after ${where} the TLB entry allows ${rights}, where ${may} is allowed (1 reading, 2 writing, 4 fetching)`);
    }
    if (expected.kind === 'ok' && actual.kind === 'ok' && ((access & 7 & ~rights) !== 0 || host !== expected.host)) {
      wrong.push(`after ${where} the TLB entry allows ${rights} and leads to ${hex(host)}, which should be ${hex(expected.host)}`);
    }
  }
  const marks = differences(rig, before, expected);
  if (aspects.has('marks') && marks !== undefined) wrong.push(`${where}: ${marks}`);
  return wrong;
}

/** The memory that the random tables and their pages take. */
export function watched(rig: MmuRig): Int32Array {
  return new Int32Array(rig.host.memory.buffer, rig.ramAt(TABLES.first), (TABLES.count + DATA.count) * 1024);
}

function differences(rig: MmuRig, before: Int32Array, expected: WalkResult): string | undefined {
  const now = watched(rig), start = rig.ramAt(TABLES.first);
  const bytes = new DataView(before.buffer, before.byteOffset, before.byteLength);
  for (const [host, { value, bytes: size }] of expected.marks) {
    const at = host - start;
    if (at < 0 || at >= before.byteLength) continue;
    if (size === 8) bytes.setBigUint64(at, value, true);
    else bytes.setUint32(at, Number(value), true);
  }
  const at = firstDifference(now, before);
  if (at < 0) return undefined;
  const text = `the word at byte ${hex((at * 4) & 4095)} of frame ${TABLES.first + (at >> 10)} is ${hex(now[at]! >>> 0)} and should be ${hex(before[at]! >>> 0)}`;
  before.set(now);
  return text;
}

/**
 * Random worlds and accesses, compared one by one. Between accesses the guest changes an entry now and then, and flushes
 * what it has to.
 */
export function compareRandom(subject: MmuSubject, aspects: ReadonlySet<Aspect>, count = subject.cases, label = 1): Finding[] {
  const rig = new MmuRig(subject);
  const findings: Finding[] = [];
  const { cpu } = rig;
  try {
    for (let made = 0, round = 0; made < count && findings.length < 4; round++) {
      const random = roundRandom(subject, label, round);
      const world = randomWorld(rig, random);
      cpu.load(world.registers);
      const words = Int32Array.from(watched(rig));
      const guest = new Guest(rig, random, world, words);
      for (let i = 0; i < 24; i++, made++) {
        const [linear, access] = guest.next();
        for (const message of compareAccess(rig, cpu, linear, access, words, aspects)) findings.push(found(`${message} (seed ${subject.seed}, round ${round}, ${world.mode})`));
      }
    }
    return findings;
  } finally {
    rig.destroy();
  }
}

export function roundRandom(subject: MmuSubject, label: number, round: number): Random {
  return new Random(subject.seed).fork(label).fork(round);
}
/** Index of the first word in which two arrays of one length differ, or −1. */
export function firstDifference(a: Int32Array, b: Int32Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return i;
  return -1;
}

/** What a guest does between accesses. */
class Guest {
  readonly #rig: MmuRig;
  readonly #random: Random;
  readonly #world: World;
  readonly #words: Int32Array;
  /** An entry was changed, and only one page of those that it may lead to was flushed. */
  #stale = false;

  constructor(rig: MmuRig, random: Random, world: World, words: Int32Array) {
    this.#rig = rig;
    this.#random = random;
    this.#world = world;
    this.#words = words;
  }

  next(): [bigint, number] {
    const random = this.#random, { cpu } = this.#rig;
    if (this.#stale) cpu.forget();
    this.#stale = false;
    let linear = random.pick(this.#world.addresses);
    if (random.chance(1, 4)) linear = (linear & ~0xf_ffffn) | BigInt(random.below(2 ** 20));
    // Which view looks at a page needs no flush; other protection-key rights do.
    const view = randomView(random);
    const flushes = random.chance(1, 8);
    const { pkru, pkrs } = flushes ? view : cpu.registers;
    cpu.set({ ...cpu.registers, ...view, pkru, pkrs });
    if (flushes) cpu.forget();
    if (this.#world.mode !== 'off' && random.chance(1, 6)) {
      this.#change(linear);
      this.#stale = random.chance(1, 2);
      if (this.#stale) cpu.invalidatePage(linear);
      else cpu.forget();
    }
    const kind = random.pick(KINDS);
    return [linear, kind === Access.execute || !random.chance(1, 12) ? kind : kind | FillAccess.implicit];
  }

  /** Changes one entry on the way to an address. */
  #change(linear: bigint): void {
    const random = this.#random, rig = this.#rig;
    const places = entriesOf(rig, this.#world.mode, rig.cpu.registers, linear);
    if (places.length === 0) return;
    const { i, offset, bytes } = random.pick(places);
    const aligned = offset & ~7;
    const old = bytes === 8 ? rig.get(i, offset) : (rig.get(i, aligned) >> BigInt((offset & 4) * 8)) & 0xffff_ffffn;
    const page = physical(rig.places.ram(DATA.first + random.below(DATA.count)));
    const changed = random.pick([
      old ^ 1n, old ^ 2n, old ^ 4n, old & ~0x20n, old & ~0x40n, old ^ 0x100n, (old & 0xfffn) | page, old | 1n, bytes === 8 ? old ^ (1n << 63n) : old ^ 2n,
    ]);
    rig.put(i, offset, changed, bytes);
    this.#words.set(watched(rig));
  }
}
