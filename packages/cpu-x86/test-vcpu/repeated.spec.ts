/** Repeated string instructions: many iterations at once have the outcome of as many by themselves. */
import { Random } from '@polyvisor/testkit';
import { expect, test } from 'vitest';
import { PLACE, Rig, type Mode } from './rig.ts';

const DATA = 0x1_0000, SIZE = 0x8000;
const HALT = 0xf4;

interface Case {
  readonly mode: Mode;
  readonly code: readonly number[];
  readonly rsi: number;
  readonly rdi: number;
  readonly rcx: number;
  readonly rax: bigint;
  readonly down: boolean;
}

const STRINGS = [0xa4, 0xa5, 0xaa, 0xab] as const;

function anyCase(random: Random): Case {
  const mode = random.pick(['long', 'protected32', 'protected16', 'real'] as const);
  const wide = mode === 'long' && random.chance(1, 3) ? [0x48] : random.chance(1, 4) ? [0x66] : [];
  const segment = random.chance(1, 6) ? [random.pick([0x26, 0x2e, 0x64])] : [];
  const address = mode === 'long' || mode === 'protected32' ? [] : [0x67];
  // Mostly near each other and near page ends, where pieces end and overlap.
  const rsi = DATA + random.below(0x3000), far = random.chance(1, 2);
  const repeat = random.chance(1, 2) ? 0x11 : 1;
  return {
    mode, code: [...segment, ...address, 0xf3, ...wide, random.pick(STRINGS), HALT],
    rsi, rdi: far ? DATA + 0x4000 + random.below(0x1800) : rsi + random.below(64) - 32,
    rcx: random.below(random.pick([4, 20, 300, 1500])), rax: BigInt(random.int32() >>> 0) * BigInt(repeat) & (random.chance(1, 2) ? 0n : -1n & 0xffff_ffffn),
    down: random.chance(1, 8),
  };
}

function start(c: Case, seed: number): Rig {
  const rig = new Rig();
  rig.enter(c.mode, c.code);
  const random = new Random(seed);
  rig.write(DATA, Array.from({ length: SIZE }, () => random.below(256)));
  const { state } = rig.vcpu;
  // With 32-bit addresses in segments of 64 KiB the data is out of reach; their bases bring it back.
  const base = c.mode === 'real' || c.mode === 'protected16' ? DATA : 0;
  if (base !== 0) for (const name of ['ds', 'es', 'fs', 'cs'] as const) if (name !== 'cs') state.setSegment(name, { ...state.segment(name), base: BigInt(base) });
  state.set('rsi', BigInt(c.rsi - base));
  state.set('rdi', BigInt(c.rdi - base));
  state.set('rcx', BigInt(c.rcx));
  state.set('rax', c.rax);
  if (c.down) state.set('rflags', state.get('rflags') | 0x400n);
  return rig;
}

const outcome = (rig: Rig) => ({
  rsi: rig.vcpu.state.get('rsi'), rdi: rig.vcpu.state.get('rdi'), rcx: rig.vcpu.state.get('rcx'), rip: rig.vcpu.state.get('rip'),
  rflags: rig.vcpu.state.get('rflags'), retired: rig.vcpu.instructions, memory: rig.read(DATA, SIZE).join(),
});

test('in one run, in runs of a few instructions, and one by one, the same comes out', () => {
  const random = new Random(20261121);
  let moved = 0;
  for (let round = 0; round < 400; round++) {
    const c = anyCase(random), seed = random.int32();
    const [whole, pieces, single] = [start(c, seed), start(c, seed), start(c, seed)];
    const run = (rig: Rig, budget: () => number): void => {
      for (let i = 0; i < 4000 && rig.vcpu.runnable; i++) rig.vcpu.run(budget());
    };
    run(whole, () => 100_000);
    run(pieces, () => 1 + random.below(90));
    run(single, () => 1);
    const expected = outcome(single);
    expect(outcome(whole), JSON.stringify(c, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))).toEqual(expected);
    expect(outcome(pieces)).toEqual(expected);
    if (whole.vcpu.state.get('rcx') === 0n) moved += c.rcx;
  }
  expect(moved).toBeGreaterThan(10_000);
}, 120_000);

test('a run stops within an instruction where its budget ends', () => {
  const c: Case = { mode: 'long', code: [0xf3, 0xa4, HALT], rsi: DATA, rdi: DATA + 0x4000, rcx: 1000, rax: 0n, down: false };
  const rig = start(c, 1);
  rig.vcpu.run(1);
  rig.vcpu.run(123);
  expect([rig.vcpu.state.get('rcx'), rig.vcpu.instructions, Number(rig.vcpu.state.get('rip'))]).toEqual([876n, 124, PLACE.code]);
});

test('pages of code and pages that cannot be written are met where one by one would meet them', () => {
  // The target reaches into the page of the code itself: what was overwritten is executed anew.
  const code = [0xf3, 0xaa, ...Array.from({ length: 32 }, () => 0x90), HALT];
  const at = PLACE.code - 0x100;
  const runs = [100_000, 7, 1].map((budget) => {
    const rig = new Rig();
    rig.enter('long', code);
    rig.vcpu.state.set('rdi', BigInt(at));
    rig.vcpu.state.set('rcx', 0x104n);
    rig.vcpu.state.set('rax', 0xf4n);
    for (let i = 0; i < 1000 && rig.vcpu.runnable; i++) rig.vcpu.run(budget);
    return { ...outcome(rig), code: rig.read(at, 0x140) };
  });
  expect(runs[0]).toEqual(runs[2]);
  expect(runs[1]).toEqual(runs[2]);
});
