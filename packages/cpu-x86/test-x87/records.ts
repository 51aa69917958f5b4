/**
 * The records that host-fpu.c and the driver share. Input: significands a and b (u64 at 0 and 8), their signs and
 * exponents (u16 at 16 and 18), control word (20), operation (22). Output: significand of ST0 or the bytes stored to
 * memory (u64 at 0), its sign and exponent (u16 at 8), status word (10), sign and exponent of ST1 (12), zero (14),
 * significand of ST1 (16).
 */
export const RECORD = 24;

/** Operations by their number in a record. */
export const OPERATIONS = [
  'add', 'sub', 'mul', 'div', 'sqrt', 'compareOrdered', 'compareUnordered', 'roundToInteger', 'scale', 'extract',
  'remainder', 'remainderNearest', 'fromF32', 'fromF64', 'fromI16', 'fromI32', 'fromI64', 'toF32', 'toF64',
  'toI16', 'toI32', 'toI64', 'truncateI16', 'truncateI32', 'truncateI64', 'toBcd', 'fromBcd', 'examine', 'test',
  'f2xm1', 'fyl2x', 'fyl2xp1', 'fptan', 'fpatan', 'fsin', 'fcos', 'fsincos',
  'one', 'log2Of10', 'log2OfE', 'pi', 'log10Of2', 'lnOf2', 'zero',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** What an operation compares of the status word: the exceptions and C1, and the codes that it defines. */
const CODES = 0x4500;
const FLAGS = 0x23f;
export const comparedStatus = (op: Operation): number => {
  if (/^(compare|examine|test|remainder)/.test(op)) return FLAGS | CODES;
  return /^f(ptan|sin|cos)/.test(op) ? FLAGS | 0x400 : FLAGS;
};

/** One input. */
export interface Case {
  readonly op: Operation;
  readonly cw: number;
  readonly a: bigint;
  readonly ase: number;
  readonly b: bigint;
  readonly bse: number;
}

export const writeCase = (view: DataView, at: number, c: Case): void => {
  view.setBigUint64(at, c.a, true);
  view.setBigUint64(at + 8, c.b, true);
  view.setUint16(at + 16, c.ase, true);
  view.setUint16(at + 18, c.bse, true);
  view.setUint16(at + 20, c.cw, true);
  view.setUint16(at + 22, OPERATIONS.indexOf(c.op), true);
};

export const readCase = (view: DataView, at: number): Case => ({
  op: OPERATIONS[view.getUint16(at + 22, true)] ?? 'zero',
  cw: view.getUint16(at + 20, true),
  a: view.getBigUint64(at, true),
  ase: view.getUint16(at + 16, true),
  b: view.getBigUint64(at + 8, true),
  bse: view.getUint16(at + 18, true),
});

const hex = (n: bigint | number, digits: number): string => n.toString(16).padStart(digits, '0');

/** An output as text. */
export const showOutput = (view: DataView, at: number): string => {
  const of = (offset: number, se: number): string =>
    `${hex(view.getUint16(at + se, true), 4)}:${hex(view.getBigUint64(at + offset, true), 16)}`;
  return `${of(0, 8)} ${of(16, 12)} sw=${hex(view.getUint16(at + 10, true), 4)}`;
};

export const showCase = (c: Case): string =>
  `${c.op} cw=${hex(c.cw, 4)} a=${hex(c.ase, 4)}:${hex(c.a, 16)} b=${hex(c.bse, 4)}:${hex(c.b, 16)}`;
