/** Additions, subtractions, logic, comparisons (Intel SDM vol. 2, chapters 3 to 5, each under its own name). */
import { i32, i64 } from '@polyvisor/wasm';
import type { EmitContext, Meaning, Meanings } from './context.ts';
import { as32, as64, choose, fromI64, type Word, wordOps } from './words.ts';

const add: Meaning = (c) => {
  const b = c.get(1), w = wordOps(c.size);
  c.modify(0, (a) => w.add(a, b), (a, r) => c.flags.add(a, b, r, c.size));
};
const sub: Meaning = (c) => {
  const b = c.get(1), w = wordOps(c.size);
  c.modify(0, (a) => w.sub(a, b), (a, r) => c.flags.sub(a, b, r, c.size));
};
const carryIn = (c: EmitContext): Word => c.s.let(fromI64(i64.extend_i32_u(c.flags.cf()), c.size));
const adc: Meaning = (c) => {
  const b = c.get(1), w = wordOps(c.size), carry = carryIn(c);
  c.modify(0, (a) => w.add(w.add(a, b), carry), (a, r) => c.flags.add(a, b, r, c.size));
};
const sbb: Meaning = (c) => {
  const b = c.get(1), w = wordOps(c.size), carry = carryIn(c);
  c.modify(0, (a) => w.sub(w.sub(a, b), carry), (a, r) => c.flags.sub(a, b, r, c.size));
};
const logic = (name: 'and' | 'or' | 'xor'): Meaning => (c) => {
  const b = c.get(1), w = wordOps(c.size);
  c.modify(0, (a) => w[name](a, b), (_, r) => c.flags.logic(r, c.size));
};
const cmp: Meaning = (c) => {
  const a = c.get(0), b = c.get(1), w = wordOps(c.size);
  c.flags.sub(a, b, c.s.let(w.sub(a, b)), c.size);
};
const test: Meaning = (c) => {
  const a = c.get(0), b = c.get(1);
  c.flags.logic(c.s.let(wordOps(c.size).and(a, b)), c.size);
};
/** INC and DEC leave CF alone. */
const step = (delta: 1 | -1): Meaning => (c) => {
  const w = wordOps(c.size), one = w.const(1);
  c.modify(0, (a) => w.add(a, delta), (a, r) => {
    const carry = c.s.let(c.flags.cf());
    if (delta === 1) c.flags.add(a, one, r, c.size);
    else c.flags.sub(a, one, r, c.size);
    c.flags.setCarry(carry);
  });
};
const neg: Meaning = (c) => {
  const w = wordOps(c.size), zero = w.const(0);
  c.modify(0, (a) => w.sub(zero, a), (a, r) => c.flags.sub(zero, a, r, c.size));
};
const not: Meaning = (c) => c.modify(0, (a) => wordOps(c.size).xor(a, -1));

/**
 * A memory destination is written also when the comparison fails, with its own value; a register is not, which shows in
 * the upper half of a 32-bit one (SDM vol. 2A, "CMPXCHG"; the latter as processors do).
 */
const cmpxchg: Meaning = (c) => {
  const { s, size } = c, w = wordOps(size);
  const wanted = s.let(c.register('rax', size)), source = c.get(1);
  const finish = (old: Word): void => {
    c.flags.sub(wanted, old, s.let(w.sub(wanted, old)), size);
    // The accumulator is untouched on success; a 32-bit write would clear its upper half.
    s.if(w.ne(wanted, old), () => c.setRegister('rax', old, size));
  };
  if (c.isMemory(0)) {
    c.modify(0, (old) => choose(source, old, w.eq(old, wanted)), finish);
    return;
  }
  const old = c.get(0);
  finish(old);
  s.if(w.eq(old, wanted), () => c.set(0, source));
};
const xadd: Meaning = (c) => {
  const b = c.get(1), w = wordOps(c.size);
  c.modify(0, (a) => w.add(a, b), (a, r) => {
    // XADD r, r with one register keeps the sum, so the old value is written only where it does not hide it.
    c.flags.add(a, b, r, c.size);
    c.set(1, a);
    if (!c.isMemory(0)) c.set(0, r);
  });
};
const xchg: Meaning = (c) => {
  const b = c.get(1);
  c.modify(0, () => b, (a) => c.set(1, a));
};

/** CMPXCHG8B and CMPXCHG16B; the latter's alignment is checked here (SDM vol. 2A: #GP(0)). */
const cmpxchgPair = (size: 32 | 64): Meaning => (c) => {
  const { s } = c, w = wordOps(size), bytes = size / 4;
  const linear = s.let(c.linear());
  if (size === 64) s.if(i32.and(i32.wrap_i64(linear), 15), () => c.raise(13, 0));
  const pinned = c.pin(linear, bytes), { at } = pinned;
  const read = (offset: number): Word => s.let<'i32' | 'i64'>(size === 64 ? i64.load(at, offset, 1) : i32.load(at, offset, 1));
  const low = read(0), high = read(bytes / 2);
  const same = s.let(i32.and(w.eq(low, c.register('rax', size)), w.eq(high, c.register('rdx', size))));
  const write = (offset: number, word: Word): void => {
    if (size === 64) s.i64.store(at, as64(word), offset, 1);
    else s.i32.store(at, as32(word), offset, 1);
  };
  s.if(same, () => {
    write(0, c.register('rbx', size));
    write(bytes / 2, c.register('rcx', size));
  });
  pinned.finish();
  s.if(i32.eqz(same), () => {
    c.setRegister('rax', low, size);
    c.setRegister('rdx', high, size);
  });
  c.flags.update({ zf: same });
};

export const arithmetic: Meanings = {
  ADD: { build: add }, SUB: { build: sub }, ADC: { build: adc }, SBB: { build: sbb },
  AND: { build: logic('and') }, OR: { build: logic('or') }, XOR: { build: logic('xor') },
  CMP: { build: cmp }, TEST: { build: test }, INC: { build: step(1) }, DEC: { build: step(-1) },
  NEG: { build: neg }, NOT: { build: not },
  CMPXCHG: { build: cmpxchg, cold: true }, XADD: { build: xadd, cold: true }, XCHG: { build: xchg, cold: true },
  CMPXCHG8B: { build: cmpxchgPair(32), cold: true }, CMPXCHG16B: { build: cmpxchgPair(64), cold: true },
};
