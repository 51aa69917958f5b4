import { describe, expect, test } from 'vitest';
import { Decoded, Decoder, MODE, VERDICT } from '../src/index.ts';
import { type BlockInstruction, buildBlocks } from '../src/interp/straight-line.ts';
import { compileUop } from '../src/uop/compile.ts';
import { UOP_SIZE } from '../src/uop/record.ts';
import { makeCases, Random } from './cases.ts';
import { differences, Emulated } from './emulated.ts';
import type { Case } from './native.ts';

const decoder = new Decoder();

/** The instructions of a case's bytes, as a translator would see them. */
function compileBlock(c: Case): BlockInstruction[] {
  const d = new Decoded(), block: BlockInstruction[] = [];
  const mode = c.legacy ? MODE.BITS32 : MODE.BITS64;
  for (let at = 0; at < c.bytes.length; at += d.length) {
    if (decoder.decode(d, c.bytes, at, c.bytes.length, mode) !== VERDICT.OK) throw new Error(`${c.row}: does not decode`);
    const uop = new DataView(new ArrayBuffer(UOP_SIZE));
    const { spec } = compileUop(uop, 0, d, c.offset + at, mode, true);
    if (spec === undefined) throw new Error(`${c.row}: no handler`);
    block.push({ spec, uop });
  }
  return block;
}

/** Texts of all differences between the interpreter and translated blocks. */
function compare(cases: readonly Case[], check: boolean): string[] {
  const emulated = new Emulated();
  const bytes = buildBlocks(cases.map(compileBlock), check);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), emulated.cpu.engine.imports);
  return cases.flatMap((c, i) => {
    const interpreted = emulated.run(c);
    const block = exports[`b${i}`] as (state: number) => number;
    const translated = emulated.run(c, () => emulated.cpu.runTranslated(block));
    // Status flags that the instruction leaves undefined are equal as well: there is one meaning.
    const found = differences({ ...c, mask: 0x200cd5 }, interpreted, translated);
    return found.length === 0 ? [] : [`${c.row} [${[...c.bytes].map((b) => b.toString(16)).join(' ')}]: ${found.join('; ')}`];
  });
}

describe('straight-line translation and interpretation', () => {
  test('agree on a sample of every implemented row', { timeout: 120_000 }, () => {
    const cases = makeCases(77, 2);
    expect(compare(cases, true)).toEqual([]);
    expect(cases.length).toBeGreaterThan(2000);
  });

  test('agree on sequences, in which flags and registers flow from one instruction to the next', { timeout: 120_000 }, () => {
    const random = new Random(5);
    const single = makeCases(78, 12).filter((c) => !c.legacy && !/^(J|LOOP|CALL|RET|POPF|UD|SYS|ENTER|LEAVE)/.test(c.row) && ![0xf2, 0xf3].some((p) => c.bytes.includes(p)));
    // Half of the sequences touch no memory, so that they run to their end.
    const registers = single.filter((c) => compileBlock(c).every(({ spec }) => spec.operands.length > 0 && spec.operands.every((o) => o.kind !== 'm') && !/PUSH|POP/.test(spec.meaning)));
    const sequences = Array.from({ length: 500 }, (_, n): Case => {
      const parts = Array.from({ length: 6 }, () => random.pick(n % 2 === 0 ? single : registers));
      const [first = random.pick(single)] = parts;
      return { ...first, row: parts.map((p) => p.row).join(), offset: 0x400, bytes: Uint8Array.from(parts.flatMap((p) => [...p.bytes])), count: parts.length };
    });
    expect(compare(sequences, false)).toEqual([]);
  });
});
