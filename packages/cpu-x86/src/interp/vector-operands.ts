/** Vector operands of both executions: registers in the vCPU's state, memory by the software TLB. */
import { VECTOR_REGISTERS_AT, X87_CONTROL } from '@polyvisor/core';
import { i32, i32x4, i64, i64x2, v128, type FunctionBuilder, type Value } from '@polyvisor/wasm';
import { as32, as64, type Size, type Word } from '../meaning/words.ts';
import type { Vector128, VectorOperands } from '../meaning/vector/operands.ts';
import type { HandlerSpec } from '../uop/specs.ts';
import { type GuestMemory, READ, WRITE } from './guest-memory.ts';

/** An address as WebAssembly takes it: a base and a constant. */
export interface Place {
  readonly at: Value<'ptr'>;
  readonly offset: number;
}

/** What the context gives. */
export interface VectorHost {
  readonly s: FunctionBuilder;
  readonly spec: HandlerSpec;
  readonly memory: GuestMemory;
  /** Host address of the memory operand for an access of this many bytes; it must be a multiple of `alignment`. */
  locate(bytes: number, alignment: number, access: number): Value<'i32'>;
  get(n: number): Word;
  set(n: number, value: Word): void;
  /** Where vector or MMX register operand `n` is kept. */
  vectorPlace(n: number): Place;
  /** Where the index register of a gather is kept. */
  indexPlace(): Place;
  indexScale(): Value<'i32'>;
  inLongMode(): Value<'i32'>;
}

const ZERO = i64x2.const(0, 0);
/** Every tag of the abridged form says "not empty". */
const ALL_VALID = 0xff;
/** ES and TOP in the x87 status word (SDM vol. 1, 8.1.3). */
const ERROR_SUMMARY = 0x80;
const TOP_MASK = 0x3800;

export class VectorAccess implements VectorOperands {
  private readonly host: VectorHost;

  constructor(host: VectorHost) {
    this.host = host;
  }

  get vex(): boolean {
    return this.host.spec.vex;
  }
  get mmx(): boolean {
    return this.host.spec.operands.some((o) => o.kind === 'p');
  }
  private shape(n: number): HandlerSpec['operands'][number] {
    const shape = this.host.spec.operands[n];
    if (shape === undefined) throw new Error(`${this.host.spec.key}: no operand ${n}`);
    return shape;
  }
  bits(n: number): number {
    return this.shape(n).size;
  }

  /** A legacy packed operand, and what VMOVAPS and its kin access, must be aligned (SDM vol. 1, 14.9). */
  private locate(size: number, access: number): Value<'i32'> {
    const { host } = this, bytes = size / 8;
    return host.locate(bytes, host.spec.aligned && bytes >= 16 ? bytes : 1, access);
  }

  get(n: number): Vector128[] {
    const { host } = this, { s } = host, { kind, size } = this.shape(n);
    if (kind === 'v' || kind === 'l') {
      const { at, offset } = host.vectorPlace(n), bound = s.let(at);
      return Array.from({ length: size / 128 }, (_, lane) => s.let(v128.load(bound, offset + lane * 16)));
    }
    if (kind === 'p') {
      const { at, offset } = host.vectorPlace(n);
      return [s.let(v128.load64_zero(at, offset))];
    }
    if (kind === 'm') return this.loadMemory(size);
    const word = host.get(n);
    return [s.let(size === 64 ? i64x2.replace_lane(ZERO, as64(word), 0) : i32x4.replace_lane(ZERO, as32(word), 0))];
  }

  private loadMemory(size: number): Vector128[] {
    const { memory, s } = this.host;
    const at = memory.m.ptr.from_i32_u(this.locate(size, READ));
    switch (size) {
      case 8: return [s.let(i32x4.replace_lane(ZERO, i32.load8_u(at), 0))];
      case 16: return [s.let(i32x4.replace_lane(ZERO, i32.load16_u(at, 0, 1), 0))];
      case 32: return [s.let(v128.load32_zero(at, 0, 1))];
      case 64: return [s.let(v128.load64_zero(at, 0, 1))];
      default: {
        const bound = s.let(at);
        return Array.from({ length: size / 128 }, (_, lane) => s.let(v128.load(bound, lane * 16, 1)));
      }
    }
  }

  set(n: number, lanes: readonly Vector128[]): void {
    const { host } = this, { s } = host, { kind, size } = this.shape(n);
    const [low = ZERO, high] = lanes;
    switch (kind) {
      case 'v': {
        const { at, offset } = host.vectorPlace(n), bound = s.let(at);
        s.v128.store(bound, low, offset);
        if (this.vex) s.v128.store(bound, high ?? ZERO, offset + 16);
        return;
      }
      case 'p': {
        const { at, offset } = host.vectorPlace(n), bound = s.let(at);
        s.v128.store64_lane(bound, low, 0, offset);
        s.i32.store16(bound, 0xffff, offset + 8);
        return;
      }
      case 'm': this.storeMemory(size, lanes); return;
      default: host.set(n, size === 64 ? i64x2.extract_lane(low, 0) : i32x4.extract_lane(low, 0));
    }
  }

  low(n: number, bits: 32 | 64): Word {
    const { host } = this, { kind } = this.shape(n);
    if (kind === 'r') return host.get(n);
    if (kind === 'm') {
      const at = host.memory.m.ptr.from_i32_u(this.locate(bits, READ));
      return host.s.let(bits === 64 ? i64.load(at, 0, 1) : i32.load(at, 0, 1));
    }
    const { at, offset } = host.vectorPlace(n);
    return host.s.let(bits === 64 ? i64.load(at, offset) : i32.load(at, offset));
  }
  setLow(value: Word, bits: 32 | 64, rest: number = 1): void {
    const { host } = this, { s } = host;
    if (this.vex) {
      const [lane = ZERO] = this.get(rest);
      this.set(0, [s.let(bits === 64 ? i64x2.replace_lane(lane, as64(value), 0) : i32x4.replace_lane(lane, as32(value), 0))]);
      return;
    }
    const { at, offset } = host.vectorPlace(0);
    if (bits === 64) s.i64.store(at, as64(value), offset);
    else s.i32.store(at, as32(value), offset);
  }

  merge(n: number, lanes: readonly Vector128[]): void {
    const { host } = this, { s } = host, { at, offset } = host.vectorPlace(n), bound = s.let(at);
    lanes.forEach((lane, i) => s.v128.store(bound, lane, offset + i * 16));
  }

  private storeMemory(size: number, lanes: readonly Vector128[]): void {
    const { memory, s } = this.host;
    // The values first: nothing of them may depend on what the look-up does.
    const [low = ZERO, high = ZERO] = lanes.map((lane) => s.let(lane));
    const found = this.locate(size, WRITE);
    const at = memory.m.ptr.from_i32_u(found);
    switch (size as Size | 128 | 256) {
      case 8: s.v128.store8_lane(at, low, 0, 0, 1); break;
      case 16: s.v128.store16_lane(at, low, 0, 0, 1); break;
      case 32: s.v128.store32_lane(at, low, 0, 0, 1); break;
      case 64: s.v128.store64_lane(at, low, 0, 0, 1); break;
      case 256:
        s.v128.store(at, low, 0, 1);
        s.v128.store(at, high, 16, 1);
        break;
      case 128: s.v128.store(at, low, 0, 1); break;
    }
    memory.commit(found);
  }

  private state(): Value<'ptr'> {
    return this.host.memory.m.ptr.from_i32_u(this.host.memory.state);
  }
  setRegister(number: number, lane: 0 | 1, value: Vector128): void {
    this.host.s.v128.store(this.state(), value, VECTOR_REGISTERS_AT + number * 32 + lane * 16);
  }
  index(lane: 0 | 1): Vector128 {
    const { at, offset } = this.host.indexPlace();
    return this.host.s.let(v128.load(at, offset + lane * 16));
  }
  scale(): Value<'i32'> {
    return this.host.indexScale();
  }
  isLong(): Value<'i32'> {
    return this.host.inLongMode();
  }

  pending(): Value<'i32'> {
    return i32.and(i32.load16_u(this.state(), X87_CONTROL.fsw[0]), ERROR_SUMMARY);
  }
  enterMmx(): void {
    const { s } = this.host, at = this.state();
    s.i32.store16(at, i32.and(i32.load16_u(at, X87_CONTROL.fsw[0]), ~TOP_MASK), X87_CONTROL.fsw[0]);
    s.i32.store16(at, ALL_VALID, X87_CONTROL.ftw[0]);
  }
  leaveMmx(): void {
    const { s } = this.host, at = this.state();
    s.i32.store16(at, i32.and(i32.load16_u(at, X87_CONTROL.fsw[0]), ~TOP_MASK), X87_CONTROL.fsw[0]);
    s.i32.store16(at, 0, X87_CONTROL.ftw[0]);
  }
}
