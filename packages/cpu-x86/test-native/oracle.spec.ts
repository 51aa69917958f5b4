import { meaningOf } from '../src/uop/meaning-of.ts';
import { describe, expect, test } from 'vitest';
import { implementedRows } from '../src/uop/handlers.ts';
import { isStateRow, makeCases } from './cases.ts';
import { differences, Emulated } from './emulated.ts';
import { lacking } from './host-features.ts';
import { missing, Native } from './native.ts';

const why = missing();

describe.skipIf(why !== undefined)(`the interpreter against this processor${why === undefined ? '' : ` (${why})`}`, () => {
  test('does what the hardware does for a sample of every implemented row', { timeout: 120_000 }, () => {
    const cases = makeCases(20261121, 4);
    const native = new Native(), emulated = new Emulated();
    const expected = native.run(cases);
    native.dispose();
    const failures = cases.flatMap((c, i) => {
      const outcome = expected[i];
      const found = outcome === undefined ? ['no outcome'] : differences(c, outcome, emulated.run(c));
      return found.length === 0 ? [] : [`${c.row} [${[...c.bytes].map((b) => b.toString(16)).join(' ')}] ${found.join('; ')}`];
    });
    expect(failures).toEqual([]);
    // Exceptions of numbers are among them, and pending ones of x87 before MMX instructions.
    const vectors = new Set(expected.map((outcome) => outcome.vector));
    expect([13, 14, 16, 19].filter((vector) => !vectors.has(vector))).toEqual([]);
    // System calls, what vendors do differently and what this processor lacks are left out; nothing else may be.
    const covered = new Set(cases.map((c) => c.row));
    const possible = implementedRows.filter((row) => !isStateRow(row) && lacking(row).length === 0 && row.privilege !== 'iopl' && meaningOf(row)?.name !== 'SYSTEM');
    expect(possible.filter((row) => !covered.has(row.id)).map((row) => row.id)).toMatchInlineSnapshot(`
      [
        "MOVSXD_Gv_Ew",
        "JCXZ_Jb",
        "INTO",
        "NOP_0F0D",
      ]
    `);
  });

  test('notices when a result differs', () => {
    const [first] = makeCases(1, 1);
    if (first === undefined) throw new Error('no case');
    const outcome = new Emulated().run(first);
    const wrong = { ...outcome, flags: outcome.flags ^ first.mask, rip: outcome.rip + 1 };
    expect(differences(first, wrong, outcome).map((text) => text.split(':')[0])).toEqual(['rip', 'flags']);
  });
});
