/** Handlers and the variants that need them, as text that is fast to read at start-up. */
import { Decoded } from '../decode/decoded.ts';
import { meanings } from '../meaning/meanings.ts';
import type { Row } from '../tables/types.ts';
import { handlerNumber, handlers } from './handlers.ts';
import { specOf, type HandlerSpec, type Variant } from './specs.ts';
import { PLAN_FLAGS } from './plan-flags.ts';
import { VARIANT_BITS, variantCode, variantFacts } from './variants.ts';

const flagsOf = (spec: HandlerSpec): number => {
  const entry = meanings[spec.meaning];
  const set: Partial<Record<keyof typeof PLAN_FLAGS, boolean | undefined>> = {
    lock: spec.lock, flatStack: spec.flatStack, near: spec.near, vex: spec.vex, aligned: spec.aligned, cold: spec.cold,
    ends: entry?.ends, stack: entry?.stack,
  };
  return Object.entries(PLAN_FLAGS).reduce((all, [name, bit]) => all | (set[name as keyof typeof PLAN_FLAGS] === true ? bit : 0), 0);
};

/** All variants that decoding a row can give. */
function* variantsOf(row: Row): Generator<[Variant, number]> {
  const facts = variantFacts(row);
  const memories = !facts.memory ? [false] : facts.moffs ? [true] : [true, false];
  for (const long of [true, false]) {
    if (!(long ? row.in64 : row.inLegacy)) continue;
    for (const operandSize of long ? [16, 32, 64] : [16, 32]) for (const memory of memories) {
      const forms = !memory ? [''] as const : facts.form === 'g' && long ? ['b', 'g'] as const : [facts.form];
      for (const form of forms) for (const lock of facts.lock && memory ? [false, true] : [false]) for (const repeat of facts.repeats) {
        for (const near of facts.relative ? [true, false] : [false]) for (const length of facts.vectors ? [128, 256] : [128]) {
          yield [{ operandSize, memory, form, long, lock, repeat, near }, length];
        }
      }
    }
  }
}

export function packPlans(rows: readonly Row[]): string {
  const specs = handlers.map((s) => [s.meaning, s.condition, s.size, s.operands.map((o) => `${o.kind}${o.size}`).join(), s.form, s.repeat, flagsOf(s)]);
  const found: [variant: number, handler: number][] = [], d = new Decoded();
  for (const row of rows) {
    for (const [variant, length] of variantsOf(row)) {
      d.mode = variant.long ? 2 : 1;
      d.operandSize = variant.operandSize;
      // Of a row with one vector length the decoder gives that one.
      d.vectorLength = row.l === 1 ? 256 : row.l === 0 ? 128 : length;
      const spec = specOf(row, d, variant), n = spec === undefined ? -1 : handlerNumber(spec.key);
      if (n >= 0) found.push([(row.index << VARIANT_BITS) | variantCode(variant, length), n]);
    }
  }
  return JSON.stringify({ specs, variants: found.sort((a, b) => a[0] - b[0]).flat() });
}
