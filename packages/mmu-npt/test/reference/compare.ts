import { Random } from './random.ts';
import { randomCase } from './random-case.ts';
import { ARENA, Rig, sizes } from './rig.ts';
import { TableWalk, type Outcome, type Registers, type Setting } from './table-walk.ts';

const strategies = [['native', false], ['ept', false], ['npt', false], ['ept', true], ['npt', true]] as const;

/** Rigs for every strategy and some processors, made once. */
export function allRigs(): Rig[] {
  const rigs: Rig[] = [];
  for (const [strategy, shadow] of strategies) {
    for (const [physicalBits, la57, pages1g, accessedDirty] of [
      [40, false, true, true], [36, true, false, true], [48, true, true, false],
    ] as const) {
      // The shadow's walk always marks the second level.
      rigs.push(new Rig({ strategy, shadow, physicalBits, la57, pages1g, accessedDirty: shadow || accessedDirty }, [11, 16, 21, 26].map((n) => ARENA + n)));
    }
  }
  return rigs;
}

export interface Comparison {
  readonly seed: number;
  readonly expected: Outcome;
  readonly actual: Outcome;
  /** Byte offset in the arena where memory differs after the walk; −1 if nowhere. */
  readonly differs: number;
  readonly setting: Setting;
}

/** Runs one random case through a rig and through the oracle. */
export function compare(rig: Rig, seed: number): Comparison {
  const random = new Random(seed);
  const arena = new DataView(rig.host.bytes.buffer, sizes.arenaAt, sizes.arenaBytes);
  const { registers, linear, access } = randomCase(random, rig.setting, arena);
  rig.load(registers);
  if (!rig.setting.shadow) return once(rig, seed, registers, linear, access);
  rig.forget();
  const first = once(rig, seed, registers, linear, access);
  if (!agrees(first)) return first;
  // Once more: now the shadow tables may answer. Then in another way, which they may not allow.
  const second = once(rig, seed, registers, linear, access);
  return agrees(second) ? once(rig, seed, registers, linear, random.of([1, 2, 3, 4])) : second;
}

export const agrees = (c: Comparison): boolean => c.differs < 0 && show(c.expected) === show(c.actual);

function once(rig: Rig, seed: number, registers: Registers, linear: bigint, access: number): Comparison {
  const copy = Uint8Array.from(rig.host.bytes);
  const actual = rig.fill(linear, access);
  const expected = new TableWalk(new DataView(copy.buffer), rig.settingNow(), registers, linear, access).run();
  const compared = rig.setting.shadow ? [withoutLoads(expected), withoutLoads(actual)] as const : [expected, actual] as const;
  return { seed, expected: compared[0], actual: compared[1], differs: firstDifference(copy, rig.host.bytes), setting: rig.setting };
}

/** How a shadow strategy comes to its outcome is its own affair; so is whether a frame is marked before or after. */
function withoutLoads(outcome: Outcome): Outcome {
  if (!('entry' in outcome)) return { ...outcome, loads: 0 };
  return { ...outcome, loads: 0, entry: { ...outcome.entry, flags: outcome.entry.flags & ~4 } };
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const left = new BigUint64Array(a.buffer, sizes.arenaAt, sizes.arenaBytes / 8);
  const right = new BigUint64Array(b.buffer, sizes.arenaAt, sizes.arenaBytes / 8);
  return left.findIndex((word, i) => word !== right[i]);
}

/** A text in which two outcomes are equal exactly when they are the same. */
export function show(outcome: Outcome): string {
  return JSON.stringify(outcome, (_key, value: unknown) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value));
}
