/** The list of all handlers, with the numbers that µops hold. */
import { Decoded } from '../decode/decoded.ts';
import type { Repeat } from '../meaning/context.ts';
import { rows } from '../tables/rows.ts';
import type { Row } from '../tables/types.ts';
import { meaningOf } from './meaning-of.ts';
import { type AddressForm, type HandlerSpec, specOf } from './specs.ts';
import { isVectorRow } from './vector-shapes.ts';

const SIZE_BITS = [16, 32, 64] as const;

/** Effective operand sizes that a row can have. */
function operandSizes(row: Row, long: boolean): number[] {
  return SIZE_BITS.filter((size, i) => {
    if (((row.opSizes >> i) & 1) === 0 || (size === 64 && !long)) return false;
    switch (row.sizeRule) {
      case 'd64': return !(long && size === 32);
      case 'f64': return !long || size === 64;
      case 'y': return size !== 16;
      case 'n': return size === (long ? 64 : 32);
      default: return true;
    }
  });
}

/** What tells the variants of a row apart; every further combination would give handlers that are known. */
interface Choices {
  readonly long: boolean;
  readonly operandSizes: readonly number[];
  readonly vectorLengths: readonly number[];
}
function choices(row: Row): Choices[] {
  const modes = [true, false].filter((long) => (long ? row.in64 : row.inLegacy));
  if (!isVectorRow(row)) return modes.map((long) => ({ long, operandSizes: operandSizes(row, long), vectorLengths: [128] }));
  // The operand size matters to a vector instruction with a general register only, and 64-bit mode has all the forms.
  const [long = true] = modes, sizes = operandSizes(row, long);
  const vectorLengths = row.vex && row.l < 0 ? [128, 256] : [row.l === 1 ? 256 : 128];
  return [{ long, operandSizes: row.sizeRule === 'y' ? sizes : sizes.slice(0, 1), vectorLengths }];
}

function forms(row: Row, memory: boolean, long: boolean): readonly AddressForm[] {
  if (!memory) return [''];
  if (row.operands.some((o) => o.kind.source === 'moffs')) return ['o'];
  if (row.modrm === 'vsib') return ['x'];
  return long ? ['b', 'g'] : ['g'];
}

function* specsOf(row: Row): Generator<HandlerSpec> {
  const d = new Decoded();
  const rm = row.operands.find((o) => o.kind.source === 'rm' || o.kind.source === 'moffs');
  const memories = rm === undefined ? [false] : [true, false].filter((m) => (m ? row.mod !== 'reg' : row.mod !== 'mem' && rm.kind.source === 'rm'));
  const repeats: Repeat[] = row.rep === 'rep' ? ['', 'rep'] : row.rep === 'repe' ? ['', 'repe', 'repne'] : [''];
  const nears = row.operands.some((o) => o.kind.source === 'rel') ? [true, false] : [false];
  for (const { long, operandSizes: sizes, vectorLengths } of choices(row)) {
    d.mode = long ? 2 : 1;
    for (const operandSize of sizes) for (const vectorLength of vectorLengths) {
      d.operandSize = operandSize;
      d.vectorLength = vectorLength;
      for (const memory of memories) for (const form of forms(row, memory, long)) {
        for (const lock of row.lock && memory ? [false, true] : [false]) for (const repeat of repeats) for (const near of nears) {
          const spec = specOf(row, d, { operandSize, memory, form, long, lock, repeat, near });
          if (spec !== undefined) yield spec;
        }
      }
    }
  }
}

function enumerate(): HandlerSpec[] {
  const found = new Map<string, HandlerSpec>();
  for (const row of rows) for (const spec of specsOf(row)) if (!found.has(spec.key)) found.set(spec.key, spec);
  const all = [...found.values()];
  // The interpreter's own cases come first, so that its switch is dense.
  return [...all.filter((spec) => !spec.cold), ...all.filter((spec) => spec.cold)];
}

/** Handler `n` has the number `PSEUDO_COUNT + n` in µops. */
export const handlers: readonly HandlerSpec[] = enumerate();
export const hotCount = handlers.filter((spec) => !spec.cold).length;
const numbers = new Map(handlers.map((spec, i) => [spec.key, i]));

/** The place of a handler in the list by its key; -1 when no row needs it. */
export const handlerNumber = (key: string): number => numbers.get(key) ?? -1;

/** Rows that have a meaning. */
export const implementedRows: readonly Row[] = rows.filter((row) => meaningOf(row) !== undefined);
