/**
 * String instructions (Intel SDM vol. 2, "REP/REPE/REPZ/REPNE/REPNZ" and under their names). One execution is one
 * iteration; while more are due the instruction runs again, so that faults, interrupts and the budget find the
 * registers as the architecture has them between iterations.
 */
import { i32, i64, type Value } from '@polyvisor/wasm';
import type { GeneralRegister } from '@polyvisor/core';
import type { EmitContext, Meaning, Meanings } from './context.ts';
import { as64, wordOps } from './words.ts';

const pointer = (c: EmitContext, name: GeneralRegister): Value<'i64'> => c.s.let(c.cutToAddress(as64(c.register(name, 64))));
const at = (c: EmitContext, name: 'rsi' | 'rdi', offset: Value<'i64'>): Value<'i64'> =>
  c.s.let(c.segmented(name === 'rsi' ? 'source' : 'es', offset));

const advance = (c: EmitContext, ...registers: readonly (readonly ['rsi' | 'rdi', Value<'i64'>])[]): void => {
  const { s } = c, bytes = c.size / 8;
  const down = i32.and(i32.shr_u(c.systemFlags(), 10), 1);
  const step = s.let(i64.extend_i32_s(i32.sub(bytes, i32.mul(down, 2 * bytes))));
  for (const [name, value] of registers) c.setAddressRegister(name, s.let(i64.add(value, step)));
};

/** Runs an iteration if one is due. `test` says whether the flags ask for another. */
const repeated = (iteration: Meaning, test: boolean): Meaning => (c) => {
  const { s } = c;
  if (c.repeat === '') { iteration(c); return; }
  const left = pointer(c, 'rcx');
  s.if(i64.eqz(left), () => undefined, () => {
    iteration(c);
    const rest = s.let(i64.sub(left, 1));
    c.setAddressRegister('rcx', rest);
    const more = i64.ne(rest, 0);
    const zero = c.flags.zf();
    s.if(test ? i32.and(more, c.repeat === 'repe' ? zero : i32.eqz(zero)) : more, () => c.again());
  });
};

const movs: Meaning = (c) => {
  const from = pointer(c, 'rsi'), to = pointer(c, 'rdi');
  c.store(at(c, 'rdi', to), c.load(at(c, 'rsi', from), c.size), c.size);
  advance(c, ['rsi', from], ['rdi', to]);
};
const stos: Meaning = (c) => {
  const to = pointer(c, 'rdi');
  c.store(at(c, 'rdi', to), c.s.let(c.register('rax', c.size)), c.size);
  advance(c, ['rdi', to]);
};
const lods: Meaning = (c) => {
  const from = pointer(c, 'rsi');
  c.setRegister('rax', c.load(at(c, 'rsi', from), c.size), c.size);
  advance(c, ['rsi', from]);
};
const cmps: Meaning = (c) => {
  const from = pointer(c, 'rsi'), to = pointer(c, 'rdi');
  const a = c.load(at(c, 'rsi', from), c.size), b = c.load(at(c, 'rdi', to), c.size);
  c.flags.sub(a, b, c.s.let(wordOps(c.size).sub(a, b)), c.size);
  advance(c, ['rsi', from], ['rdi', to]);
};
const scas: Meaning = (c) => {
  const to = pointer(c, 'rdi');
  const a = c.s.let(c.register('rax', c.size)), b = c.load(at(c, 'rdi', to), c.size);
  c.flags.sub(a, b, c.s.let(wordOps(c.size).sub(a, b)), c.size);
  advance(c, ['rdi', to]);
};

export const strings: Meanings = {
  MOVS: { build: repeated(movs, false), cold: true }, STOS: { build: repeated(stos, false), cold: true },
  LODS: { build: repeated(lods, false), cold: true }, CMPS: { build: repeated(cmps, true), cold: true },
  SCAS: { build: repeated(scas, true), cold: true },
};
