/** Handlers as the compiler of µops needs them, without the meanings that they were built from. */
import type { Decoded } from '../decode/decoded.ts';
import { rows } from '../tables/rows.ts';
import { PLAN_FLAGS } from './plan-flags.ts';
import { packedPlans } from './plans.generated.ts';
import { PSEUDO_COUNT } from './pseudo.ts';
import type { AddressForm, HandlerSpec, OperandShape } from './specs.ts';
import { codeOf, VARIANT_BITS, variantFacts, type VariantFacts } from './variants.ts';

/** A handler with its number, and what of its meaning matters to decoding. */
export interface Plan extends HandlerSpec {
  readonly number: number;
  /** The next instruction is not reached by falling through. */
  readonly ends: boolean;
  /** It moves the stack pointer. */
  readonly stack: boolean;
}

type PackedSpec = readonly [string, number, HandlerSpec['size'], string, AddressForm, HandlerSpec['repeat'], number];
const packed = JSON.parse(packedPlans) as { readonly specs: readonly PackedSpec[]; readonly variants: readonly number[] };

const plans: (Plan | undefined)[] = [];
const facts: (VariantFacts | undefined)[] = [];

function unpack(n: number): Plan | undefined {
  const spec = packed.specs[n];
  if (spec === undefined) return undefined;
  const [meaning, condition, size, shapes, form, repeat, flags] = spec;
  const has = (name: keyof typeof PLAN_FLAGS): boolean => (flags & PLAN_FLAGS[name]) !== 0;
  const operands = shapes === '' ? [] : shapes.split(',').map((s) => ({ kind: s.charAt(0), size: Number(s.slice(1)) }) as OperandShape);
  return {
    key: `${meaning}:${size}:${shapes}`, number: PSEUDO_COUNT + n, meaning, condition, size, operands, form, repeat, lock: has('lock'),
    flatStack: has('flatStack'), near: has('near'), vex: has('vex'), aligned: has('aligned'), cold: has('cold'), ends: has('ends'), stack: has('stack'),
  };
}
const planAt = (n: number): Plan | undefined => (plans[n] ??= unpack(n));

/** The plan of a handler by its number in µops. */
export const planNumber = (number: number): Plan | undefined => planAt(number - PSEUDO_COUNT);

/** The handler of a variant, in a list of pairs in the order of the variants; −1 when it has none. */
function find(variant: number): number {
  const { variants } = packed;
  let low = 0, high = variants.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (variants[2 * middle]! < variant) low = middle + 1;
    else high = middle;
  }
  return variants[2 * low] === variant ? variants[2 * low + 1]! : -1;
}

/** The plan of a decoded instruction; `undefined` when it has no meaning yet. */
export function planOf(d: Decoded, near: boolean, flat: boolean): Plan | undefined {
  const row = facts[d.row] ??= variantFacts(rows[d.row]!);
  const n = find((d.row << VARIANT_BITS) | codeOf(row, d, near, flat));
  return n < 0 ? undefined : planAt(n);
}

/** The handler that leaves to TypeScript. */
export const systemPlan: Plan = planAt(packed.specs.findIndex(([meaning]) => meaning === 'SYSTEM'))!;
