/**
 * The types of values as the builder's callers name them. `ptr` is no type of WebAssembly: it is `i32` in a module
 * with memory32 and `i64` in one with memory64, so code written with it fits both.
 */
export type NumType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';
export type RefType = 'funcref' | 'externref';
export type ValType = NumType | RefType | 'ptr';

/** A list of value types: the parameters or the results of a function or a block. */
export type TypeList = readonly ValType[];

/** Encodings of value types (WebAssembly 2.0, 5.3.1 to 5.3.4). */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const FUNCREF = 0x70;
export const EXTERNREF = 0x6f;
/** An address whose width is known only when it is emitted; stands for `i32` or `i64` until then. Never encoded. */
export const PTR = 0;
/** The empty block type (5.4.1); as the type of a value it means "no value". */
export const NONE = 0x40;

const CODES: Readonly<Record<ValType, number>> = {
  i32: I32,
  i64: I64,
  f32: F32,
  f64: F64,
  v128: V128,
  funcref: FUNCREF,
  externref: EXTERNREF,
  ptr: PTR,
};

const NAMES = new Map<number, string>(Object.entries(CODES).map(([name, code]) => [code, name]));
NAMES.set(NONE, 'nothing');

export const typeCode = (type: ValType): number => CODES[type];

/** The name of an encoded type, for messages and for the disassembler. */
export const typeName = (code: number): string => NAMES.get(code) ?? `type 0x${code.toString(16)}`;

/** Encoded types of a list, with `ptr` resolved to the module's address type. */
export const typeCodes = (types: TypeList, ptrType: number): number[] =>
  types.map((type) => (type === 'ptr' ? ptrType : CODES[type]));
