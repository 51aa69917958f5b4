/** Bit tests, scans and BMI (Intel SDM vol. 2, under their names). */
import { i32, i64, select, type Value } from '@polyvisor/wasm';
import type { EmitContext, Meaning, Meanings } from './context.ts';
import { as32, as64, bit0, carrierBits, choose, fromI64, signBit, toS64, toU64, type Word, wordOps } from './words.ts';

/** Bit tests. A register offset reaches beyond a memory operand: it selects the word to access (SDM vol. 2A, "BT"). */
const bitTest = (change: 'none' | 'set' | 'clear' | 'flip'): Meaning => (c) => {
  const { s, size } = c, w = wordOps(size);
  const offset = c.get(1), far = c.isMemory(0) && !c.isImmediate(1);
  const place = s.let(w.and(c.sizeOf(1) === size ? offset : fromI64(toU64(offset, c.sizeOf(1)), size), size - 1));
  const bit = s.let(w.shl(w.const(1), place));
  const taken = (old: Word): void => c.flags.setCarry(s.let(bit0(w.shr_u(old, place), size)));
  const compute = (old: Word): Word =>
    change === 'set' ? w.or(old, bit) : change === 'clear' ? w.and(old, w.xor(bit, -1)) : w.xor(old, bit);
  if (!far) {
    if (change === 'none') taken(c.get(0));
    else c.modify(0, compute, taken);
    return;
  }
  const bytes = s.let(i64.shl(i64.shr_s(toS64(offset, size), Math.log2(size)), Math.log2(size / 8)));
  const linear = s.let(c.linear(bytes));
  if (change === 'none') taken(c.load(linear, size));
  else c.modifyAt(linear, size, compute, taken);
};

/** BSF and BSR leave the destination of a zero source as it is, which all processors do and AMD documents. */
const scan = (reverse: boolean): Meaning => (c) => {
  const { s, size } = c, w = wordOps(size);
  const source = c.get(1);
  s.if(w.eqz(source), () => undefined, () => {
    c.set(0, s.let(reverse ? w.sub(w.const(carrierBits(size) - 1), w.clz(source)) : w.ctz(source)));
  });
  c.flags.update({ zf: w.eqz(source) });
};
/** TZCNT and LZCNT: of a zero source the operand size, with CF. */
const count = (leading: boolean): Meaning => (c) => {
  const { s, size } = c, w = wordOps(size);
  const source = c.get(1);
  const stop = size === 16 ? i32.or(as32(source), 0x10000) : source;
  const result = s.let(leading ? w.sub(w.clz(source), carrierBits(size) - size) : w.ctz(stop));
  c.set(0, result);
  c.flags.update({ cf: w.eqz(source), zf: w.eqz(result) });
};
const popcnt: Meaning = (c) => {
  const { s, size } = c, w = wordOps(size);
  const source = c.get(1), zero = i32.const(0);
  c.set(0, s.let(w.popcnt(source)));
  c.flags.update({ zf: w.eqz(source), cf: zero, of: zero, sf: zero, af: zero, pf: zero });
};
const addCarry = (flag: 'cf' | 'of'): Meaning => (c) => {
  const { s, size } = c, w = wordOps(size);
  const b = c.get(1), carry = s.let(fromI64(i64.extend_i32_u(c.flags[flag]()), size));
  c.modify(0, (a) => w.add(w.add(a, b), carry), (a, r) => {
    const out = s.let(signBit(w.or(w.and(a, b), w.and(w.or(a, b), w.xor(r, -1))), size));
    if (flag === 'cf') c.flags.setCarry(out);
    else c.flags.setOverflow(out);
  });
};

const setResult = (c: EmitContext, result: Word, cf: Value<'i32'>, n = 0): void => {
  const carry = c.s.let(cf);
  c.set(n, result);
  c.flags.resultWith(result, c.size, carry, i32.const(0));
};
const andn: Meaning = (c) => {
  const { s, size } = c, w = wordOps(size);
  setResult(c, s.let(w.and(w.xor(c.get(1), -1), c.get(2))), i32.const(0));
};
const lowest = (name: 'BLSR' | 'BLSMSK' | 'BLSI'): Meaning => (c) => {
  const { s, size } = c, w = wordOps(size);
  const source = c.get(1), less = w.sub(source, 1);
  const result = name === 'BLSR' ? w.and(less, source) : name === 'BLSMSK' ? w.xor(less, source) : w.and(w.sub(w.const(0), source), source);
  setResult(c, s.let(result), name === 'BLSI' ? w.ne(source, 0) : w.eqz(source));
};
const bextr: Meaning = (c) => {
  const { s, size } = c;
  const source = c.get(1), control = s.let(as32(size === 64 ? i32.wrap_i64(as64(c.get(2))) : c.get(2)));
  const start = s.let(i32.and(control, 0xff)), length = s.let(i32.and(i32.shr_u(control, 8), 0xff));
  const wide = toU64(source, size);
  const shifted = s.let(select(i64.shr_u(wide, i64.extend_i32_u(start)), i64.const(0), i32.lt_u(start, 64)));
  const mask = i64.sub(i64.shl(1, i64.extend_i32_u(length)), 1);
  const result = s.let(fromI64(select(i64.and(shifted, mask), shifted, i32.lt_u(length, 64)), size));
  c.set(0, result);
  c.flags.resultWith(result, size, i32.const(0), i32.const(0));
};
const bzhi: Meaning = (c) => {
  const { s, size } = c, w = wordOps(size);
  const source = c.get(1), given = size === 64 ? i32.wrap_i64(as64(c.get(2))) : as32(c.get(2));
  const n = s.let(i32.and(given, 0xff)), beyond = s.let(i32.ge_u(n, size));
  const mask = w.sub(w.shl(w.const(1), fromI64(i64.extend_i32_u(n), size)), 1);
  setResult(c, s.let(choose(source, w.and(source, mask), beyond)), beyond);
};
/** PEXT and PDEP: one step for each set bit of the mask. */
const parallel = (deposit: boolean): Meaning => (c) => {
  const { s, size } = c, w = wordOps(size);
  const source = c.get(1);
  const mask = s.var(c.get(2)), result = s.var(w.const(0)), bit = s.var(w.const(1));
  s.block((done) => {
    s.loop((next) => {
      s.br_if(done, w.eqz(mask.get()));
      const low = s.let(w.and(mask.get(), w.sub(w.const(0), mask.get())));
      s.if(w.ne(w.and(source, deposit ? bit.get() : low), 0), () => {
        s.set(result, w.or(result.get(), deposit ? low : bit.get()));
      });
      s.set(mask, w.xor(mask.get(), low));
      s.set(bit, w.shl(bit.get(), 1));
      s.br(next);
    });
  });
  c.set(0, s.let(result.get()));
};
const shiftX = (name: 'shl' | 'shr_u' | 'shr_s' | 'rotr'): Meaning => (c) => {
  const w = wordOps(c.size);
  const by = c.get(2);
  c.set(0, c.s.let(w[name](c.get(1), c.sizeOf(2) === c.size ? by : fromI64(toU64(by, c.sizeOf(2)), c.size))));
};

export const bits: Meanings = {
  BT: { build: bitTest('none'), cold: true }, BTS: { build: bitTest('set'), cold: true },
  BTR: { build: bitTest('clear'), cold: true }, BTC: { build: bitTest('flip'), cold: true },
  BSF: { build: scan(false), cold: true }, BSR: { build: scan(true), cold: true },
  TZCNT: { build: count(false), cold: true }, LZCNT: { build: count(true), cold: true }, POPCNT: { build: popcnt, cold: true },
  ADCX: { build: addCarry('cf'), cold: true }, ADOX: { build: addCarry('of'), cold: true },
  ANDN: { build: andn, cold: true }, BLSR: { build: lowest('BLSR'), cold: true }, BLSMSK: { build: lowest('BLSMSK'), cold: true },
  BLSI: { build: lowest('BLSI'), cold: true }, BEXTR: { build: bextr, cold: true }, BZHI: { build: bzhi, cold: true },
  PEXT: { build: parallel(false), cold: true }, PDEP: { build: parallel(true), cold: true },
  SHLX: { build: shiftX('shl'), cold: true }, SHRX: { build: shiftX('shr_u'), cold: true },
  SARX: { build: shiftX('shr_s'), cold: true }, RORX: { build: shiftX('rotr'), cold: true },
};
