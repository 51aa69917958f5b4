/** The x87 registers of a vCPU in its block, as generated code reaches them (Intel SDM vol. 1, 8.1). */
import { X87_CONTROL, X87_REGISTERS_AT } from '@polyvisor/core';
import { i32, i64, type Arg, type FunctionBuilder, type ModuleBuilder, type Value } from '@polyvisor/wasm';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;

const FCW = X87_CONTROL.fcw[0], FSW = X87_CONTROL.fsw[0], FTW = X87_CONTROL.ftw[0], FOP = X87_CONTROL.fop[0];
const FIP = X87_CONTROL.fip[0], FDP = X87_CONTROL.fdp[0];

/** Bits of the status word beside those of `../../x87/format.ts`: stack fault, error summary, busy (8.1.3). */
export const SF = 0x40;
export const ES = 0x80;
export const BUSY = 0x8000;
/** The exception flags, at the bits where the control word masks them. */
export const EXCEPTIONS = 0x3f;
export const TOP_SHIFT = 11;
export const TOP_MASK = 7 << TOP_SHIFT;
/** What can be written of the control word; bit 6 always reads as one. */
export const CONTROL_MASK = 0x1f3f;
export const CONTROL_ONE = 0x40;
/** The control word after FNINIT. */
export const CONTROL_INITIAL = 0x37f;

export class Fpu {
  readonly m: ModuleBuilder;
  readonly s: FunctionBuilder;
  readonly state: I32;

  constructor(m: ModuleBuilder, s: FunctionBuilder, state: I32) {
    this.m = m;
    this.s = s;
    this.state = state;
  }

  private at(address: I32): Value<'ptr'> {
    return this.m.ptr.from_i32_u(address);
  }

  control(): I32 {
    return i32.load16_u(this.at(this.state), FCW);
  }
  setControl(value: Arg<'i32'>): void {
    this.s.i32.store16(this.at(this.state), value, FCW);
  }
  status(): I32 {
    return i32.load16_u(this.at(this.state), FSW);
  }
  setStatus(value: Arg<'i32'>): void {
    this.s.i32.store16(this.at(this.state), value, FSW);
  }
  /** The abridged tag word: a bit is set where a physical register is not empty. */
  tags(): I32 {
    return i32.load16_u(this.at(this.state), FTW);
  }
  setTags(value: Arg<'i32'>): void {
    this.s.i32.store16(this.at(this.state), value, FTW);
  }
  opcode(): I32 {
    return i32.load16_u(this.at(this.state), FOP);
  }
  setOpcode(value: Arg<'i32'>): void {
    this.s.i32.store16(this.at(this.state), value, FOP);
  }
  instructionPointer(): I64 {
    return i64.load(this.at(this.state), FIP);
  }
  setInstructionPointer(value: Arg<'i64'>): void {
    this.s.i64.store(this.at(this.state), value, FIP);
  }
  dataPointer(): I64 {
    return i64.load(this.at(this.state), FDP);
  }
  setDataPointer(value: Arg<'i64'>): void {
    this.s.i64.store(this.at(this.state), value, FDP);
  }

  /** Number of the physical register that is ST(i). */
  physical(i: Arg<'i32'>): I32 {
    return this.s.let(i32.and(i32.add(i32.shr_u(this.status(), TOP_SHIFT), i), 7));
  }
  /** Host address of a physical register, short of where the registers begin. */
  private place(physical: I32): Value<'ptr'> {
    return this.at(i32.add(this.state, i32.shl(physical, 4)));
  }
  sig(physical: I32): I64 {
    return i64.load(this.place(physical), X87_REGISTERS_AT);
  }
  se(physical: I32): I32 {
    return i32.load16_u(this.place(physical), X87_REGISTERS_AT + 8);
  }
  write(physical: I32, sig: I64, se: Arg<'i32'>): void {
    const { s } = this, place = s.let(this.place(physical));
    // Both are read before either is written.
    const upper = typeof se === 'number' ? se : s.let(se);
    s.i64.store(place, sig, X87_REGISTERS_AT);
    s.i32.store16(place, upper, X87_REGISTERS_AT + 8);
  }

  isEmpty(physical: I32): I32 {
    return i32.eqz(i32.and(i32.shr_u(this.tags(), physical), 1));
  }
  markFull(physical: I32): void {
    this.setTags(i32.or(this.tags(), i32.shl(1, physical)));
  }
  markEmpty(physical: I32): void {
    this.setTags(i32.and(this.tags(), i32.xor(i32.shl(1, physical), -1)));
  }
  setTop(physical: Arg<'i32'>): void {
    this.setStatus(i32.or(i32.and(this.status(), ~TOP_MASK), i32.shl(physical, TOP_SHIFT)));
  }
}
