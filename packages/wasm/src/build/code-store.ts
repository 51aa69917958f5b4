import { ByteWriter } from '../encode/byte-writer.ts';
import { SECTION } from '../encode/sections.ts';
import type { Func } from '../value/items.ts';
import { fail } from '../value/session.ts';
import { type FunctionHints, writeBranchHints } from './branch-hints.ts';
import type { Hint } from './emitter.ts';
import type { LocalPool } from './local-pool.ts';
import { type FunctionNames, writeNames } from './names.ts';

/** Writers for bodies being built; a body's size stands before it, so it is written here first. */
const scratch: ByteWriter[] = [];

export const takeScratch = (): ByteWriter => {
  const writer = scratch.pop() ?? new ByteWriter(0x4000);
  writer.length = 0;
  return writer;
};

export const releaseScratch = (writer: ByteWriter): void => {
  scratch.push(writer);
};

/** The functions a module defines: their bodies, hints and names. */
export class CodeStore {
  readonly #code = new ByteWriter(0x1000);
  readonly #declared: { readonly func: Func; start: number; end: number }[] = [];
  readonly #hints: FunctionHints[] = [];
  readonly #names: FunctionNames[] = [];
  readonly #keepNames: boolean;

  constructor(keepNames: boolean) {
    this.#keepNames = keepNames;
  }

  get count(): number {
    return this.#declared.length;
  }

  declare(func: Func): void {
    this.#declared.push({ func, start: -1, end: -1 });
  }

  /** Only for the name section; imported functions have no body here. */
  name(index: number, name: string, locals: readonly (string | undefined)[]): void {
    if (this.#keepNames) this.#names.push({ index, name, locals });
  }

  /** Keeps the body of a declared function. */
  define(func: Func, firstIndex: number, locals: LocalPool, body: ByteWriter, hints: readonly Hint[]): void {
    const entry = this.#declared[func.index - firstIndex];
    if (entry === undefined || entry.func !== func) {
      return fail({ code: 'bad-module', problem: `${func.name} is no function of this module to define` });
    }
    if (entry.start >= 0) fail({ code: 'bad-module', problem: `${func.name} is defined twice` });
    const localsSize = locals.size();
    entry.start = this.#code.length;
    this.#code.u32(localsSize + body.length);
    locals.write(this.#code);
    this.#code.appendRange(body, 0, body.length);
    entry.end = this.#code.length;
    if (hints.length > 0) this.#hints.push({ index: func.index, localsSize, hints });
    this.name(func.index, func.name, locals.names);
  }

  writeHints(out: ByteWriter): void {
    if (this.#hints.length > 0) writeBranchHints(out, this.#hints);
  }

  /** The code section, bodies in the order of declaration. */
  writeCode(out: ByteWriter): void {
    if (this.#declared.length === 0) return;
    const prefix = new ByteWriter(8);
    prefix.u32(this.#declared.length);
    out.u8(SECTION.code);
    out.u32(prefix.length + this.#code.length);
    out.appendRange(prefix, 0, prefix.length);
    for (const { func, start, end } of this.#declared) {
      if (start < 0) fail({ code: 'bad-module', problem: `${func.name} is declared but not defined` });
      out.appendRange(this.#code, start, end);
    }
  }

  writeNames(out: ByteWriter): void {
    if (this.#names.length > 0) writeNames(out, this.#names);
  }
}
