import { Random } from './random.ts';
import { randomCase } from './random-case.ts';
import { ReferenceWalk, type Outcome, type Setting } from './reference-walk.ts';
import { Rig, sizes } from './rig.ts';

const strategies = ['native', 'ept', 'npt'] as const;

/** Rigs for every strategy and some processors, made once. */
export function allRigs(): Rig[] {
  const rigs: Rig[] = [];
  for (const strategy of strategies) {
    for (const [physicalBits, la57, pages1g, accessedDirty] of [
      [40, false, true, true], [36, true, false, true], [48, true, true, false],
    ] as const) {
      rigs.push(new Rig({ strategy, physicalBits, la57, pages1g, accessedDirty }, [75, 80, 85, 90]));
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
  const copy = Uint8Array.from(rig.host.bytes);
  const expected = new ReferenceWalk(new DataView(copy.buffer), rig.setting, registers, linear, access).run();
  const actual = rig.fill(linear, access);
  return { seed, expected, actual, differs: firstDifference(copy, rig.host.bytes), setting: rig.setting };
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
