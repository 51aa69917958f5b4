/**
 * What an instruction's meaning is written against. A meaning runs once for each handler that is built; it emits
 * WebAssembly through `s` and reaches everything of the guest through this interface, so the same meaning serves the
 * interpreter, whose operands are fields of a µop, and translated code, whose operands are constants.
 */
import type { Arg, Func, FunctionBuilder, ModuleBuilder, TypeList, Value } from '@polyvisor/wasm';
import type { GeneralRegister } from '@polyvisor/core';
import type { Flags } from './flags.ts';
import type { Helper } from './helpers.ts';
import type { VectorOperands } from './vector/operands.ts';
import type { Size, Word } from './words.ts';

export type Repeat = '' | 'rep' | 'repe' | 'repne';

/** Vectors that instructions raise themselves (Intel SDM vol. 3A, table 6-1). */
export const Vector = { divide: 0, breakpoint: 3, overflow: 4, bound: 5, invalidOpcode: 6, stack: 12, protection: 13, pageFault: 14, floatingPoint: 16, simd: 19 } as const;

/** A segment whose base an implicit memory operand adds; `source` may be overridden by a prefix. */
export type ImplicitSegment = 'source' | 'es' | 'ss';

/** Copies parts of an image in guest memory; offsets are from its beginning. */
export interface ImageAccess {
  fetch(offset: Arg<'i32'>, bytes: Arg<'i32'>): void;
  store(offset: Arg<'i32'>, bytes: Arg<'i32'>): void;
}

export interface EmitContext {
  readonly s: FunctionBuilder;
  /** The module that is built, for functions that meanings share. */
  readonly module: ModuleBuilder;
  /** Host address of the vCPU's block. */
  readonly state: Value<'i32'>;
  readonly flags: Flags;
  /** Operands of vector instructions. */
  readonly vectors: VectorOperands;
  /** The function of a helper, to be called. */
  helper<P extends TypeList, R extends TypeList>(of: Helper<P, R>): Func<P, R>;
  /** Whether code is to be fast rather than short: it is a case of the interpreter's switch or translated. */
  readonly inPlace: boolean;
  /** Operand size in bits. */
  readonly size: Size;
  /** Condition code of Jcc, SETcc and CMOVcc. */
  readonly condition: number;
  readonly repeat: Repeat;
  /** How many operands the instruction names. */
  readonly operands: number;
  /** Size of operand `n` in bits. */
  sizeOf(n: number): Size;
  isMemory(n: number): boolean;
  isImmediate(n: number): boolean;

  /** Operand `n`, zero-extended. */
  get(n: number): Word;
  /** Writes a register or memory operand. A 32-bit register is zero-extended to 64 bits. */
  set(n: number, value: Word): void;
  /**
   * Reads operand `n`, computes, writes the result, and then runs `commit` with both values. Nothing but the final write
   * may happen in `compute`: under LOCK it runs again when another processor was faster. Faults come before it.
   */
  modify(n: number, compute: (old: Word) => Word, commit?: (old: Word, result: Word) => void): void;
  /** The effective address of the memory operand, without segment base. */
  effectiveAddress(): Value<'i64'>;
  /** Linear address of the memory operand, `offset` bytes further. */
  linear(offset?: Value<'i64'>): Value<'i64'>;

  /** Reads memory at a linear address, zero-extended; faults leave the instruction without effect. */
  load(linear: Value<'i64'>, size: Size): Word;
  store(linear: Value<'i64'>, value: Word, size: Size): void;
  /** As `modify` for a linear address. */
  modifyAt(linear: Value<'i64'>, size: Size, compute: (old: Word) => Word, commit?: (old: Word, result: Word) => void): void;
  /** 16 bytes that can be read and written, as a host address, for CMPXCHG16B. `finish` must follow the writes. */
  pin(linear: Value<'i64'>, bytes: number): { readonly at: Value<'ptr'>; finish(): void };
  /** As many bytes that can be read, at most 32, as a host address. */
  peek(linear: Value<'i64'>, bytes: number): Value<'ptr'>;
  /**
   * Checks that all bytes of an image can be accessed and gives the copying between it and the engine's buffer
   * (`ENGINE.block`), by offset and length. Nothing but `peek`, `load` and `store` may come between.
   */
  image(linear: Value<'i64'>, bytes: Arg<'i32'>, access: 'read' | 'write'): ImageAccess;

  /** A register that the instruction implies. */
  register(name: GeneralRegister, size: Size): Word;
  setRegister(name: GeneralRegister, value: Word, size: Size): void;
  /** AH, which few instructions name. */
  highByte(): Word;
  setHighByte(value: Word): void;

  /** An offset cut to the address size: SI, ESI or RSI. */
  cutToAddress(offset: Value<'i64'>): Value<'i64'>;
  /** Replaces the low bits of a register, as many as the address size has; 32 bits zero-extend. */
  setAddressRegister(name: GeneralRegister, value: Value<'i64'>): void;
  /** Linear address of an offset in a segment that no operand names. */
  segmented(segment: ImplicitSegment, offset: Value<'i64'>): Value<'i64'>;
  /** The stack pointer moved by some bytes, cut to the stack's width. */
  stackPointer(delta: number | Value<'i64'>): Value<'i64'>;
  setStackPointer(value: Value<'i64'>): void;
  /** A frame pointer cut as a stack pointer is. */
  cutToStack(value: Value<'i64'>): Value<'i64'>;
  /** The second immediate of ENTER. */
  secondImmediate(): Value<'i32'>;

  /** RFLAGS but for the six status flags, low 32 bits. */
  systemFlags(): Value<'i32'>;
  setSystemFlags(value: Value<'i32'>): void;

  /** The current privilege level. */
  privilege(): Value<'i32'>;
  /** Not zero when an interrupt waits for RFLAGS.IF. */
  interruptWaits(): Value<'i32'>;
  /** After this instruction interrupts are held off for one more. Comes before anything is written. */
  shadow(): void;

  /** RIP of this instruction, cut to the code segment's width. */
  ownRip(): Value<'i64'>;
  /** The 11 bits of an x87 instruction's opcode that FOP holds; the low three of them are `i` of ST(i). */
  escapeOpcode(): Value<'i32'>;
  /** Whether the processor is in 64-bit mode. */
  longMode(): Value<'i32'>;
  /** RIP of the next instruction, cut to the code segment's width. */
  nextRip(): Value<'i64'>;
  /** #GP(0) when a branch to this RIP, cut to the operand size, is not possible; `branch` asks itself. Comes before anything is written. */
  checkTarget(target: Value<'i64'>): void;
  /** The same for the target of a relative branch. */
  checkRelative(): void;
  /** Goes on at a RIP, cut to the operand size. */
  branch(target: Value<'i64'>): void;
  /** Goes on at the target that operand 0 of a relative branch names. */
  branchRelative(): void;
  /** Runs the instruction again, after what it did so far: one more iteration of a string instruction. */
  again(): void;
  /** Where it is `undefined`, iterations are made one by one. */
  readonly bulk?: Bulk | undefined;
  /** Ends the instruction with an exception; what was written before stays, so nothing may have been. */
  raise(vector: number | Value<'i32'>, errorCode?: number): void;
  /** Leaves to TypeScript, which answers the instruction. */
  system(): void;
}

/** Several iterations of a string instruction in one go. */
export interface Bulk {
  /** How many are allowed now, at least one: by the budget, and one alone while something has to look at each. */
  most(): Value<'i64'>;
  /** Of an access within a page: whether it can be made without further ado, and at which host address. */
  probe(linear: Value<'i64'>, bytes: Value<'i32'>, write: boolean): { hit: Value<'i32'>; host: () => Value<'i32'> };
  /** So many were done, instead of one. */
  count(iterations: Value<'i64'>): void;
}

export type Meaning = (c: EmitContext) => void;

/** What the tables of handlers must know of a meaning. */
export interface MeaningEntry {
  readonly build: Meaning;
  /** It moves the stack pointer. */
  readonly stack?: true;
  /** It may branch to a relative target. */
  readonly relative?: true;
  /** The next instruction is not reached by falling through. */
  readonly ends?: true;
  /** Few programs need it: it becomes a function of its own. */
  readonly cold?: true;
  /** It does the same for all operand sizes. */
  readonly anySize?: true;
  /** It neither reads nor writes the status flags. */
  readonly flagless?: true;
}
export type Meanings = Readonly<Record<string, MeaningEntry>>;
