/**
 * Which rows of the instruction tables some test executes: those that are compared with the processor at hand, and those
 * that the system guests and the specs of the vCPU run. What is left must stand in `untested.ts`.
 */
import { describe, expect, test, vi } from 'vitest';
import { makeCases } from '../test-native/cases.ts';
import { missing } from '../test-native/native.ts';
import { makeStateCases } from '../test-native/x87/cases.ts';
import { runEngine } from '../test-system/engine.ts';
import { assemble, guests, missingProgram } from '../test-system/rom.ts';
import { Rig } from '../test-vcpu/rig.ts';
import { rows } from '../src/tables/rows.ts';
import type * as TableModule from '../src/system/instructions/table.ts';
import type { Instruction } from '../src/system/instructions/instruction.ts';
import { untested } from './untested.ts';

const executed = vi.hoisted(() => new Set<number>());
type Table = typeof TableModule;

vi.mock('../src/system/instructions/table.ts', async (original) => {
  const { systemInstructions } = await original<Table>();
  const recording = (instruction: Instruction | undefined, row: number): Instruction | undefined => instruction && ((p, d) => {
    executed.add(row);
    return instruction(p, d);
  });
  return { systemInstructions: (...parts: Parameters<Table['systemInstructions']>) => systemInstructions(...parts).map(recording) };
});

const why = missing() ?? missingProgram(['nasm']);

/** Instructions that no guest has, and that do not need one: bytes for 64-bit mode. */
const ALONE: readonly (readonly number[])[] = [
  [0x0f, 0x01, 0xf9], [0xf3, 0x0f, 0xc7, 0xf8], [0x0f, 0x33], [0x0f, 0x08], [0x0f, 0x09], [0xf3, 0x0f, 0x09], [0x0f, 0xc7, 0xf0], [0x0f, 0xc7, 0xf8],
  [0x0f, 0x01, 0xc1], [0x0f, 0x01, 0xd9], [0x0f, 0x01, 0xd4], [0x0f, 0x01, 0xc2], [0x0f, 0x01, 0xc3], [0x0f, 0x01, 0xc4], [0x0f, 0x78, 0xc0],
  [0x0f, 0x79, 0xc0], [0x0f, 0xc7, 0x30], [0x0f, 0xc7, 0x38], [0x66, 0x0f, 0xc7, 0x30], [0xf3, 0x0f, 0xc7, 0x30], [0x66, 0x0f, 0x38, 0x80, 0x00],
  [0x66, 0x0f, 0x38, 0x81, 0x00], [0x0f, 0x01, 0xd8], [0x0f, 0x01, 0xda], [0x0f, 0x01, 0xdb], [0x0f, 0x01, 0xdc], [0x0f, 0x01, 0xdd],
  [0x0f, 0x01, 0xde], [0x0f, 0x01, 0xdf], [0xf3, 0x0f, 0xae, 0xc0], [0xf3, 0x0f, 0xae, 0xc8], [0xf3, 0x0f, 0xae, 0xd0], [0xf3, 0x0f, 0xae, 0xd8],
  [0x0f, 0x01, 0xee], [0x0f, 0x01, 0xef], [0x0f, 0x01, 0xca], [0x0f, 0x01, 0xcb], [0x0f, 0x01, 0xf8], [0x0f, 0x31], [0x0f, 0xa2], [0xf4],
];

/** What test-vcpu/leftovers.spec.ts executes by way of TypeScript. */
const LEGACY = [
  ['protected32', [0x0f, 0xb4, 0x06]], ['long', [0x66, 0x6d]], ['long', [0x6d]], ['long', [0x66, 0x6f]], ['long', [0x6f]], ['long', [0xe7, 0x11]], ['long', [0xef]],
] as const;
/** Rows with specs of their own that execute them in generated code. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  MOVSXD_Gv_Ew: 'test-vcpu/leftovers', JCXZ_Jb: 'test-vcpu/leftovers', NOP_0F0D: 'test-vcpu/leftovers', XRSTOR64_M: 'test-vcpu/leftovers',
  XRSTORS_M: 'test-native/x87/modes', XRSTORS64_M: 'test-native/x87/modes', XSAVES_M: 'test-native/x87/modes', XSAVES64_M: 'test-native/x87/modes',
};

describe.skipIf(why !== undefined)(`every row is executed by a test${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  test('or listed with the reason', { timeout: 180_000 }, () => {
    const byName = new Map(rows.map((row, i) => [row.id, i]));
    for (const { row } of makeCases(1, 1)) executed.add(byName.get(row) ?? -1);
    for (const { c } of makeStateCases(1, 2)) executed.add(byName.get(c.rows[0] ?? '') ?? -1);
    for (const guest of guests) runEngine(assemble(guest));
    for (const id of Object.keys(ELSEWHERE)) executed.add(byName.get(id) ?? -1);
    for (const [mode, code] of [...ALONE.map((bytes) => ['long', bytes] as const), ...LEGACY]) {
      const rig = new Rig();
      rig.enter(mode, code);
      rig.run(1);
    }
    const left = rows.filter((_, i) => !executed.has(i)).map((row) => row.id);
    expect(left.filter((id) => !(id in untested))).toEqual([]);
    expect(Object.keys(untested).filter((id) => !left.includes(id))).toEqual([]);
  });
});
