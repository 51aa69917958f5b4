import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, OpRunner } from '../testing/op-module.ts';
import { readLanes, writeLanes } from '../testing/vector-reference.ts';
import { memoryOps } from './memory.ts';
import type { OpRow } from './op-table.ts';
import { simdOps } from './simd.ts';

const memoryRow = ([, , , immediates = '']: OpRow): boolean => /^mem\d/.test(immediates);
const tables: Record<string, OpRow> = { ...memoryOps, ...simdOps };
const rows = Object.entries(tables).filter(([, row]) => memoryRow(row));
const runner = new OpRunner((name, row) => name in tables && memoryRow(row));

const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 });
const resize = (bytes: Uint8Array, count: number): Uint8Array => Uint8Array.from({ length: 16 }, (_, i) => (i < count ? bytes[i] : 0) ?? 0);

/** What a scalar load gives, as the bytes of its result. */
const scalarLoad = (name: string, memory: Uint8Array): Uint8Array => {
  const [, type = '', bits = '', sign = ''] = /^(...)\.load(\d*)_?([su]?)$/.exec(name) ?? [];
  if (bits === '') return resize(memory, Number(type.slice(1)) / 8);
  const lane = readLanes(memory, Number(bits))[0] ?? 0n;
  return bytesOf(type, sign === 's' ? BigInt.asIntN(Number(bits), lane) : lane);
};

/** What a vector load gives. */
const vectorLoad = (name: string, memory: Uint8Array, old: Uint8Array, lane: number): Uint8Array => {
  const [, bits = '', rest = ''] = /^v128\.load(\d*)(.*)$/.exec(name) ?? [];
  const width = Number(bits);
  if (bits === '') return memory;
  if (rest === '_splat') return writeLanes(new Array<bigint>(128 / width).fill(readLanes(memory, width)[0] ?? 0n), width);
  if (rest === '_zero') return resize(memory, width / 8);
  if (rest === '_lane') return writeLanes(readLanes(old, width).with(lane, readLanes(memory, width)[0] ?? 0n), width);
  const low = readLanes(memory, width).slice(0, 64 / width);
  return writeLanes(low.map((x) => (rest.endsWith('_s') ? BigInt.asIntN(width, x) : x)), width * 2);
};

describe('memory instructions', () => {
  it.each(rows.filter(([, row]) => row[2] !== ''))('%s reads what memory holds', (name, row) => {
    const lanes = Number(/lane(\d+)/.exec(row[3] ?? '')?.[1] ?? 0);
    fc.assert(
      fc.property(bytes16, bytes16, fc.nat(Math.max(0, lanes - 1)), (memory, old, lane) => {
        const key = lanes > 0 ? `${name} ${lane}` : name;
        const expected = name.startsWith('v128') ? vectorLoad(name, memory, old, lane) : scalarLoad(name, memory);
        expect(runner.run(key, [old], memory)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it.each(rows.filter(([, row]) => row[2] === ''))('%s writes that and nothing beside it', (name, row) => {
    const [, operands, , immediates = ''] = row;
    const lanes = Number(/lane(\d+)/.exec(immediates)?.[1] ?? 0);
    const natural = Number(/mem(\d+)/.exec(immediates)?.[1]);
    expect(operands.startsWith('ptr ')).toBe(true);
    fc.assert(
      fc.property(bytes16, bytes16, fc.nat(Math.max(0, lanes - 1)), (memory, value, lane) => {
        runner.run(lanes > 0 ? `${name} ${lane}` : name, [value], memory);
        const written = value.slice(lane * natural, (lane + 1) * natural);
        expect(runner.target()).toEqual(Uint8Array.from(memory, (old, i) => written[i] ?? old));
      }),
      { numRuns: 20 },
    );
  });
});
