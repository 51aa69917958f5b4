import { ByteWriter } from '../encode/byte-writer.ts';
import { writeCustom } from '../encode/sections.ts';

/** One function's names: its own, and those of its locals where they have any. */
export interface FunctionNames {
  readonly index: number;
  readonly name: string;
  readonly locals: readonly (string | undefined)[];
}

const subsection = (out: ByteWriter, id: number, content: ByteWriter): void => {
  out.u8(id);
  out.u32(content.length);
  out.appendRange(content, 0, content.length);
};

/** The `name` section (appendix "Name Section"): names of functions (1) and of their locals (2). */
export const writeNames = (out: ByteWriter, functions: readonly FunctionNames[]): void => {
  const ordered = functions.toSorted((a, b) => a.index - b.index);
  const names = new ByteWriter(1024);
  names.u32(ordered.length);
  for (const { index, name } of ordered) {
    names.u32(index);
    names.text(name);
  }
  const locals = new ByteWriter(1024);
  const withLocals = ordered.filter((entry) => entry.locals.some((local) => local !== undefined));
  locals.u32(withLocals.length);
  for (const entry of withLocals) {
    const named = entry.locals.flatMap((local, at) => (local === undefined ? [] : [{ at, local }]));
    locals.u32(entry.index);
    locals.u32(named.length);
    for (const { at, local } of named) {
      locals.u32(at);
      locals.text(local);
    }
  }
  const content = new ByteWriter(2048);
  subsection(content, 1, names);
  subsection(content, 2, locals);
  writeCustom(out, 'name', content);
};
