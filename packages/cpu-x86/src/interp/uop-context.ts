/** The interpreter's `EmitContext`: operands are named by the fields of the µop that runs. */
import { QUAD_OFFSETS, type GeneralRegister } from '@polyvisor/core';
import { i32, i64, select, unlikely, type FunctionBuilder, type Value } from '@polyvisor/wasm';
import type { Bulk } from '../meaning/context.ts';
import type { Flags } from '../meaning/flags.ts';
import { as32, as64, type Size, type Word } from '../meaning/words.ts';
import { ENGINE } from '../state/engine-layout.ts';
import { PSEUDO } from '../uop/pseudo.ts';
import { UOP, UOP_SIZE } from '../uop/record.ts';
import type { HandlerSpec } from '../uop/specs.ts';
import { GuestContext, type RegisterField } from './guest-context.ts';
import { READ, WRITE, type GuestMemory } from './guest-memory.ts';
import { operandHost } from './operand-host.ts';
import type { Place } from './vector-operands.ts';

/** How a handler goes on, which differs between a case of the switch and a function of its own. */
export interface Flow {
  /** To a RIP, which must be a bound value. */
  jump(rip: Value<'i64'>): void;
  /** To the µop of an offset in this page, if there is one. */
  near(offset: Value<'i32'>): void;
  /** The instruction begins an interrupt shadow. Only for cases of the switch. */
  shadow(): void;
  /** Ends the run with a status; the instruction has had no effect. */
  leave(status: 'exception' | 'system'): void;
}

const FIELD = { dst: UOP.dst, src: UOP.src, base: UOP.base, index: UOP.index, immediate: UOP.immediate } as const;

export class UopContext extends GuestContext {
  private readonly uop: () => Value<'i32'>;
  private readonly flow: Flow;

  constructor(s: FunctionBuilder, flags: Flags, memory: GuestMemory, spec: HandlerSpec, uop: () => Value<'i32'>, flow: Flow) {
    super(s, flags, memory, spec);
    this.uop = uop;
    this.flow = flow;
  }

  private field8(offset: number): Value<'i32'> {
    return i32.load8_u(this.at(this.uop()), offset);
  }
  private field16(offset: number): Value<'i32'> {
    return i32.load16_u(this.at(this.uop()), offset);
  }
  /** Host address of the register that a field names. */
  private place(field: number): Value<'ptr'> {
    return this.at(i32.add(this.field16(field), this.memory.state));
  }
  private wideAt(field: number): Value<'i64'> {
    return i64.load(this.place(field));
  }

  protected fieldPlace(field: keyof typeof FIELD): Place {
    return { at: this.place(FIELD[field]), offset: 0 };
  }
  indexScale(): Value<'i32'> {
    return i32.and(this.field8(UOP.scale), 3);
  }
  inLongMode(): Value<'i32'> {
    return i32.eqz(this.field8(UOP.linearShift));
  }

  protected readField(field: RegisterField, size: Size): Word {
    const at = this.place(FIELD[field]);
    return size === 8 ? i32.load8_u(at) : size === 16 ? i32.load16_u(at) : size === 32 ? i32.load(at) : i64.load(at);
  }
  protected writeField(field: RegisterField, value: Word, size: Size): void {
    this.storeRegister(this.place(FIELD[field]), 0, value, size);
  }
  private storeRegister(at: Value<'ptr'>, offset: number, value: Word, size: Size): void {
    const { s } = this;
    if (size === 8) s.i32.store8(at, as32(value), offset);
    else if (size === 16) s.i32.store16(at, as32(value), offset);
    else s.i64.store(at, size === 32 ? i64.extend_i32_u(as32(value)) : as64(value), offset);
  }
  register(name: GeneralRegister, size: Size): Word {
    const at = this.at(this.memory.state), offset = QUAD_OFFSETS[name];
    return size === 8 ? i32.load8_u(at, offset) : size === 16 ? i32.load16_u(at, offset) : size === 32 ? i32.load(at, offset) : i64.load(at, offset);
  }
  setRegister(name: GeneralRegister, value: Word, size: Size): void {
    this.storeRegister(this.at(this.memory.state), QUAD_OFFSETS[name], value, size);
  }
  highByte(): Word {
    return i32.load8_u(this.at(this.memory.state), QUAD_OFFSETS.rax + 1);
  }
  setHighByte(value: Word): void {
    this.s.i32.store8(this.at(this.memory.state), as32(value), QUAD_OFFSETS.rax + 1);
  }

  protected immediate(): Value<'i64'> {
    return i64.load(this.at(this.uop()), UOP.immediate);
  }
  secondImmediate(): Value<'i32'> {
    return i32.load(this.at(this.uop()), UOP.displacement);
  }
  protected segmentBase(): Value<'i64'> {
    return this.wideAt(UOP.segment);
  }
  protected extraBase(): Value<'i64'> {
    return this.wideAt(UOP.dst);
  }
  protected stackIs16(): Value<'i32'> {
    return i32.and(this.field8(UOP.scale), 16);
  }
  protected cutToLinear(address: Value<'i64'>): Value<'i64'> {
    return i64.and(address, i64.shr_u(-1, i64.extend_i32_u(this.field8(UOP.linearShift))));
  }
  cutToAddress(offset: Value<'i64'>): Value<'i64'> {
    return i64.and(offset, i64.shr_u(-1, i64.extend_i32_u(this.field8(UOP.addressShift))));
  }
  effectiveAddress(): Value<'i64'> {
    if (this.spec.form === 'o') return this.immediate();
    const displaced = i64.add(this.wideAt(UOP.base), i64.load32_s(this.at(this.uop()), UOP.displacement));
    if (this.spec.form === 'b') return displaced;
    if (this.spec.form === 'x') return i64.add(displaced, i64.load16_u(this.at(this.uop()), UOP.ripDelta));
    const index = i64.shl(this.wideAt(UOP.index), i64.extend_i32_u(i32.and(this.field8(UOP.scale), 3)));
    return this.cutToAddress(i64.add(i64.add(displaced, index), i64.load16_u(this.at(this.uop()), UOP.ripDelta)));
  }
  override locate(bytes: number, alignment: number, access: number): Value<'i32'> {
    const { s, memory, spec, flags, flow } = this;
    if (!spec.cold || spec.form !== 'g') return super.locate(bytes, alignment, access);
    const find = operandHost(memory.m, memory.functions, access, (body, own, uop) => new UopContext(body, flags, own, spec, () => uop, flow).linear());
    const found = s.call(find, memory.state, this.uop(), i32.const(bytes), i32.const(alignment - 1));
    s.br_if(memory.fault, unlikely(i32.eqz(found)));
    return found;
  }
  get inPlace(): boolean {
    return !this.spec.cold;
  }
  setAddressRegister(name: GeneralRegister, value: Value<'i64'>): void {
    // With 16 bits the upper part stays: of 64 bits for it, of none for the other sizes.
    const keep = this.s.let(i64.and(this.register(name, 64) as Value<'i64'>,
      i64.shl(i64.extend_i32_s(i32.sub(0, i32.eq(this.field8(UOP.addressShift), 48))), 16)));
    this.setRegister(name, this.s.let(i64.or(this.cutToAddress(value), keep)), 64);
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
    return this.ripAt(i64.extend_i32_u(this.field16(UOP.offset)));
  }
  longMode(): Value<'i32'> {
    return i32.eqz(this.field8(UOP.linearShift));
  }
  nextRip(): Value<'i64'> {
    return this.ripAt(i64.extend_i32_u(i32.add(this.field16(UOP.offset), this.field8(UOP.length))));
  }
  protected cutToOperand(rip: Value<'i64'>): Value<'i64'> {
    return this.spec.size === 64 ? rip : i64.and(rip, i64.const(this.spec.size === 16 ? 0xffff : -1, 0));
  }
  branch(target: Value<'i64'>): void {
    const to = this.s.let(this.cutToOperand(target));
    this.checkTarget(to);
    this.flow.jump(to);
  }
  checkRelative(): void {
    if (!this.spec.near) this.checkTarget(this.s.let(this.ripAt(this.immediate())));
  }
  branchRelative(): void {
    if (this.spec.near) this.flow.near(i32.load(this.at(this.uop()), UOP.immediate));
    else this.branch(this.ripAt(this.immediate()));
  }
  get bulk(): Bulk | undefined {
    const { s, memory, spec } = this, at = this.at(memory.state);
    if (!spec.cold) return undefined;
    return {
      most: () => {
        // The segment is checked for each access; a check stands in front.
        const checked = i32.eq(i32.load16_u(this.at(i32.sub(this.uop(), UOP_SIZE)), UOP.handler), PSEUDO.segment);
        return i64.extend_i32_u(select(i32.const(1), i32.add(i32.load(at, ENGINE.budget), 1), checked));
      },
      probe: (linear, bytes, write) => memory.probe(linear, bytes, write ? WRITE : READ),
      count: (iterations) => s.i32.store(at, i32.sub(i32.wrap_i64(iterations), 1), ENGINE.bulk),
    };
  }
  again(): void {
    // By way of the map, so that checks in front of the µop run again and new code is seen.
    this.flow.near(this.field16(UOP.offset));
  }
  shadow(): void {
    this.flow.shadow();
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
