/** A stack that an event, a gate or a return works on before it becomes the processor's, or while it is. */
import { Access, type Segment } from '@polyvisor/core';
import { SEGMENT_RIGHTS as RIGHTS } from '../state/bits.ts';
import { NOT_CANONICAL } from '../state/engine-layout.ts';
import { Exception, type Processor } from './processor.ts';

export class Stack {
  /** Stack pointer, a signed number in 64-bit mode. */
  pointer: number;
  readonly #p: Processor;
  readonly #segment: Segment;
  readonly #wide: boolean;
  /** Error code of #SS. */
  readonly #code: number;

  /** `wide`: 64-bit mode, where there is no segment. */
  constructor(p: Processor, segment: Segment, pointer: number, wide: boolean, code = 0) {
    this.#p = p;
    this.#segment = segment;
    this.#wide = wide;
    this.#code = code;
    this.pointer = wide ? pointer : this.#cut(pointer);
  }

  /** The processor's own. */
  static current(p: Processor): Stack {
    return new Stack(p, p.segment('ss'), p.address('rsp'), p.code64);
  }

  #cut(pointer: number): number {
    return (this.#segment.rights & RIGHTS.big) !== 0 ? pointer >>> 0 : pointer & 0xffff;
  }

  /** Linear address of an access at an offset, or NaN when it is out of bounds: #SS is recorded. */
  #linear(offset: number, size: number): number {
    if (this.#wide) return offset;
    const { rights, limit, base } = this.#segment, last = offset + size - 1;
    const down = (rights & (RIGHTS.code | RIGHTS.expandDown)) === RIGHTS.expandDown;
    const top = (rights & RIGHTS.big) !== 0 ? 0xffff_ffff : 0xffff;
    const inside = down ? offset > limit && last <= top : last <= limit;
    if (inside) return (Number(base) + offset) >>> 0;
    this.#p.fault(Exception.stack, this.#code);
    return NaN;
  }

  /** Moves by `size` bytes and writes `bytes` of them. */
  push(size: 2 | 4 | 8, low: number, high = 0, bytes = size): boolean {
    const to = this.#wide ? this.pointer - size : this.#cut(this.pointer - size);
    const linear = this.#linear(to, bytes);
    if (Number.isNaN(linear) || !this.#p.memory.store(linear, bytes, low, high, Access.write)) return this.#failed();
    this.pointer = to;
    return true;
  }
  /** A number as a word of the stack. */
  pushNumber(size: 2 | 4 | 8, value: number): boolean {
    return this.push(size, value | 0, Math.floor(value / 2 ** 32) | 0);
  }

  /** The popped value stands in the processor's memory. */
  pop(size: 2 | 4 | 8): boolean {
    if (!this.peek(0, size)) return false;
    this.skip(size);
    return true;
  }
  /** Reads without moving. */
  peek(offset: number, size: 2 | 4 | 8): boolean {
    const linear = this.#linear(this.#wide ? this.pointer + offset : this.#cut(this.pointer + offset), size);
    return (!Number.isNaN(linear) && this.#p.memory.load(linear, size, Access.read)) || this.#failed();
  }
  skip(bytes: number): void {
    this.pointer = this.#wide ? this.pointer + bytes : this.#cut(this.pointer + bytes);
  }

  /** A stack address that is not canonical is #SS. */
  #failed(): false {
    return this.#p.faultVector === NOT_CANONICAL ? this.#p.fault(Exception.stack, this.#code) : false;
  }

  /** Makes the pointer the processor's; a 16-bit one leaves the upper half of ESP alone. */
  commit(): void {
    const p = this.#p;
    if (this.#wide || (this.#segment.rights & RIGHTS.big) !== 0) p.setAddress('rsp', this.pointer);
    else p.state.setHalves('rsp', (p.state.low('rsp') & 0xffff_0000) | this.pointer, p.state.high('rsp'));
  }
}
