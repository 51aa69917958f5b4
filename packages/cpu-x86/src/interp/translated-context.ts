/**
 * The `EmitContext` of translated code: operands are constants taken from a compiled µop, general registers and flags
 * live in WebAssembly locals for the length of a block.
 */
import { GENERAL_REGISTERS, QUAD_OFFSETS, type GeneralRegister } from '@polyvisor/core';
import { i32, i64, type FunctionBuilder, type Local, type Value } from '@polyvisor/wasm';
import type { Flags } from '../meaning/flags.ts';
import { as32, as64, type Size, type Word } from '../meaning/words.ts';
import { ENGINE } from '../state/engine-layout.ts';
import { STACK16, UOP } from '../uop/record.ts';
import type { HandlerSpec } from '../uop/specs.ts';
import { GuestContext, type RegisterField } from './guest-context.ts';
import type { GuestMemory } from './guest-memory.ts';
import type { Flow } from './uop-context.ts';
import type { Place } from './vector-operands.ts';

/** How a block goes on. */
export interface BlockFlow extends Pick<Flow, 'jump' | 'leave'> {
  again(): void;
}

const FIELD = { dst: UOP.dst, src: UOP.src, base: UOP.base, index: UOP.index, immediate: UOP.immediate } as const;

export class TranslatedContext extends GuestContext {
  private readonly registers: readonly Local<'i64'>[];
  private readonly uop: DataView;
  private readonly flow: BlockFlow;

  constructor(
    s: FunctionBuilder, flags: Flags, memory: GuestMemory, spec: HandlerSpec, registers: readonly Local<'i64'>[], uop: DataView, flow: BlockFlow,
  ) {
    super(s, flags, memory, spec);
    this.registers = registers;
    this.uop = uop;
    this.flow = flow;
  }

  get inPlace(): boolean {
    return true;
  }
  private local(n: number): Local<'i64'> {
    const local = this.registers[n];
    if (local === undefined) throw new Error(`no register ${n}`);
    return local;
  }
  private read(offset: number, size: Size): Word {
    const wide = this.local(offset >> 3).get();
    if (size === 64) return wide;
    const low = i32.wrap_i64((offset & 7) === 1 ? i64.shr_u(wide, 8) : wide);
    return size === 32 ? low : i32.and(low, size === 8 ? 0xff : 0xffff);
  }
  private write(offset: number, value: Word, size: Size): void {
    const local = this.local(offset >> 3), { s } = this;
    if (size === 64) s.set(local, as64(value));
    else if (size === 32) s.set(local, i64.extend_i32_u(as32(value)));
    else {
      const shift = (offset & 7) * 8, mask = size === 8 ? 0xff : 0xffff;
      const placed = i64.shl(i64.extend_i32_u(i32.and(as32(value), mask)), shift);
      s.set(local, i64.or(i64.and(local.get(), i64.const(~(mask << shift), -1)), placed));
    }
  }
  /** A 64-bit field of the block, or a register, by its offset. */
  private wide(offset: number): Value<'i64'> {
    if (offset === ENGINE.zero) return i64.const(0);
    return offset < GENERAL_REGISTERS.length * 8 ? this.local(offset >> 3).get() : i64.load(this.at(this.memory.state), offset);
  }
  private field16(offset: number): number {
    return this.uop.getUint16(offset, true);
  }

  protected fieldPlace(field: keyof typeof FIELD): Place {
    return { at: this.at(this.memory.state), offset: this.field16(FIELD[field]) };
  }
  indexScale(): Value<'i32'> {
    return i32.const(this.uop.getUint8(UOP.scale) & 3);
  }
  inLongMode(): Value<'i32'> {
    return i32.const(this.uop.getUint8(UOP.linearShift) === 0 ? 1 : 0);
  }

  protected readField(field: RegisterField, size: Size): Word {
    return this.read(this.field16(FIELD[field]), size);
  }
  protected writeField(field: RegisterField, value: Word, size: Size): void {
    this.write(this.field16(FIELD[field]), value, size);
  }
  register(name: GeneralRegister, size: Size): Word {
    return this.read(QUAD_OFFSETS[name], size);
  }
  setRegister(name: GeneralRegister, value: Word, size: Size): void {
    this.write(QUAD_OFFSETS[name], value, size);
  }
  highByte(): Word {
    return this.read(QUAD_OFFSETS.rax + 1, 8);
  }
  setHighByte(value: Word): void {
    this.write(QUAD_OFFSETS.rax + 1, value, 8);
  }

  protected immediate(): Value<'i64'> {
    return i64.const(this.uop.getInt32(UOP.immediate, true), this.uop.getInt32(UOP.immediate + 4, true));
  }
  secondImmediate(): Value<'i32'> {
    return i32.const(this.uop.getInt32(UOP.displacement, true));
  }
  protected segmentBase(): Value<'i64'> {
    return this.wide(this.field16(UOP.segment));
  }
  protected extraBase(): Value<'i64'> {
    return this.wide(this.field16(UOP.dst));
  }
  protected stackIs16(): Value<'i32'> {
    return i32.const(this.uop.getUint8(UOP.scale) & STACK16);
  }
  private cut(value: Value<'i64'>, shift: number): Value<'i64'> {
    return shift === 0 ? value : i64.and(value, i64.const(shift === 32 ? -1 : 0xffff, 0));
  }
  protected cutToLinear(address: Value<'i64'>): Value<'i64'> {
    return this.cut(address, this.uop.getUint8(UOP.linearShift));
  }
  cutToAddress(offset: Value<'i64'>): Value<'i64'> {
    return this.cut(offset, this.uop.getUint8(UOP.addressShift));
  }
  effectiveAddress(): Value<'i64'> {
    if (this.spec.form === 'o') return this.immediate();
    const displaced = i64.add(this.wide(this.field16(UOP.base)), this.uop.getInt32(UOP.displacement, true));
    if (this.spec.form === 'b') return displaced;
    if (this.spec.form === 'x') return i64.add(displaced, this.field16(UOP.ripDelta));
    const index = i64.shl(this.wide(this.field16(UOP.index)), this.uop.getUint8(UOP.scale) & 3);
    return this.cutToAddress(i64.add(i64.add(displaced, index), this.field16(UOP.ripDelta)));
  }
  setAddressRegister(name: GeneralRegister, value: Value<'i64'>): void {
    const bits = 64 - this.uop.getUint8(UOP.addressShift);
    this.write(QUAD_OFFSETS[name], bits === 64 ? value : i32.wrap_i64(value), bits as Size);
  }

  systemFlags(): Value<'i32'> {
    return i32.load(this.at(this.memory.state), QUAD_OFFSETS.rflags);
  }
  setSystemFlags(value: Value<'i32'>): void {
    this.s.i32.store(this.at(this.memory.state), value, QUAD_OFFSETS.rflags);
  }

  private ripAt(offset: Value<'i64'>): Value<'i64'> {
    return this.cutToCode(i64.add(i64.load(this.at(this.memory.state), ENGINE.ripPage), offset));
  }
  ownRip(): Value<'i64'> {
    return this.ripAt(i64.const(this.field16(UOP.offset)));
  }
  longMode(): Value<'i32'> {
    return i32.const(this.uop.getUint8(UOP.linearShift) === 0 ? 1 : 0);
  }
  nextRip(): Value<'i64'> {
    return this.ripAt(i64.const(this.field16(UOP.offset) + this.uop.getUint8(UOP.length)));
  }
  protected cutToOperand(rip: Value<'i64'>): Value<'i64'> {
    const { size } = this.spec;
    return size === 64 ? rip : i64.and(rip, i64.const(size === 16 ? 0xffff : -1, 0));
  }
  checkRelative(): void {
    this.checkTarget(this.s.let(this.ripAt(this.immediate())));
  }
  branch(target: Value<'i64'>): void {
    const to = this.s.let(this.cutToOperand(target));
    this.checkTarget(to);
    this.flow.jump(to);
  }
  branchRelative(): void {
    this.branch(this.ripAt(this.immediate()));
  }
  shadow(): void {
    // A block does not know the budget: the instruction is left to TypeScript.
    this.flow.leave('system');
  }
  again(): void {
    this.flow.again();
  }
  raise(vector: number | Value<'i32'>, errorCode = -1): void {
    this.s.i32.store(this.at(this.memory.state), vector, ENGINE.faultVector);
    this.s.i32.store(this.at(this.memory.state), errorCode, ENGINE.faultCode);
    this.flow.leave('exception');
  }
  system(): void {
    this.flow.leave('system');
  }
}
