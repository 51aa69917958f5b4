import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, numberOf, OpRunner } from '../testing/op-module.ts';
import { readLanes, writeLanes } from '../testing/vector-reference.ts';
import { atomicOps } from './atomic.ts';
import type { OpRow } from './op-table.ts';

const runner = new OpRunner((name) => name in atomicOps);
const rows = Object.entries<OpRow>(atomicOps);
const words = fc.oneof(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), fc.constantFrom(0n, 1n, 0xffn, 0xffffn, 0xffffffffn));

/** Type and width of an access: `i64.atomic.rmw16.add_u` is of `i64` and 16 bits. */
const shapeOf = (name: string): { type: string; bits: number } => {
  const type = name.slice(0, 3);
  const bits = /(?:load|store|rmw)(\d+)/.exec(name)?.[1] ?? type.slice(1);
  return { type, bits: Number(bits) };
};
/** The memory that a word of `bits` at the start of the target gives. */
const target = (memory: bigint): Uint8Array => writeLanes([memory, 0x0123456789abcdefn], 64);

const modify: Record<string, (old: bigint, operand: bigint) => bigint> = {
  add: (old, x) => old + x,
  sub: (old, x) => old - x,
  and: (old, x) => old & x,
  or: (old, x) => old | x,
  xor: (old, x) => old ^ x,
  xchg: (_, x) => x,
};

describe('atomic instructions', () => {
  it.each(rows.filter(([name]) => name.includes('.load')))('%s zero-extends what memory holds', (name) => {
    const { type, bits } = shapeOf(name);
    fc.assert(fc.property(words, (memory) => {
      expect(numberOf(type, runner.run(name, [], target(memory)))).toBe(BigInt.asUintN(bits, memory));
    }), { numRuns: 20 });
  });

  it.each(rows.filter(([name]) => name.includes('.store')))('%s writes its width', (name) => {
    const { type, bits } = shapeOf(name);
    fc.assert(fc.property(words, words, (memory, value) => {
      runner.run(name, [bytesOf(type, value)], target(memory));
      const kept = (memory >> BigInt(bits)) << BigInt(bits);
      expect(readLanes(runner.target(), 64)).toEqual([kept | BigInt.asUintN(bits, value), 0x0123456789abcdefn]);
    }), { numRuns: 20 });
  });

  it.each(rows.filter(([name]) => /rmw.*\.(add|sub|and|or|xor|xchg)/.test(name)))('%s gives the old word and writes the new', (name) => {
    const { type, bits } = shapeOf(name);
    const operation = modify[/\.(\w+?)(_u)?$/.exec(name)?.[1] ?? ''];
    fc.assert(fc.property(words, words, (memory, value) => {
      const old = BigInt.asUintN(bits, memory);
      expect(numberOf(type, runner.run(name, [bytesOf(type, value)], target(memory)))).toBe(old);
      const kept = (memory >> BigInt(bits)) << BigInt(bits);
      const changed = BigInt.asUintN(bits, operation?.(old, BigInt.asUintN(bits, value)) ?? -1n);
      expect(readLanes(runner.target(), 64)[0]).toBe(kept | changed);
    }), { numRuns: 20 });
  });

  it.each(rows.filter(([name]) => name.includes('cmpxchg')))('%s writes only where the old word is the expected one', (name) => {
    const { type, bits } = shapeOf(name);
    fc.assert(fc.property(words, words, fc.boolean(), (memory, value, equal) => {
      const old = BigInt.asUintN(bits, memory);
      const expected = equal ? old : old ^ 1n;
      expect(numberOf(type, runner.run(name, [bytesOf(type, expected), bytesOf(type, value)], target(memory)))).toBe(old);
      const kept = (memory >> BigInt(bits)) << BigInt(bits);
      expect(readLanes(runner.target(), 64)[0]).toBe(kept | (equal ? BigInt.asUintN(bits, value) : old));
    }), { numRuns: 20 });
  });

  it('wait returns at once where the word is not the expected one, and notify wakes nobody', () => {
    const other = [bytesOf('i64', 1n), bytesOf('i64', 0n)];
    expect(numberOf('i32', runner.run('memory.atomic.wait32', [bytesOf('i32', 1n), bytesOf('i64', 0n)], target(0n)))).toBe(1n);
    expect(numberOf('i32', runner.run('memory.atomic.wait64', other, target(0n)))).toBe(1n);
    expect(numberOf('i32', runner.run('memory.atomic.notify', [bytesOf('i32', 1n)], target(0n)))).toBe(0n);
  });

  it('fence does nothing that one thread sees', () => {
    runner.run('atomic.fence', [], target(7n));
    expect(readLanes(runner.target(), 64)[0]).toBe(7n);
  });
});
