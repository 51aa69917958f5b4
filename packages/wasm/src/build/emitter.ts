import type { ByteWriter } from '../encode/byte-writer.ts';
import { opName } from '../opcodes/index.ts';
import { I32, I64, NONE } from '../types.ts';
import type { Func, FuncType, Global, Local } from '../value/items.ts';
import { fail } from '../value/session.ts';
import {
  DEAD, K_CALL, K_CALL_INDIRECT, K_F32, K_F64, K_GLOBAL, K_I32, K_I64, K_IF, K_INDEX, K_LANE, K_LANES, K_LIKELY,
  K_LOCAL, K_MEMORY, K_MEMORY_LANE, K_PLAIN, K_PTR, K_TEE, K_UNLIKELY, K_V128, KIND, ONCE, USED, type Value, WEIGHT,
} from '../value/value.ts';
import { StackChecker } from './checker.ts';
import { Staleness } from './staleness.ts';

/** A value this heavy must be bound before it is used again: repeating it would hide what it costs. */
const HEAVY = 16;

const FENCE = 0xfe003;

/** Where a branch hint belongs and what it says, relative to the first instruction. */
export interface Hint {
  readonly offset: number;
  readonly value: number;
}

/**
 * Writes instructions of one function's body: every expression, and the plain bytes that statements need. With
 * checking on, each instruction passes the stack checker and each reading value the staleness check.
 */
export class Emitter {
  readonly out: ByteWriter;
  readonly checker: StackChecker | null;
  readonly stale: Staleness | null;
  readonly hints: Hint[] = [];
  readonly #start: number;
  readonly #ptrType: number;
  /** Where the last `local.set` ends, and its local: a `local.get` just behind it makes it a `local.tee`. */
  #setEnd = -1;
  #setStart = -1;
  #setIndex = -1;

  constructor(out: ByteWriter, ptrType: number, results: readonly number[], check: boolean) {
    this.out = out;
    this.#start = out.length;
    this.#ptrType = ptrType;
    this.checker = check ? new StackChecker(ptrType, results) : null;
    this.stale = check ? new Staleness() : null;
  }

  /** Records a hint for the branch about to be written. */
  hint(value: number): void {
    if (value >= 0) this.hints.push({ offset: this.out.length - this.#start, value });
  }

  /** An opcode of the table, without immediates. */
  opcode(op: number): void {
    const out = this.out;
    if (op < 0x100) out.u8(op);
    else {
      out.u8(op >>> 12);
      out.u32(op & 0xfff);
    }
  }

  localGet(index: number, type: number): void {
    this.checker?.push(type);
    const out = this.out;
    if (out.length === this.#setEnd && index === this.#setIndex) {
      out.bytes[this.#setStart] = 0x22;
      this.#setEnd = -1;
      return;
    }
    out.u8(0x20);
    out.u32(index);
  }

  localSet(index: number, type: number): void {
    this.checker?.pop(type, 0x21);
    const out = this.out;
    this.#setStart = out.length;
    this.#setIndex = index;
    out.u8(0x21);
    out.u32(index);
    this.#setEnd = out.length;
  }

  /** An expression: leaves its value on the operand stack. */
  expr(value: Value): void {
    const out = this.out;
    switch (value.flags & KIND) {
      case K_I32:
        this.checker?.push(I32);
        out.u8(0x41);
        out.s32(value.x);
        return;
      case K_I64:
        this.checker?.push(I64);
        out.u8(0x42);
        out.s64(value.x, value.y);
        return;
      case K_LOCAL:
        this.#readLocal(value);
        return;
      case K_PTR:
      case K_F32:
      case K_F64:
      case K_V128:
        this.#constant(value);
        return;
      default:
        break;
    }
    if ((value.flags & USED) !== 0) this.#again(value);
    value.flags |= USED;
    this.#compound(value, out);
  }

  #compound(value: Value, out: ByteWriter): void {
    const { a, b, rest, op } = value;
    if ((value.flags & KIND) === K_IF) {
      this.#choice(value);
      return;
    }
    // The index of an indirect call is evaluated after the arguments; all others follow their own order.
    if ((value.flags & KIND) === K_CALL_INDIRECT) {
      if (rest !== null) for (const operand of rest) this.expr(operand);
      if (a !== null) this.expr(a);
    } else {
      if (a !== null) this.expr(a);
      if (b !== null) this.expr(b);
      if (rest !== null) for (const operand of rest) this.expr(operand);
    }
    if (this.checker !== null) this.#check(value, this.checker);
    switch (value.flags & KIND) {
      case K_PLAIN:
        this.opcode(op);
        if (op === FENCE) out.u8(0);
        return;
      case K_MEMORY:
        this.opcode(op);
        this.#memoryArgument(value, out);
        return;
      case K_MEMORY_LANE:
        this.opcode(op);
        this.#memoryArgument(value, out);
        out.u8((value.y >>> 8) & 0xff);
        return;
      case K_LANE:
        this.opcode(op);
        out.u8(value.x);
        return;
      case K_LANES:
        this.opcode(op);
        out.append(value.data as Uint8Array);
        return;
      case K_INDEX:
      case K_GLOBAL:
      case K_TEE:
      case K_CALL:
        this.opcode(op);
        out.u32(value.x);
        return;
      case K_CALL_INDIRECT:
        this.opcode(op);
        out.u32(value.x);
        out.u32(value.y);
        return;
      case K_LIKELY:
      case K_UNLIKELY:
        return;
      default:
        fail({ code: 'bad-immediate', op: opName(op), problem: 'no such kind of value' });
    }
  }

  #constant(value: Value): void {
    const out = this.out;
    this.checker?.push(value.type);
    switch (value.flags & KIND) {
      case K_PTR:
        if (this.#ptrType === I32) {
          out.u8(0x41);
          out.s32(value.x);
        } else {
          out.u8(0x42);
          out.s64(value.x, 0);
        }
        return;
      case K_F32:
        out.u8(0x43);
        out.f32(value.data as number);
        return;
      case K_F64:
        out.u8(0x44);
        out.f64(value.data as number);
        return;
      default:
        this.opcode(value.op);
        out.append(value.data as Uint8Array);
    }
  }

  #readLocal(value: Value): void {
    if ((value.flags & (DEAD | ONCE)) !== 0) {
      if ((value.flags & DEAD) !== 0) fail({ code: 'value-out-of-scope', op: 'local.get' });
      if ((value.flags & USED) !== 0) fail({ code: 'value-used-twice', op: 'local.get' });
      value.flags |= USED;
      const local = value.data as Local;
      if (!local.alive) fail({ code: 'value-out-of-scope', op: 'local.get' });
      this.stale?.readLocal(value, local);
    }
    this.localGet(value.x, value.type);
  }

  /** A second use: refused where it would mean or cost something else than it seems to. */
  #again(value: Value): void {
    const op = opName(value.op);
    if ((value.flags & ONCE) !== 0) fail({ code: 'value-used-twice', op });
    const weight = value.flags >>> WEIGHT;
    if (weight > HEAVY) fail({ code: 'value-too-heavy', op, weight });
  }

  #memoryArgument(value: Value, out: ByteWriter): void {
    const memory = value.y >>> 16;
    const align = value.y & 0xff;
    if (memory === 0) out.u8(align);
    else {
      // Bit 6 of the alignment says that a memory index follows (multi-memory, 5.4.6).
      out.u8(align | 0x40);
      out.u32(memory);
    }
    out.u32(value.x);
  }

  #choice(value: Value): void {
    const { a, b, rest } = value;
    const other = rest?.[0];
    if (a === null || b === null || other === undefined) return;
    const type = this.resolve(value.type);
    this.expr(a);
    this.checker?.enter(0x04, [], [type]);
    this.hint((a.flags & KIND) === K_LIKELY ? 1 : (a.flags & KIND) === K_UNLIKELY ? 0 : -1);
    this.out.u8(0x04);
    this.out.u8(type);
    this.expr(b);
    this.checker?.else();
    this.out.u8(0x05);
    this.expr(other);
    this.checker?.end();
    this.out.u8(0x0b);
  }

  /** An encoded type with `ptr` resolved. */
  resolve(type: number): number {
    return type === 0 ? this.#ptrType : type;
  }

  #check(value: Value, checker: StackChecker): void {
    const { op, type } = value;
    switch (value.flags & KIND) {
      case K_MEMORY:
      case K_MEMORY_LANE:
        this.#checkMemory(value);
        checker.plain(op);
        return;
      case K_GLOBAL: {
        const global = value.data as Global;
        if (global.mutable) this.stale?.readGlobal(value, global);
        checker.push(type);
        return;
      }
      case K_TEE: {
        const local = value.data as Local;
        if (!local.alive) fail({ code: 'value-out-of-scope', op: 'local.tee' });
        checker.pop(type, op);
        this.stale?.writes(local);
        checker.push(type);
        return;
      }
      case K_CALL:
      case K_CALL_INDIRECT: {
        const signature = op === 0x10 ? (value.data as Func).type : (value.data as FuncType);
        this.stale?.effect(value);
        this.stale?.calls();
        if (op === 0x11) checker.pop(I32, op);
        checker.popAll(signature.paramCodes, op);
        checker.pushAll(signature.resultCodes);
        return;
      }
      case K_INDEX:
        this.#checkIndexed(value, checker);
        return;
      case K_LIKELY:
      case K_UNLIKELY:
        return;
      default:
        if (op === 0x1b) checker.select();
        else if (op === 0xd1) {
          checker.popAny(op);
          checker.push(I32);
        } else checker.plain(op);
        if (op === FENCE) this.stale?.writesMemory();
    }
  }

  /** Loads read memory; stores and all atomic instructions also count as writing it. */
  #checkMemory(value: Value): void {
    const atomic = value.op >>> 12 === 0xfe;
    if (atomic && value.type !== NONE) this.stale?.effect(value);
    else if (value.type !== NONE) this.stale?.readMemory(value);
    if (atomic || value.type === NONE) this.stale?.writesMemory();
  }

  /** memory.size, memory.grow, table.get, table.size, table.grow, ref.null and ref.func. */
  #checkIndexed(value: Value, checker: StackChecker): void {
    const { op, a, b } = value;
    if (b !== null) checker.pop(b.type, op);
    if (a !== null) checker.pop(op === 0x25 ? I32 : a.type, op);
    checker.push(value.type);
    if (op === 0x3f) this.stale?.readMemory(value);
    else if (op === 0x25 || op === 0xfc010) this.stale?.readTable(value);
    else if (op === 0x40 || op === 0xfc00f) {
      this.stale?.effect(value);
      this.stale?.writesMemory();
    }
  }
}
