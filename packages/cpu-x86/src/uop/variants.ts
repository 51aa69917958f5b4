/**
 * What of a decoded instruction decides its handler, as a small number. The generator lists the handlers of all variants
 * of a row, and the compiler of µops looks them up.
 */
import { MODE, PREFIX } from '../decode/codes.ts';
import type { Decoded } from '../decode/decoded.ts';
import type { Repeat } from '../meaning/context.ts';
import type { Row } from '../tables/types.ts';
import type { AddressForm, Variant } from './specs.ts';

const FORMS: readonly AddressForm[] = ['', 'b', 'g', 'o', 'x'];
const REPEATS: readonly Repeat[] = ['', 'rep', 'repe', 'repne'];

/** What of a row decides which variants it has. */
export interface VariantFacts {
  readonly moffs: boolean;
  readonly memory: boolean;
  readonly relative: boolean;
  readonly lock: boolean;
  readonly form: AddressForm;
  readonly repeats: readonly Repeat[];
  readonly vectors: boolean;
}

export function variantFacts(row: Row): VariantFacts {
  const sources = row.operands.map((o) => o.kind.source);
  const moffs = sources.includes('moffs');
  return {
    moffs, memory: moffs || sources.includes('rm'), relative: sources.includes('rel'), lock: row.lock,
    form: moffs ? 'o' : row.modrm === 'vsib' ? 'x' : 'g',
    repeats: row.rep === 'rep' ? ['', 'rep'] : row.rep === 'repe' ? ['', 'repe', 'repne'] : [''],
    vectors: row.operands.some((o) => o.kind.registers === 'vec' || o.kind.memSize === 'x' || o.kind.vsib !== 'none') && row.vex,
  };
}

export const VARIANT_BITS = 12;

/** Operand size, long mode, memory, form, LOCK, repeat, near, 256 bits. */
export function variantCode(v: Variant, vectorLength: number): number {
  const size = v.operandSize === 16 ? 0 : v.operandSize === 32 ? 1 : 2;
  return size | (v.long ? 4 : 0) | (v.memory ? 8 : 0) | (v.lock ? 16 : 0) | (v.near ? 32 : 0) | (vectorLength === 256 ? 64 : 0)
    | (REPEATS.indexOf(v.repeat) << 7) | (FORMS.indexOf(v.form) << 9);
}

/** The code of a decoded instruction; `flat`: its address is a base and a displacement without a segment base. */
export function codeOf(facts: VariantFacts, d: Decoded, near: boolean, flat: boolean): number {
  const size = d.operandSize === 16 ? 0 : d.operandSize === 32 ? 1 : 2;
  const memory = facts.moffs || (facts.memory && d.hasMemory !== 0);
  const simple = flat && d.index < 0 && d.addressSize === 64 && facts.form === 'g';
  const form = !memory ? 0 : simple ? 1 : FORMS.indexOf(facts.form);
  const wanted = (d.prefixes & PREFIX.REP) !== 0 ? 1 : (d.prefixes & PREFIX.REPNE) !== 0 ? 2 : 0;
  const repeat = wanted === 0 || facts.repeats.length === 1 ? 0 : facts.repeats.length === 2 ? 1 : wanted + 1;
  return size | ((d.mode & MODE.BITS64) !== 0 ? 4 : 0) | (memory ? 8 : 0) | (facts.lock && memory && (d.prefixes & PREFIX.LOCK) !== 0 ? 16 : 0)
    | (near && facts.relative ? 32 : 0) | (facts.vectors && d.vectorLength === 256 ? 64 : 0) | (repeat << 7) | (form << 9);
}
