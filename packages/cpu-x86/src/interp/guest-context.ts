/** What both executions share of `EmitContext`: everything that does not depend on where operands come from. */
import { SEGMENT_AT, SEGMENT_OFFSETS, WORD_OFFSETS, type GeneralRegister } from '@polyvisor/core';
import { i32, i64, unlikely, type Arg, type Func, type FunctionBuilder, type ModuleBuilder, type TypeList, type Value } from '@polyvisor/wasm';
import { type EmitContext, type ImageAccess, type ImplicitSegment, type Repeat, Vector } from '../meaning/context.ts';
import type { Flags } from '../meaning/flags.ts';
import { type Helper, helperIn } from '../meaning/helpers.ts';
import { fromI64, type Size, type Word } from '../meaning/words.ts';
import { ENGINE } from '../state/engine-layout.ts';
import { hasField, type HandlerSpec } from '../uop/specs.ts';
import { type GuestMemory, READ, WRITE } from './guest-memory.ts';
import { type Place, VectorAccess } from './vector-operands.ts';

/** The three places that register operands have, in the order of the operands. */
export type RegisterField = 'dst' | 'src' | 'base';
const FIELDS: readonly RegisterField[] = ['dst', 'src', 'base'];

export abstract class GuestContext implements EmitContext {
  readonly s: FunctionBuilder;
  readonly flags: Flags;
  readonly memory: GuestMemory;
  readonly spec: HandlerSpec;
  readonly vectors = new VectorAccess(this);
  /** A bound value for a memory operand's linear address, formed once. */
  private linearAddress: Value<'i64'> | undefined;

  constructor(s: FunctionBuilder, flags: Flags, memory: GuestMemory, spec: HandlerSpec) {
    this.s = s;
    this.flags = flags;
    this.memory = memory;
    this.spec = spec;
  }

  get module(): ModuleBuilder {
    return this.memory.m;
  }
  get state(): Value<'i32'> {
    return this.memory.state;
  }
  helper<P extends TypeList, R extends TypeList>(of: Helper<P, R>): Func<P, R> {
    return helperIn(this.memory.m, of);
  }

  get size(): Size {
    return this.spec.size;
  }
  get condition(): number {
    return this.spec.condition;
  }
  get repeat(): Repeat {
    return this.spec.repeat;
  }
  get operands(): number {
    return this.spec.operands.length;
  }

  protected shape(n: number): HandlerSpec['operands'][number] {
    const shape = this.spec.operands[n];
    if (shape === undefined) throw new Error(`${this.spec.key}: no operand ${n}`);
    return shape;
  }
  /** Which place a register operand has. */
  protected field(n: number): RegisterField {
    const before = this.spec.operands.slice(0, n).filter(hasField).length;
    const field = FIELDS[before];
    if (field === undefined) throw new Error(`${this.spec.key}: too many registers`);
    return field;
  }

  vectorPlace(n: number): Place {
    return this.fieldPlace(this.shape(n).kind === 'l' ? 'immediate' : this.field(n));
  }
  indexPlace(): Place {
    return this.fieldPlace('index');
  }

  /** A register operand's content, zero-extended. */
  protected abstract readField(field: RegisterField, size: Size): Word;
  protected abstract writeField(field: RegisterField, value: Word, size: Size): void;
  protected abstract immediate(): Value<'i64'>;
  protected abstract segmentBase(): Value<'i64'>;
  /** The base of ES for a string destination: zero in 64-bit mode. */
  protected abstract extraBase(): Value<'i64'>;
  protected abstract cutToLinear(address: Value<'i64'>): Value<'i64'>;
  protected abstract stackIs16(): Value<'i32'>;
  /** Where the register that a field names is kept. */
  protected abstract fieldPlace(field: RegisterField | 'index' | 'immediate'): Place;
  abstract get inPlace(): boolean;
  abstract indexScale(): Value<'i32'>;
  abstract inLongMode(): Value<'i32'>;
  abstract effectiveAddress(): Value<'i64'>;
  abstract register(name: GeneralRegister, size: Size): Word;
  abstract setRegister(name: GeneralRegister, value: Word, size: Size): void;
  abstract highByte(): Word;
  abstract setHighByte(value: Word): void;
  abstract secondImmediate(): Value<'i32'>;
  abstract systemFlags(): Value<'i32'>;
  abstract setSystemFlags(value: Value<'i32'>): void;
  abstract cutToAddress(offset: Value<'i64'>): Value<'i64'>;
  abstract setAddressRegister(name: GeneralRegister, value: Value<'i64'>): void;
  abstract ownRip(): Value<'i64'>;
  abstract nextRip(): Value<'i64'>;
  abstract longMode(): Value<'i32'>;
  abstract checkRelative(): void;
  protected abstract cutToOperand(rip: Value<'i64'>): Value<'i64'>;
  abstract branch(target: Value<'i64'>): void;
  abstract branchRelative(): void;
  abstract again(): void;
  abstract shadow(): void;
  abstract raise(vector: number | Value<'i32'>, errorCode?: number): void;
  abstract system(): void;

  escapeOpcode(): Value<'i32'> {
    return i32.wrap_i64(this.immediate());
  }

  sizeOf(n: number): Size {
    return this.shape(n).size as Size;
  }
  isMemory(n: number): boolean {
    return this.shape(n).kind === 'm';
  }
  isImmediate(n: number): boolean {
    return this.shape(n).kind === 'i';
  }

  get(n: number): Word {
    const { kind } = this.shape(n), size = this.sizeOf(n);
    if (kind === 'r') return this.s.let(this.readField(this.field(n), size));
    if (kind === 'i') return this.s.let(fromI64(this.immediate(), size));
    return this.memory.load(this.linear(), size);
  }
  set(n: number, value: Word): void {
    const { kind } = this.shape(n), size = this.sizeOf(n);
    if (kind === 'm') this.memory.store(this.linear(), value, size);
    else this.writeField(this.field(n), value, size);
  }
  modify(n: number, compute: (old: Word) => Word, commit?: (old: Word, result: Word) => void): void {
    const { kind } = this.shape(n), size = this.sizeOf(n);
    if (kind === 'm') {
      this.modifyAt(this.linear(), size, compute, commit);
      return;
    }
    const old = this.get(n), result = this.s.let(compute(old));
    this.writeField(this.field(n), result, size);
    commit?.(old, result);
  }
  modifyAt(linear: Value<'i64'>, size: Size, compute: (old: Word) => Word, commit?: (old: Word, result: Word) => void): void {
    this.memory.modify(linear, size, this.spec.lock, compute, (old, result) => commit?.(old, result));
  }
  load(linear: Value<'i64'>, size: Size): Word {
    return this.memory.load(linear, size);
  }
  store(linear: Value<'i64'>, value: Word, size: Size): void {
    this.memory.store(linear, value, size);
  }
  pin(linear: Value<'i64'>, bytes: number): { at: Value<'ptr'>; finish: () => void } {
    const host = this.memory.translate(linear, bytes, WRITE);
    return { at: this.memory.m.ptr.from_i32_u(host), finish: () => this.memory.commit(host) };
  }

  peek(linear: Value<'i64'>, bytes: number): Value<'ptr'> {
    return this.memory.m.ptr.from_i32_u(this.memory.translate(linear, bytes, READ));
  }
  image(linear: Value<'i64'>, bytes: Arg<'i32'>, access: 'read' | 'write'): ImageAccess {
    return this.memory.image(linear, bytes, access === 'write' ? WRITE : READ);
  }
  locate(bytes: number, alignment: number, access: number): Value<'i32'> {
    const linear = this.linear();
    if (alignment > 1) this.s.if(i32.and(i32.wrap_i64(linear), alignment - 1), () => this.raise(Vector.protection, 0));
    return this.memory.translate(linear, bytes, access);
  }

  linear(offset?: Value<'i64'>): Value<'i64'> {
    if (offset !== undefined) return this.cutToLinear(i64.add(this.segmentBase(), this.cutToAddress(i64.add(this.effectiveAddress(), offset))));
    // The simple form has neither segment base nor mask.
    const form = (): Value<'i64'> => (this.spec.form === 'b' ? this.effectiveAddress() : this.cutToLinear(i64.add(this.effectiveAddress(), this.segmentBase())));
    return (this.linearAddress ??= this.s.let(form()));
  }

  segmented(segment: ImplicitSegment, offset: Value<'i64'>): Value<'i64'> {
    if (segment === 'ss') {
      if (this.spec.flatStack) return offset;
      return this.cutToLinear(i64.add(offset, i64.load(this.at(this.memory.state), SEGMENT_AT.ss + SEGMENT_OFFSETS.base)));
    }
    return this.cutToLinear(i64.add(offset, segment === 'es' ? this.extraBase() : this.segmentBase()));
  }

  cutToStack(value: Value<'i64'>): Value<'i64'> {
    if (this.spec.flatStack) return value;
    const mask = i64.shr_u(-1, i64.extend_i32_u(i32.add(this.stackIs16(), 32)));
    return i64.and(value, mask);
  }
  stackPointer(delta: number | Value<'i64'>): Value<'i64'> {
    return this.cutToStack(i64.add(this.register('rsp', 64) as Value<'i64'>, delta));
  }
  setStackPointer(value: Value<'i64'>): void {
    if (this.spec.flatStack) {
      this.setRegister('rsp', value, 64);
      return;
    }
    // A 16-bit stack pointer leaves the upper half of ESP alone.
    const bound = this.s.let(value);
    const kept = i64.and(this.register('rsp', 64) as Value<'i64'>, i64.shl(i64.extend_i32_u(i32.sub(0, i32.shr_u(this.stackIs16(), 4))), 16));
    this.setRegister('rsp', this.s.let(i64.or(bound, kept)), 64);
  }

  privilege(): Value<'i32'> {
    return i32.load(this.at(this.memory.state), WORD_OFFSETS.cpl);
  }
  interruptWaits(): Value<'i32'> {
    return i32.load(this.at(this.memory.state), ENGINE.interrupt);
  }

  protected at(address: Value<'i32'>): Value<'ptr'> {
    return this.memory.m.ptr.from_i32_u(address);
  }
  /** Beyond the limit of CS, or not canonical in 64-bit code (SDM vol. 2A, "JMP"). */
  checkTarget(target: Value<'i64'>): void {
    const { s } = this, to = s.let(this.cutToOperand(target));
    const wrong = this.spec.size === 64 ? i64.ne(i64.shr_s(i64.shl(to, 16), 16), to)
      : i64.gt_u(to, i64.load(this.at(this.memory.state), ENGINE.codeLimit));
    s.if(unlikely(wrong), () => this.raise(Vector.protection, 0));
  }
  /** Cuts an instruction pointer to the code segment's width. */
  protected cutToCode(rip: Value<'i64'>): Value<'i64'> {
    return i64.and(rip, i64.load(this.at(this.memory.state), ENGINE.codeMask));
  }
}
