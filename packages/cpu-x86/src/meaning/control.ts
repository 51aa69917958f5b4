/** Control transfer, flag instructions, and what leaves to TypeScript (Intel SDM vol. 2, under their names). */
import { i32, i64, select, type Value } from '@polyvisor/wasm';
import { type EmitContext, type Meaning, type Meanings, Vector } from './context.ts';
import { dropWord, pushWord, topWord } from './data.ts';
import { as32, as64, fromI64, toU64 } from './words.ts';

const jcc: Meaning = (c) => c.s.if(c.flags.condition(c.condition), () => c.branchRelative());
const jmpRelative: Meaning = (c) => c.branchRelative();
const jmp: Meaning = (c) => c.branch(c.s.let(toU64(c.get(0), c.size)));
const callRelative: Meaning = (c) => {
  c.checkRelative();
  pushWord(c, fromI64(c.s.let(c.nextRip()), c.size), c.size);
  c.branchRelative();
};
const call: Meaning = (c) => {
  const target = c.s.let(toU64(c.get(0), c.size));
  c.checkTarget(target);
  pushWord(c, fromI64(c.s.let(c.nextRip()), c.size), c.size);
  c.branch(target);
};
const ret: Meaning = (c) => {
  const { s } = c;
  const target = s.let(toU64(topWord(c, c.size), c.size));
  c.checkTarget(target);
  if (c.operands === 0) dropWord(c, c.size / 8);
  else c.setStackPointer(s.let(c.stackPointer(s.let(i64.add(toU64(c.get(0), c.sizeOf(0)), c.size / 8)))));
  c.branch(target);
};

/** RCX cut to the address size. */
const counter = (c: EmitContext): Value<'i64'> => c.s.let(c.cutToAddress(as64(c.register('rcx', 64))));
const loop = (kind: 'always' | 'equal' | 'different'): Meaning => (c) => {
  const { s } = c;
  const left = s.let(c.cutToAddress(s.let(i64.sub(counter(c), 1))));
  const more = i64.ne(left, 0);
  const test = s.let(kind === 'always' ? more : i32.and(more, kind === 'equal' ? c.flags.zf() : i32.eqz(c.flags.zf())));
  s.if(test, () => c.checkRelative());
  c.setAddressRegister('rcx', left);
  s.if(test, () => c.branchRelative());
};
const jcxz: Meaning = (c) => c.s.if(i64.eqz(counter(c)), () => c.branchRelative());

const DIRECTION = 1 << 10;
const direction = (set: boolean): Meaning => (c) =>
  c.setSystemFlags(c.s.let(set ? i32.or(c.systemFlags(), DIRECTION) : i32.and(c.systemFlags(), ~DIRECTION)));
const carry = (value: 0 | 1): Meaning => (c) => c.flags.setCarry(i32.const(value));
const cmc: Meaning = (c) => c.flags.setCarry(c.s.let(i32.eqz(c.flags.cf())));
const sahf: Meaning = (c) => c.flags.assign(c.s.let(as32(c.highByte())), 0xd5);
const lahf: Meaning = (c) => c.setHighByte(c.s.let(i32.or(i32.and(c.flags.materialise(), 0xd5), 2)));
const salc: Meaning = (c) => c.setRegister('rax', c.s.let(i32.sub(0, c.flags.cf())), 8);

const FLAG = { trap: 0x100, interrupt: 0x200, resume: 0x1_0000, virtual: 0x2_0000, pending: 0x18_0000 } as const;
const ioPrivilege = (c: EmitContext): Value<'i32'> => i32.and(i32.shr_u(c.systemFlags(), 12), 3);
/** CPL > IOPL, where CLI, STI and the like fault or act on VIF: TypeScript answers. */
const unprivileged = (c: EmitContext): Value<'i32'> => i32.gt_u(c.privilege(), ioPrivilege(c));

/** RF and VM are pushed as zero (SDM vol. 2B, "PUSHF"). */
const pushf: Meaning = (c) => {
  const { s } = c;
  const virtual = i32.and(i32.shr_u(c.systemFlags(), 17), 1);
  if (c.size !== 64) s.if(i32.and(virtual, unprivileged(c)), () => c.system());
  const image = s.let(i32.or(i32.and(c.systemFlags(), 0x24f72a | FLAG.pending), c.flags.materialise()));
  pushWord(c, c.size === 64 ? s.let(i64.extend_i32_u(image)) : image, c.size);
};
/** What user mode may change: TF, DF, NT, AC and ID (SDM vol. 2B, table "Effect of POPF/POPFD on the EFLAGS Register"). */
const USER_FLAGS = 0x244500, IOPL = 0x3000;
const popf: Meaning = (c) => {
  const { s, size } = c;
  const value = topWord(c, size);
  const image = s.let(size === 64 ? i32.wrap_i64(as64(value)) : as32(value));
  // Single steps, interrupts that become due, virtual-8086 mode and what depends on AC: TypeScript answers.
  const old = s.let(c.systemFlags());
  const ac = size === 16 ? i32.const(0) : i32.and(i32.xor(image, old), 0x4_0000);
  const due = i32.and(i32.ne(c.interruptWaits(), 0), i32.ne(i32.and(image, FLAG.interrupt), 0));
  s.if(i32.or(i32.or(i32.and(image, FLAG.trap), i32.and(old, FLAG.virtual | FLAG.trap)), i32.or(ac, due)), () => c.system());
  dropWord(c, size / 8);
  const allowed = select(i32.const(USER_FLAGS), i32.const(USER_FLAGS | FLAG.interrupt), unprivileged(c));
  const mask = s.let(i32.and(i32.or(allowed, i32.mul(i32.eqz(c.privilege()), IOPL)), size === 16 ? 0xffff : -1));
  // At CPL 0 the 32- and 64-bit forms clear VIF and VIP.
  const cleared = size === 16 ? i32.const(FLAG.resume) : i32.or(i32.mul(i32.eqz(c.privilege()), FLAG.pending), FLAG.resume);
  c.setSystemFlags(s.let(i32.or(i32.and(old, i32.xor(i32.or(mask, cleared), -1)), i32.and(image, mask))));
  c.flags.assign(image);
};
const cli: Meaning = (c) => {
  c.s.if(unprivileged(c), () => c.system());
  c.setSystemFlags(c.s.let(i32.and(c.systemFlags(), ~FLAG.interrupt)));
};
const sti: Meaning = (c) => {
  const { s } = c;
  s.if(i32.or(unprivileged(c), c.interruptWaits()), () => c.system());
  s.if(i32.eqz(i32.and(c.systemFlags(), FLAG.interrupt)), () => c.shadow());
  c.setSystemFlags(s.let(i32.or(c.systemFlags(), FLAG.interrupt)));
};

const undefinedOpcode: Meaning = (c) => c.raise(Vector.invalidOpcode);
const into: Meaning = (c) => c.s.if(c.flags.of(), () => c.system());
const bound: Meaning = (c) => {
  const { s, size } = c;
  const index = c.get(0), linear = s.let(c.linear());
  const low = c.load(linear, size), high = c.load(s.let(i64.add(linear, size / 8)), size);
  const signed = (w: ReturnType<EmitContext['load']>): Value<'i32'> => (size === 16 ? i32.extend16_s(as32(w)) : as32(w));
  const outside = i32.or(i32.lt_s(signed(index), signed(low)), i32.gt_s(signed(index), signed(high)));
  s.if(outside, () => c.raise(Vector.bound));
};
/** CLFLUSH faults as a load of a byte does (SDM vol. 2A). */
const touch: Meaning = (c) => void c.get(0);
const system: Meaning = (c) => c.system();

export const control: Meanings = {
  J: { build: jcc, relative: true }, JMPREL: { build: jmpRelative, relative: true, ends: true }, JMP: { build: jmp, ends: true },
  CALLREL: { build: callRelative, relative: true, stack: true, ends: true },
  CALL: { build: call, stack: true, ends: true }, RET: { build: ret, stack: true, ends: true },
  LOOP: { build: loop('always'), relative: true, cold: true }, LOOPE: { build: loop('equal'), relative: true, cold: true },
  LOOPNE: { build: loop('different'), relative: true, cold: true }, JCXZ: { build: jcxz, relative: true, cold: true },
  CLD: { build: direction(false), cold: true }, STD: { build: direction(true), cold: true },
  CLC: { build: carry(0), cold: true }, STC: { build: carry(1), cold: true }, CMC: { build: cmc, cold: true },
  SAHF: { build: sahf, cold: true }, LAHF: { build: lahf, cold: true }, SALC: { build: salc, cold: true },
  PUSHF: { build: pushf, stack: true, cold: true }, POPF: { build: popf, stack: true, cold: true },
  UD2: { build: undefinedOpcode, ends: true, cold: true }, UD1: { build: undefinedOpcode, ends: true, cold: true },
  UD0: { build: undefinedOpcode, ends: true, cold: true },
  CLI: { build: cli, cold: true }, STI: { build: sti },
  INTO: { build: into, cold: true }, BOUND: { build: bound, cold: true },
  TOUCH: { build: touch, cold: true },
  SYSTEM: { build: system, cold: true },
};
