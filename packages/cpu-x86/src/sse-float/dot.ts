import { type Func, i32, type ModuleBuilder, select, type Value } from '@polyvisor/wasm';
import { ALL, RESULT, type Soft2 } from './format.ts';

type I64 = Value<'i64'>;

/** `dot(a0, …, b0, …, mode, imm)`: the sum of the products that the high four bits of `imm` name. */
export type SoftDot = Func<readonly ('i64' | 'i32')[], typeof RESULT>;

/**
 * DPPS (of four pairs) and DPPD (of two): products, then sums of neighbours (Intel SDM vol. 2A, DPPS). Exceptions of the
 * products that are unmasked keep the sums from being computed, and those of a sum the next one.
 */
export const addDot = (m: ModuleBuilder, soft: { readonly add: Soft2; readonly mul: Soft2 }, pairs: 2 | 4): SoftDot => {
  const params = [...Array<'i64'>(2 * pairs).fill('i64'), 'i32', 'i32'] as const;
  return m.func(`softDot${pairs}`, { params, results: RESULT }, (s, ...list) => {
    const numbers = list.slice(0, 2 * pairs) as I64[];
    const [mode, imm] = list.slice(2 * pairs) as [Value<'i32'>, Value<'i32'>];
    const flags = s.var(i32.const(0));
    const step = (terms: readonly I64[], combine: (k: number) => readonly [I64, Value<'i32'>]): I64[] => {
      const results = terms.map((_, k) => {
        const [bits, raised] = combine(k);
        s.set(flags, i32.or(flags.get(), raised));
        return bits;
      });
      const unmasked = i32.and(i32.and(flags.get(), ALL), i32.xor(i32.shr_u(mode, 7), -1));
      s.if(unmasked, () => s.return(0, flags.get()));
      return results;
    };
    let terms = step(numbers.slice(0, pairs), (k) => {
      const [bits, raised] = s.call(soft.mul, numbers[k] as I64, numbers[k + pairs] as I64, mode);
      const used = s.let(i32.and(i32.shr_u(imm, 4 + k), 1));
      return [s.let(select(bits, 0, used)), s.let(i32.mul(raised, used))];
    });
    while (terms.length > 1) {
      const previous = terms;
      terms = step(previous.slice(0, previous.length / 2), (k) => s.call(soft.add, previous[2 * k] as I64, previous[2 * k + 1] as I64, mode));
    }
    return [terms[0] as I64, flags.get()];
  });
};
