/** Moves, extensions, the stack, byte order (Intel SDM vol. 2, under their names). */
import { i32, i64, type Value } from '@polyvisor/wasm';
import { type EmitContext, type Meaning, type Meanings } from './context.ts';
import { as32, as64, choose, fromI64, resize, signExtend, type Size, toS64, toU64, type Word } from './words.ts';

const mov: Meaning = (c) => c.set(0, c.get(1));
const movzx: Meaning = (c) => c.set(0, resize(c.get(1), c.sizeOf(1), c.sizeOf(0)));
const movsx: Meaning = (c) => {
  const value = c.get(1), from = c.sizeOf(1);
  c.set(0, c.size === 64 ? toS64(value, from) : signExtend(value, from));
};
const lea: Meaning = (c) => c.set(0, fromI64(c.s.let(c.effectiveAddress()), c.size));
const cmov: Meaning = (c) => {
  // The source is read, and a 32-bit destination cleared above, whatever the condition (SDM vol. 2A, "CMOVcc").
  const source = c.get(1), old = c.get(0);
  c.set(0, c.s.let(choose(source, old, c.flags.condition(c.condition))));
};
const setcc: Meaning = (c) => c.set(0, c.s.let(c.flags.condition(c.condition)));
const bswap: Meaning = (c) => c.set(0, reverse(c, c.get(0), c.size));
const movbe: Meaning = (c) => c.set(0, reverse(c, c.get(1), c.size));

/** With 16 bits BSWAP's result is undefined and MOVBE's the two bytes swapped. */
const reverse = (c: EmitContext, value: Word, size: Size): Word => {
  const { s } = c;
  if (size === 16) return s.let(i32.or(i32.shl(as32(value), 8), i32.shr_u(as32(value), 8)));
  const swap32 = (v: Value<'i32'>): Value<'i32'> =>
    s.let(i32.or(i32.and(i32.rotl(v, 8), 0x00ff00ff), i32.and(i32.rotr(v, 8), -0xff0100)));
  if (size === 32) return swap32(as32(value));
  const low = swap32(s.let(i32.wrap_i64(as64(value)))), high = swap32(s.let(i32.wrap_i64(i64.shr_u(as64(value), 32))));
  return s.let(i64.or(i64.shl(i64.extend_i32_u(low), 32), i64.extend_i32_u(high)));
};

/** The sign of the accumulator: into its upper part, or into RDX. */
const cbw: Meaning = (c) => {
  const half = (c.size / 2) as Size;
  const value = c.register('rax', half);
  c.setRegister('rax', c.s.let(c.size === 64 ? toS64(value, half) : signExtend(value, half)), c.size);
};
const cwd: Meaning = (c) => {
  const value = toS64(c.register('rax', c.size), c.size);
  c.setRegister('rdx', fromI64(c.s.let(i64.shr_s(value, 63)), c.size), c.size);
};

export const pushWord = (c: EmitContext, value: Word, size: Size): void => {
  const sp = c.s.let(c.stackPointer(-size / 8));
  c.store(c.s.let(c.segmented('ss', sp)), value, size);
  c.setStackPointer(sp);
};
/** Reads the top of the stack; the caller moves the pointer with `dropWord` once nothing can fault any more. */
export const topWord = (c: EmitContext, size: Size): Word => c.load(c.s.let(c.segmented('ss', c.stackPointer(0))), size);
export const dropWord = (c: EmitContext, bytes: number): void => c.setStackPointer(c.s.let(c.stackPointer(bytes)));

const push: Meaning = (c) => pushWord(c, c.get(0), c.size);
const pop: Meaning = (c) => {
  const value = topWord(c, c.size);
  // POP rSP keeps what was read; a memory destination's address was formed after the increment (SDM vol. 2B, "POP").
  if (c.isMemory(0)) {
    c.set(0, value);
    dropWord(c, c.size / 8);
  } else {
    dropWord(c, c.size / 8);
    c.set(0, value);
  }
};
const PUSHED = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'] as const;
const pushAll: Meaning = (c) => {
  const { s, size } = c, bytes = size / 8;
  // From the far end, so that nothing changes if the block reaches into a page that is not there.
  for (const [i, name] of [...PUSHED.entries()].reverse()) {
    c.store(s.let(c.segmented('ss', s.let(c.stackPointer(-bytes * (i + 1))))), s.let(c.register(name, size)), size);
  }
  c.setStackPointer(s.let(c.stackPointer(-bytes * 8)));
};
const popAll: Meaning = (c) => {
  const { s, size } = c, bytes = size / 8;
  const names = [...PUSHED].reverse();
  const values = names.map((_, i) => c.load(s.let(c.segmented('ss', s.let(c.stackPointer(bytes * i)))), size));
  c.setStackPointer(s.let(c.stackPointer(bytes * 8)));
  names.forEach((name, i) => {
    const value = values[i];
    if (name !== 'rsp' && value !== undefined) c.setRegister(name, value, size);
  });
};
const leave: Meaning = (c) => {
  const frame = c.s.let(c.cutToStack(toU64(c.register('rbp', 64), 64)));
  const value = c.load(c.s.let(c.segmented('ss', frame)), c.size);
  c.setStackPointer(c.s.let(i64.add(frame, c.size / 8)));
  c.setRegister('rbp', value, c.size);
};
const enter: Meaning = (c) => {
  const { s, size } = c, bytes = size / 8;
  const allocate = s.let(toU64(c.get(0), c.sizeOf(0))), level = s.let(i32.and(c.secondImmediate(), 31));
  const frame = s.let(c.stackPointer(-bytes));
  c.store(s.let(c.segmented('ss', frame)), s.let(c.register('rbp', size)), size);
  const end = s.var(frame);
  s.if(level, () => {
    const n = s.var(i32.const(1)), from = s.var(as64(c.register('rbp', 64)));
    s.block((done) => {
      s.loop((next) => {
        s.br_if(done, i32.ge_u(n.get(), level));
        s.set(from, i64.sub(from.get(), bytes));
        s.set(end, i64.sub(end.get(), bytes));
        const value = c.load(s.let(c.segmented('ss', c.cutToStack(from.get()))), size);
        c.store(s.let(c.segmented('ss', c.cutToStack(end.get()))), value, size);
        s.set(n, i32.add(n.get(), 1));
        s.br(next);
      });
    });
    s.set(end, i64.sub(end.get(), bytes));
    c.store(s.let(c.segmented('ss', c.cutToStack(end.get()))), fromI64(frame, size), size);
  });
  const last = s.let(i64.sub(end.get(), allocate));
  // The manual probes the new top for writing: a fault must find the registers as they were.
  c.modifyAt(s.let(c.segmented('ss', c.cutToStack(last))), size, (old) => old);
  c.setRegister('rbp', fromI64(frame, size), size);
  c.setStackPointer(s.let(c.cutToStack(last)));
};
const xlat: Meaning = (c) => {
  const { s } = c;
  const offset = i64.add(as64(c.register('rbx', 64)), i64.extend_i32_u(as32(c.register('rax', 8))));
  c.setRegister('rax', c.load(s.let(c.segmented('source', s.let(c.cutToAddress(offset)))), 8), 8);
};
const nothing: Meaning = () => undefined;

export const data: Meanings = {
  MOV: { build: mov }, MOVZX: { build: movzx }, MOVSX: { build: movsx }, LEA: { build: lea }, CMOV: { build: cmov },
  SET: { build: setcc, cold: true }, BSWAP: { build: bswap, cold: true }, MOVBE: { build: movbe, cold: true },
  CBW: { build: cbw, cold: true }, CWD: { build: cwd, cold: true }, XLATB: { build: xlat, cold: true },
  PUSH: { build: push, stack: true }, POP: { build: pop, stack: true },
  PUSHA: { build: pushAll, stack: true, cold: true }, POPA: { build: popAll, stack: true, cold: true },
  LEAVE: { build: leave, stack: true }, ENTER: { build: enter, stack: true, cold: true },
  NOP: { build: nothing },
};
