import type { ByteWriter } from '../encode/byte-writer.ts';
import { FUNCREF, I32 } from '../types.ts';
import type { Func, Memory, Table } from '../value/items.ts';
import { fail } from '../value/session.ts';
import { type Arg, type Value, toValue } from '../value/value.ts';
import { writeConstant } from './constant-expression.ts';

/** When an element segment is used: copied at instantiation, by `table.init`, or only to declare references. */
export type ElemMode =
  | { readonly mode: 'active'; readonly table: Table; readonly offset: Arg<'i32'> }
  | { readonly mode: 'passive' }
  | { readonly mode: 'declarative' };

/** When a data segment is used: copied at instantiation, or by `memory.init`. */
export type DataMode =
  | { readonly mode: 'active'; readonly memory?: Memory; readonly offset: Arg<'ptr'> }
  | { readonly mode: 'passive' };

const writeOffset = (out: ByteWriter, offset: Value | number, type: number, ptrType: number): void =>
  writeConstant(out, toValue(offset, type), type, ptrType);

/** An element segment (5.5.12). `null` stands for a null reference. */
export const writeElem = (out: ByteWriter, mode: ElemMode, funcs: readonly (Func | null)[], ptrType: number): void => {
  const expressions = funcs.includes(null);
  const form = expressions ? 4 : 0;
  if (mode.mode === 'active') {
    if (mode.table.code !== FUNCREF) fail({ code: 'bad-module', problem: 'an active segment fills a table of funcref' });
    // The form with an explicit table also names the kind of its elements; the short one is for table 0.
    out.u8(form | (mode.table.index === 0 ? 0 : 2));
    if (mode.table.index !== 0) out.u32(mode.table.index);
    writeOffset(out, mode.offset, I32, ptrType);
    if (mode.table.index !== 0) out.u8(expressions ? FUNCREF : 0);
  } else {
    out.u8(form | (mode.mode === 'passive' ? 1 : 3));
    out.u8(expressions ? FUNCREF : 0);
  }
  out.u32(funcs.length);
  for (const func of funcs) {
    if (!expressions) {
      out.u32(func?.index ?? 0);
      continue;
    }
    out.u8(func === null ? 0xd0 : 0xd2);
    out.u32(func === null ? FUNCREF : func.index);
    out.u8(0x0b);
  }
};

/** A data segment (5.5.14). */
export const writeData = (out: ByteWriter, mode: DataMode, bytes: ArrayLike<number>, ptrType: number): void => {
  if (mode.mode === 'passive') out.u8(1);
  else {
    const index = mode.memory?.index ?? 0;
    out.u8(index === 0 ? 0 : 2);
    if (index !== 0) out.u32(index);
    writeOffset(out, mode.offset, 0, ptrType);
  }
  out.vector(bytes);
};
