/**
 * ACPI machine language, as much as a PC's tables need (ACPI 6.5, chapter 20.2). Every function returns the bytes of one term;
 * terms stand in one another as lists. What an interpreter would make of them is not checked here.
 */

/** Bytes of a term. */
export type Aml = readonly number[];
/** An operand: a number is an integer, a text is a string; everything else is a term already. */
export type Operand = Aml | number | bigint | string;

const ZERO = 0x00, ONE = 0x01, NAME = 0x08, BYTE = 0x0a, WORD = 0x0b, DWORD = 0x0c, STRING = 0x0d, QWORD = 0x0e;
const SCOPE = 0x10, BUFFER = 0x11, PACKAGE = 0x12, METHOD = 0x14, DUAL_NAME = 0x2e, MULTI_NAME = 0x2f, EXTENDED = 0x5b;
const LOCAL = 0x60, ARG = 0x68, STORE = 0x70, AND = 0x7b, OR = 0x7d, DWORD_FIELD = 0x8a, LESS = 0x95, EQUAL = 0x93;
const IF = 0xa0, ELSE = 0xa1, RETURN = 0xa4;
/** Behind EXTENDED. */
const REGION = 0x80, FIELD = 0x81, DEVICE = 0x82;
const SERIALIZED = 1 << 3;
/** The most that a PkgLength of four bytes tells (20.2.4). */
const LONGEST = 2 ** 28;

/** The object that is not there, as the target of an operation (NullName). */
export const nothing: Aml = [0];
export const local = (i: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7): Aml => [LOCAL + i];
export const arg = (i: 0 | 1 | 2 | 3 | 4 | 5 | 6): Aml => [ARG + i];

/** The shortest form of an integer from 0 to 2^64 - 1 (20.2.3). */
export function integer(value: number | bigint): Aml {
  const big = BigInt(value);
  if (big < 0n || big >= 1n << 64n) throw new RangeError(`${value} is no integer of 64 bits`);
  if (big <= 1n) return [big === 0n ? ZERO : ONE];
  if (big <= 0xffn) return [BYTE, ...little(big, 1)];
  if (big <= 0xffffn) return [WORD, ...little(big, 2)];
  return big <= 0xffff_ffffn ? [DWORD, ...little(big, 4)] : [QWORD, ...little(big, 8)];
}

/** A string of ASCII characters (20.2.3). */
export function text(value: string): Aml {
  return [STRING, ...ascii(value), 0];
}

/** A reference, such as `\\_SB.PCI0` or `^PRQA`; short segments are padded (20.2.2). */
export function path(name: string): Aml {
  const [, prefix = '', rest = ''] = /^(\\|\^*)(.*)$/.exec(name) ?? [];
  const segments = rest === '' ? [] : rest.split('.');
  const bad = segments.find((segment) => !/^[A-Z_][A-Z0-9_]{0,3}$/.test(segment));
  if (bad !== undefined) throw new RangeError(`"${bad}" is no name segment`);
  const count = segments.length === 0 ? [0] : segments.length === 1 ? [] : segments.length === 2 ? [DUAL_NAME] : [MULTI_NAME, segments.length];
  return [...ascii(prefix), ...count, ...segments.flatMap((segment) => ascii(segment.padEnd(4, '_')))];
}

/** `Name (name, value)` */
export const name = (of: string, value: Operand): Aml => [NAME, ...path(of), ...operand(value)];
/** `Scope (name) { … }` */
export const scope = (of: string, ...terms: readonly Aml[]): Aml => sized([SCOPE], path(of), ...terms);
/** `Device (name) { … }` */
export const device = (of: string, ...terms: readonly Aml[]): Aml => sized([EXTENDED, DEVICE], path(of), ...terms);
/** `Method (name, args) { … }`; only one thread is in a serialized one, which may therefore create names. */
export function method(of: string, args: number, options: { readonly serialized?: boolean }, ...terms: readonly Aml[]): Aml {
  return sized([METHOD], path(of), [args | (options.serialized === true ? SERIALIZED : 0)], ...terms);
}
/** `If (condition) { … }` */
export const when = (condition: Operand, ...terms: readonly Aml[]): Aml => sized([IF], operand(condition), ...terms);
/** `Else { … }`, directly behind an `If`. */
export const otherwise = (...terms: readonly Aml[]): Aml => sized([ELSE], ...terms);
export const store = (value: Operand, target: Aml): Aml => [STORE, ...operand(value), ...target];
export const returns = (value: Operand): Aml => [RETURN, ...operand(value)];
export const equal = (a: Operand, b: Operand): Aml => [EQUAL, ...operand(a), ...operand(b)];
export const less = (a: Operand, b: Operand): Aml => [LESS, ...operand(a), ...operand(b)];
export const and = (a: Operand, b: Operand, target = nothing): Aml => [AND, ...operand(a), ...operand(b), ...target];
export const or = (a: Operand, b: Operand, target = nothing): Aml => [OR, ...operand(a), ...operand(b), ...target];
/** `CreateDWordField (buffer, offset, name)` */
export const dwordField = (buffer: Aml, offset: number, of: string): Aml => [DWORD_FIELD, ...buffer, ...integer(offset), ...path(of)];

/** `Package () { … }` of up to 255 elements. */
export function packageOf(...elements: readonly Operand[]): Aml {
  if (elements.length > 255) throw new RangeError(`a package has no ${elements.length} elements`);
  return sized([PACKAGE], [elements.length], ...elements.map(operand));
}

/** `Buffer () { … }` */
export function buffer(bytes: readonly number[]): Aml {
  return sized([BUFFER], integer(bytes.length), bytes);
}

/** Address spaces of an operation region (table 5.166). */
export const Space = { memory: 0, io: 1, pciConfig: 2 } as const;

/** `OperationRegion (name, space, offset, length)` */
export function region(of: string, space: (typeof Space)[keyof typeof Space], offset: number, length: number): Aml {
  return [EXTENDED, REGION, ...path(of), space, ...integer(offset), ...integer(length)];
}

/** `Field (region, ByteAcc, NoLock, Preserve) { … }` of whole bytes, one behind the other. */
export function byteFields(of: string, names: readonly string[]): Aml {
  const BYTE_ACCESS = 1;
  return sized([EXTENDED, FIELD], path(of), [BYTE_ACCESS], ...names.map((each) => [...ascii(each.padEnd(4, '_')), 8]));
}

/** Three letters and four hexadecimal digits in 32 bits, as `EISAID` makes them (19.3.4). */
export function eisaId(id: string): Aml {
  if (!/^[A-Z]{3}[0-9A-F]{4}$/.test(id)) throw new RangeError(`"${id}" is no EISA id`);
  const [a, b, c] = ascii(id).map((code) => code - 0x40) as [number, number, number];
  const big = a * 2 ** 26 + b * 2 ** 21 + c * 2 ** 16 + Number.parseInt(id.slice(3), 16);
  return [DWORD, ...little(big, 4).reverse()];
}

/** The bytes of an operand. */
export function operand(value: Operand): Aml {
  return typeof value === 'string' ? text(value) : typeof value === 'object' ? value : integer(value);
}

/** The lower `size` bytes of a number, the lowest first. */
export function little(value: number | bigint, size: number): number[] {
  const big = BigInt(value);
  return Array.from({ length: size }, (_, i) => Number((big >> BigInt(8 * i)) & 0xffn));
}

/** An opcode, the PkgLength and what it counts (20.2.4). */
function sized(opcode: Aml, ...parts: readonly Aml[]): Aml {
  const body = parts.flat();
  return [...opcode, ...packageLength(body.length), ...body];
}

/** The length counts itself: one byte up to 63, else the first one has the number of others and the lowest 4 bits. */
export function packageLength(body: number): Aml {
  if (body + 1 < 0x40) return [body + 1];
  const more = [1, 2, 3].find((bytes) => body + 1 + bytes < 2 ** (4 + 8 * bytes));
  if (more === undefined) throw new RangeError(`a term has no ${body} bytes, but fewer than ${LONGEST}`);
  const length = body + 1 + more;
  return [(more << 6) | (length & 15), ...little(length >> 4, more)];
}

function ascii(value: string): number[] {
  return Array.from(value, (c) => c.charCodeAt(0));
}
