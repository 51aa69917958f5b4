import { expect, test } from 'vitest';
import { Decoded, Decoder, MODE, VERDICT } from '../../src/index.ts';
import { type BlockInstruction, buildBlocks } from '../../src/interp/straight-line.ts';
import { compileUop } from '../../src/uop/compile.ts';
import { UOP_SIZE } from '../../src/uop/record.ts';
import { makeStateCases } from './cases.ts';
import { EVERYTHING, stateDifferences, StateEmulated } from './emulated.ts';
import type { StateCase } from './native.ts';

const decoder = new Decoder();

function compileBlock(c: StateCase): BlockInstruction[] {
  const d = new Decoded(), block: BlockInstruction[] = [];
  const mode = c.legacy ? MODE.BITS32 : MODE.BITS64;
  for (let at = 0; at < c.bytes.length; at += d.length) {
    if (decoder.decode(d, c.bytes, at, c.bytes.length, mode) !== VERDICT.OK) throw new Error(`${c.rows.join()}: does not decode`);
    const uop = new DataView(new ArrayBuffer(UOP_SIZE));
    const { spec } = compileUop(uop, 0, d, c.offset + at, mode, true);
    if (spec === undefined) throw new Error(`${c.rows.join()}: no handler`);
    block.push({ spec, uop });
  }
  return block;
}

test('straight-line translation and interpretation agree on x87 and saved state', { timeout: 120_000 }, () => {
  const emulated = new StateEmulated();
  // A block lies in one page.
  const cases = makeStateCases(79, 2).map(({ c }) => c).filter((c) => c.offset + c.bytes.length <= 4096);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(buildBlocks(cases.map(compileBlock), true)), emulated.cpu.engine.imports);
  const failures = cases.flatMap((c, i) => {
    const interpreted = emulated.run(c);
    const block = exports[`b${i}`] as (state: number) => number;
    const found = stateDifferences(c, EVERYTHING, interpreted, emulated.run(c, () => emulated.cpu.runTranslated(block)));
    return found.length === 0 ? [] : [`${c.rows.join()} [${[...c.bytes].map((b) => b.toString(16)).join(' ')}]: ${found.join('; ')}`];
  });
  expect(failures).toEqual([]);
  expect(cases.length).toBeGreaterThan(1000);
});
