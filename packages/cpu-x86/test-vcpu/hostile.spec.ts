import { describe, expect, test } from 'vitest';
import { MODES, PLACE, Rig } from './rig.ts';

/** A small generator with a seed (Numerical Recipes' constants). */
function generator(seed: number): () => number {
  let x = seed | 0;
  return () => (x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0) >>> 8;
}

/** Bytes that are often instructions: prefixes and two-byte opcodes more often than chance has them. */
function randomCode(random: () => number, length: number): number[] {
  const bytes: number[] = [];
  while (bytes.length < length) {
    const kind = random() % 8;
    if (kind === 0) bytes.push([0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x64, 0x48][random() % 8]!);
    if (kind === 1) bytes.push(0x0f);
    if (kind === 2) bytes.push([0xc4, 0xc5][random() % 2]!);
    bytes.push(random() & 0xff);
  }
  return bytes;
}

describe('a handler that faults itself', () => {
  test.each([
    ['real', [0x0f, 0x0b]], ['v86', [0xf4]],
  ] as const)('is left by the end of a run in %s mode with %j', (mode, code) => {
    const rig = new Rig();
    rig.enter(mode, code);
    // UD2 for everybody, so that the handler of #UD is one too.
    rig.write(PLACE.handlers, Array.from({ length: 128 }, () => [0x0f, 0x0b]).flat());
    expect([rig.vcpu.run(1_000_000).kind, rig.vcpu.run(1_000_000).kind]).toEqual(['budget', 'budget']);
    rig.vcpu.kick();
    expect(rig.vcpu.run(1_000_000).kind).toBe('kicked');
  });
});

describe.each(MODES)('arbitrary bytes in %s mode', (mode) => {
  test('end in the budget, a fault, a shutdown or a named exit, and never beyond guest memory', () => {
    const random = generator(mode.length * 77 + 1), kinds = new Set<string>();
    const rig = new Rig();
    // The first page of the tables is the engine's: it must not change.
    for (let round = 0; round < 60; round++) {
      rig.vcpu.reset();
      rig.enter(mode, randomCode(random, 2048), round % 3 === 0 && mode !== 'real' ? 3 : undefined);
      for (const name of ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp'] as const) {
        rig.vcpu.state.set(name, BigInt(random() % 3 === 0 ? random() : random() & 0xffff));
      }
      const before = rig.vcpu.instructions;
      for (let i = 0; i < 8; i++) {
        const exit = rig.vcpu.run(400);
        kinds.add(exit.kind);
        if (exit.kind === 'unimplemented') {
          expect(exit.bytes.length).toBeGreaterThan(0);
          expect(exit.text).not.toBe('');
        }
        if (exit.kind !== 'budget') break;
      }
      expect(rig.vcpu.instructions - before).toBeLessThanOrEqual(3200);
    }
    expect([...kinds].filter((k) => !['budget', 'halted', 'shutdown', 'unimplemented', 'nested-fault'].includes(k))).toEqual([]);
  });

  test('give the same state again, as the clock counts instructions', () => {
    const states = [0, 1].map(() => {
      const rig = new Rig();
      rig.enter(mode, randomCode(generator(99), 2048));
      rig.run(2000);
      return [Buffer.from(rig.vcpu.state.save()).toString('hex'), Buffer.from(rig.read(0, PLACE.size)).toString('base64'), rig.io];
    });
    expect(states[0]).toEqual(states[1]);
  });
});
