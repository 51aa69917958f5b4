/**
 * String instructions (Intel SDM vol. 2, "REP/REPE/REPZ/REPNE/REPNZ" and under their names). One execution is one
 * iteration; while more are due the instruction runs again, so that faults, interrupts and the budget find the
 * registers as the architecture has them between iterations. Where pages are at hand, as many iterations as lie in them
 * are made at once, with the same outcome; each counts as one instruction still.
 */
import { i32, i64, select, unlikely, type Value } from '@polyvisor/wasm';
import type { GeneralRegister } from '@polyvisor/core';
import type { Bulk, EmitContext, Meaning, Meanings } from './context.ts';
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

/** Runs an iteration if one is due. `test` says whether the flags ask for another; `many` makes several at once if it can. */
const repeated = (iteration: Meaning, test: boolean, many?: Many): Meaning => (c) => {
  const { s } = c;
  if (c.repeat === '') { iteration(c); return; }
  const left = pointer(c, 'rcx');
  s.if(i64.eqz(left), () => undefined, () => {
    const { bulk } = c;
    // The last one is left to the usual way.
    if (many && bulk) s.if(unlikely(i64.ge_u(left, LEAST_BULK)), () => many(c, bulk, s.let(i64.sub(left, 1))));
    iteration(c);
    const rest = s.let(i64.sub(left, 1));
    c.setAddressRegister('rcx', rest);
    const more = i64.ne(rest, 0);
    const zero = c.flags.zf();
    s.if(test ? i32.and(more, c.repeat === 'repe' ? zero : i32.eqz(zero)) : more, () => c.again());
  });
};

/** Makes up to `left` iterations at once, and ends the instruction with them; does nothing when it cannot. */
type Many = (c: EmitContext, bulk: Bulk, left: Value<'i64'>) => void;

/** Fewer iterations are not worth the look. */
const LEAST_BULK = 8;
const PAGE = 4096;
const DIRECTION = 0x400;

/** Where one pointer of an instruction leads, and how many elements lie in its page, by offset and by linear address. */
function reach(c: EmitContext, name: 'rsi' | 'rdi'): { offset: Value<'i64'>; linear: Value<'i64'>; room: Value<'i64'> } {
  const { s } = c, shift = Math.log2(c.size / 8);
  const offset = pointer(c, name), linear = at(c, name, offset);
  const rest = (address: Value<'i64'>): Value<'i64'> => s.let(i64.shr_u(i64.sub(PAGE, i64.and(address, PAGE - 1)), shift));
  return { offset, linear, room: least(c, rest(offset), rest(linear)) };
}

function least(c: EmitContext, a: Value<'i64'>, b: Value<'i64'>): Value<'i64'> {
  return c.s.let(select(a, b, i64.lt_u(a, b)));
}

/** Registers as they are after so many iterations upwards, more of which are due. */
function conclude(c: EmitContext, bulk: Bulk, count: Value<'i64'>, pointers: readonly (readonly ['rsi' | 'rdi', Value<'i64'>])[]): void {
  const { s } = c;
  const bytes = s.let(i64.mul(count, c.size / 8));
  for (const [name, value] of pointers) c.setAddressRegister(name, s.let(i64.add(value, bytes)));
  c.setAddressRegister('rcx', s.let(i64.sub(pointer(c, 'rcx'), count)));
  bulk.count(count);
  c.again();
}

const upwards = (c: EmitContext): Value<'i32'> => i32.eqz(i32.and(c.systemFlags(), DIRECTION));

const moveMany: Many = (c, bulk, left) => {
  const { s } = c, width = c.size / 8;
  s.if(upwards(c), () => {
    const from = reach(c, 'rsi'), to = reach(c, 'rdi');
    const most = least(c, least(c, from.room, to.room), least(c, left, s.let(bulk.most())));
    s.if(i64.ge_u(most, 2), () => {
      const bytes = s.let(i32.mul(i32.wrap_i64(most), width));
      const source = bulk.probe(from.linear, bytes, false), target = bulk.probe(to.linear, bytes, true);
      s.if(i32.and(source.hit, target.hit), () => {
        const a = s.let(source.host()), b = s.let(target.host());
        // A target behind the source in what is copied repeats what was written just before.
        const apart = s.let(i32.sub(b, a));
        s.if(i32.or(i32.eqz(apart), i32.ge_u(apart, bytes)), () => {
          s.memory.copy(c.module.ptr.from_i32_u(b), c.module.ptr.from_i32_u(a), c.module.ptr.from_i32_u(bytes));
          conclude(c, bulk, most, [['rsi', from.offset], ['rdi', to.offset]]);
        });
      });
    });
  });
};

const fillMany: Many = (c, bulk, left) => {
  const { s } = c, width = c.size / 8;
  const value = s.let(i64.shr_u(i64.shl(as64(c.register('rax', 64)), 64 - c.size), 64 - c.size));
  const byte = s.let(i64.and(value, 0xff));
  const same = width === 1 ? i32.const(1) : i64.eq(value, i64.mul(byte, i64.const(width >= 4 ? 0x0101_0101 : 0x0101, width === 8 ? 0x0101_0101 : 0)));
  s.if(i32.and(upwards(c), same), () => {
    const to = reach(c, 'rdi');
    const most = least(c, to.room, least(c, left, s.let(bulk.most())));
    s.if(i64.ge_u(most, 2), () => {
      const bytes = s.let(i32.mul(i32.wrap_i64(most), width));
      const target = bulk.probe(to.linear, bytes, true);
      s.if(target.hit, () => {
        s.memory.fill(c.module.ptr.from_i32_u(s.let(target.host())), i32.wrap_i64(byte), c.module.ptr.from_i32_u(bytes));
        conclude(c, bulk, most, [['rdi', to.offset]]);
      });
    });
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
  MOVS: { build: repeated(movs, false, moveMany), cold: true }, STOS: { build: repeated(stos, false, fillMany), cold: true },
  LODS: { build: repeated(lods, false), cold: true }, CMPS: { build: repeated(cmps, true), cold: true },
  SCAS: { build: repeated(scas, true), cold: true },
};
