import { ByteWriter } from '../encode/byte-writer.ts';
import { writeCustom } from '../encode/sections.ts';
import type { Hint } from './emitter.ts';

/** The hints of one function; offsets count from the start of its body, local declarations included. */
export interface FunctionHints {
  readonly index: number;
  readonly localsSize: number;
  readonly hints: readonly Hint[];
}

/** The section `metadata.code.branch_hint`, which stands before the code (branch hinting proposal). */
export const writeBranchHints = (out: ByteWriter, functions: readonly FunctionHints[]): void => {
  const content = new ByteWriter(1024);
  content.u32(functions.length);
  for (const { index, localsSize, hints } of functions.toSorted((a, b) => a.index - b.index)) {
    content.u32(index);
    content.u32(hints.length);
    for (const hint of hints) {
      content.u32(localsSize + hint.offset);
      content.u8(1);
      content.u8(hint.value);
    }
  }
  writeCustom(out, 'metadata.code.branch_hint', content);
};
