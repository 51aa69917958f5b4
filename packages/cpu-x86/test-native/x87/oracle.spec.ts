import { describe, expect, test } from 'vitest';
import { implementedRows } from '../../src/uop/handlers.ts';
import { isStateRow } from '../cases.ts';
import { missing } from '../native.ts';
import { makeStateCases } from './cases.ts';
import { EVERYTHING, stateDifferences, StateEmulated } from './emulated.ts';
import { StateNative } from './native.ts';
import { compareTasks } from './oracle.ts';

const why = missing();

describe.skipIf(why !== undefined)(`x87 and saved state against this processor${why === undefined ? '' : ` (${why})`}`, () => {
  test('do what the hardware does, each instruction alone and in sequences', { timeout: 120_000 }, () => {
    const tasks = makeStateCases(20261121, 6);
    const native = new StateNative(), emulated = new StateEmulated();
    const { failures, outcomes } = compareTasks(tasks, native, emulated);
    native.dispose();
    expect(failures.map(({ task: { c }, found }) => `${c.rows.join()} [${[...c.bytes].map((b) => b.toString(16)).join(' ')}] ${found.join('; ')}`)).toEqual([]);
    expect(outcomes.filter(({ vector }) => vector === 16).length).toBeGreaterThan(100);
    // These need CPL 0.
    const covered = new Set(tasks.map(({ c }) => c.rows[0]));
    expect(implementedRows.filter((row) => isStateRow(row) && !covered.has(row.id)).map((row) => row.id)).toMatchInlineSnapshot(`
      [
        "XRSTORS_M",
        "XRSTORS64_M",
        "XSAVES_M",
        "XSAVES64_M",
      ]
    `);
  });
});

test('the comparison notices a register, a status bit and a byte of memory', () => {
  const [task] = makeStateCases(1, 1);
  const outcome = new StateEmulated().run(task!.c);
  const area = outcome.area.slice(), memory = outcome.memory.slice();
  area[32] = area[32]! ^ 2;
  area[3] = area[3]! ^ 1;
  memory[700] = memory[700]! ^ 1;
  const found = stateDifferences(task!.c, EVERYTHING, { ...outcome, area, memory }, outcome);
  expect(found.map((text) => text.split(':')[0])).toEqual(['fsw', 'st0', 'memory+700']);
});
