/**
 * Guest memory from generated code: the software TLB is looked up inline; a miss, a page border or a page that holds
 * code calls a function that answers with another host address, or zero when an exception is due.
 */
import { FillStatus, MMU_OFFSETS, TLB_OFFSETS } from '@polyvisor/core';
import { i32, i64, likely, select, unlikely, type Arg, type Func, type FunctionBuilder, type Label, type Local, type ModuleBuilder, type Value } from '@polyvisor/wasm';
import { as32, as64, carrierBits, type Size, type Word, wordOps } from '../meaning/words.ts';
import type { ImageAccess } from '../meaning/context.ts';
import { DEVICE, ENGINE, NESTED_FAULT, NOT_CANONICAL } from '../state/engine-layout.ts';
import { defineImageFunctions, type ImageFunctions } from './guest-image.ts';

export type SlowPath = Func<readonly ['i32', 'i64', 'i32', 'i32'], readonly ['i32']>;
export type Commit = Func<readonly ['i32'], readonly []>;
export type Page = Func<readonly ['i32', 'i32', 'i32', 'i32', 'i32'], readonly ['i32']>;
export type Fill = Func<readonly ['i32', 'i32', 'i32', 'i32'], readonly ['i32']>;
/** What TypeScript answers: an access that meets a device, and a write to a page that holds code. */
export interface MemoryImports {
  readonly fill: Fill;
  /** Fills `scratch` for an access with a device in it. */
  readonly borrow: Commit;
  /** Brings `scratch` to where it belongs. */
  readonly giveBack: Commit;
  /** A write at a host address, of so many bytes, to a frame that holds code is about to happen. */
  readonly codeWritten: Func<readonly ['i32', 'i32'], readonly []>;
  /** An access of some bytes at a linear address while data breakpoints are enabled. */
  readonly watch: Func<readonly ['i32', 'i32', 'i32', 'i32', 'i32'], readonly []>;
}
export interface MemoryFunctions {
  readonly slow: SlowPath;
  readonly commit: Commit;
  readonly image: ImageFunctions;
}

const PAGE_MASK = -4096;
/** Index of the entry in the TLB times its size, from the low half of a linear address. */
const entryOffset = (low: Value<'i32'>): Value<'i32'> => i32.and(i32.shr_u(low, 7), 0x1ffe0);

/** Access kinds as `Access` has them. */
export const READ = 1, WRITE = 2, MODIFY = 3;

export class GuestMemory {
  readonly m: ModuleBuilder;
  readonly s: FunctionBuilder;
  readonly state: Value<'i32'>;
  readonly functions: MemoryFunctions;
  /** Where an exception goes. */
  readonly fault: Label<[]>;
  private readonly tlb: () => Value<'i32'>;
  private readonly afterSlow: () => void;

  /** `tlb` is where the TLB begins; `afterSlow` is emitted behind calls that may have reached a device. */
  constructor(
    m: ModuleBuilder, s: FunctionBuilder, state: Value<'i32'>, functions: MemoryFunctions, fault: Label<[]>,
    tlb?: () => Value<'i32'>, afterSlow: () => void = () => undefined,
  ) {
    this.tlb = tlb ?? (() => i32.load(m.ptr.from_i32_u(state), MMU_OFFSETS.tlb));
    this.afterSlow = afterSlow;
    this.m = m;
    this.s = s;
    this.state = state;
    this.functions = functions;
    this.fault = fault;
  }

  private at(address: Value<'i32'>): Value<'ptr'> {
    return this.m.ptr.from_i32_u(address);
  }

  /** The host address for an access that does not cross a page, and whether the TLB has it. */
  probe(linear: Value<'i64'>, bytes: number | Value<'i32'>, access: number): { hit: Value<'i32'>; host: () => Value<'i32'> } {
    const { s, state } = this;
    const low = s.let(i32.wrap_i64(linear));
    const entry = s.let(i32.add(entryOffset(low), this.tlb()));
    const tag = i64.load(this.at(state), ENGINE.tlbTag);
    const last = i64.add(linear, typeof bytes === 'number' ? bytes - 1 : i64.extend_i32_u(i32.sub(bytes, 1)));
    const wanted = i64.or(i64.and(last, PAGE_MASK), tag);
    const found = i64.load(this.at(entry), access === READ ? TLB_OFFSETS.readTag : TLB_OFFSETS.writeTag);
    return { hit: i64.eq(found, wanted), host: () => i32.add(low, i32.load(this.at(entry), TLB_OFFSETS.addend)) };
  }

  /** A host address where `bytes` can be read, or written too when `access` says so and `commit` follows. */
  translate(linear: Value<'i64'>, bytes: number | Value<'i32'>, access: number): Value<'i32'> {
    const { s } = this;
    const { hit, host } = this.probe(linear, bytes, access);
    return s.if('i32', likely(hit), host, () => {
      const found = s.call(this.functions.slow, this.state, linear, typeof bytes === 'number' ? i32.const(bytes) : bytes, i32.const(access));
      s.br_if(this.fault, unlikely(i32.eqz(found)));
      this.afterSlow();
      return found;
    });
  }

  /** After writes to what `translate` gave: brings a borrowed buffer to its places. */
  commit(host: Value<'i32'>): void {
    this.s.if(unlikely(i32.eq(host, i32.add(this.state, ENGINE.scratch))), () => {
      this.s.call(this.functions.commit, this.state);
      this.afterSlow();
    });
  }

  /** An image of up to a page, which may lie in two. */
  image(linear: Value<'i64'>, bytes: Arg<'i32'>, access: number): ImageAccess {
    const { s, state } = this, { reach, fetch, store } = this.functions.image;
    s.br_if(this.fault, unlikely(i32.eqz(s.call(reach, state, linear, bytes, access))));
    return {
      fetch: (offset, count) => s.call(fetch, state, offset, count),
      store: (offset, count) => s.call(store, state, offset, count),
    };
  }

  loadFrom(host: Value<'i32'>, size: Size): Word {
    const at = this.at(host);
    switch (size) {
      case 8: return this.s.let(i32.load8_u(at));
      case 16: return this.s.let(i32.load16_u(at, 0, 1));
      case 32: return this.s.let(i32.load(at, 0, 1));
      case 64: return this.s.let(i64.load(at, 0, 1));
    }
  }
  storeTo(host: Value<'i32'>, value: Word, size: Size): void {
    const at = this.at(host), { s } = this;
    switch (size) {
      case 8: { s.i32.store8(at, as32(value)); return; }
      case 16: { s.i32.store16(at, as32(value), 0, 1); return; }
      case 32: { s.i32.store(at, as32(value), 0, 1); return; }
      case 64: { s.i64.store(at, as64(value), 0, 1); return; }
    }
  }

  load(linear: Value<'i64'>, size: Size): Word {
    return this.loadFrom(this.translate(linear, size / 8, READ), size);
  }

  store(linear: Value<'i64'>, value: Word, size: Size): void {
    const { s } = this;
    const bound = s.let(value);
    const { hit, host } = this.probe(linear, size / 8, WRITE);
    s.if(likely(hit), () => this.storeTo(s.let(host()), bound, size), () => {
      const found = s.call(this.functions.slow, this.state, linear, i32.const(size / 8), i32.const(WRITE));
      s.br_if(this.fault, unlikely(i32.eqz(found)));
      this.storeTo(found, bound, size);
      this.commit(found);
    });
  }

  /** Reads, computes, writes. `locked` makes it one step for other processors, where the address is aligned. */
  modify(linear: Value<'i64'>, size: Size, locked: boolean, compute: (old: Word) => Word, done: (old: Word, result: Word) => void): void {
    const { s } = this;
    const host = this.translate(linear, size / 8, MODIFY);
    if (!locked) {
      const old = this.loadFrom(host, size);
      const result = s.let(compute(old));
      this.storeTo(host, result, size);
      this.commit(host);
      done(old, result);
      return;
    }
    // One of the two types, which `Word` stands for.
    const variable = (): Local<'i64'> => s.local(carrierBits(size) === 64 ? 'i64' : 'i32') as Local<'i64'>;
    const old = variable(), result = variable();
    s.if(i32.and(host, size / 8 - 1), () => {
      // A split lock; also what lies in two pages.
      s.set(old, as64(this.loadFrom(host, size)));
      s.set(result, as64(compute(s.let(old.get()))));
      this.storeTo(host, result.get(), size);
      this.commit(host);
    }, () => {
      s.loop((next) => {
        const seen = s.let(this.loadFrom(host, size));
        s.set(old, as64(seen));
        s.set(result, as64(compute(seen)));
        const now = s.let(this.exchange(host, seen, result.get(), size));
        s.br_if(next, wordOps(size).ne(now, seen));
      });
      // A device's register comes here as well: the buffer is aligned.
      this.commit(host);
    });
    done(s.let(old.get()), s.let(result.get()));
  }

  private exchange(host: Value<'i32'>, expected: Word, replacement: Word, size: Size): Word {
    const at = this.at(host);
    switch (size) {
      case 8: return i32.atomic.rmw8.cmpxchg_u(at, as32(expected), as32(replacement));
      case 16: return i32.atomic.rmw16.cmpxchg_u(at, as32(expected), as32(replacement));
      case 32: return i32.atomic.rmw.cmpxchg(at, as32(expected), as32(replacement));
      case 64: return i64.atomic.rmw.cmpxchg(at, as64(expected), as64(replacement));
    }
  }
}

/** The host address of one page's part of an access, `DEVICE`, or zero when an exception is due. */
function definePage(m: ModuleBuilder, imports: MemoryImports): Page {
  const at = (address: Value<'i32'>): Value<'ptr'> => m.ptr.from_i32_u(address);
  return m.func('page', { params: ['i32', 'i32', 'i32', 'i32', 'i32'], results: ['i32'], names: ['state', 'low', 'high', 'bytes', 'access'] }, (s, state, low, high, bytes, access) => {
    const fault = (vector: number, code: Value<'i32'> | number): void => {
      s.i32.store(at(state), vector, ENGINE.faultVector);
      s.i32.store(at(state), code, ENGINE.faultCode);
      s.return(i32.const(0));
    };
    // Bits 63 to 47 of an address are equal (SDM vol. 1, 3.3.7.1). Which exception it is depends on the segment.
    const top = s.let(i32.shr_s(high, 15));
    s.if(i32.gt_u(i32.add(top, 1), 1), () => fault(NOT_CANONICAL, 0));
    const status = s.call(imports.fill, state, low, high, s.let(select(i32.const(WRITE), access, i32.and(access, WRITE))));
    s.if(i32.eq(status, FillStatus.pageFault), () => {
      s.i64.store(at(state), i64.load(at(state), MMU_OFFSETS.linear), ENGINE.faultLinear);
      fault(14, s.let(i32.load(at(state), MMU_OFFSETS.errorCode)));
    });
    s.if(i32.eq(status, FillStatus.nestedFault), () => fault(NESTED_FAULT, 0));
    s.if(i32.eq(status, FillStatus.mmio), () => s.return(i32.const(DEVICE)));
    s.if(i32.eq(status, FillStatus.code), () => s.call(imports.codeWritten, s.let(i32.load(at(state), MMU_OFFSETS.host)), bytes));
    return i32.load(at(state), MMU_OFFSETS.host);
  });
}

/** Defines the functions behind a failed inline look-up. */
export function defineMemoryFunctions(m: ModuleBuilder, imports: MemoryImports): MemoryFunctions {
  const at = (address: Value<'i32'>): Value<'ptr'> => m.ptr.from_i32_u(address);
  const page = definePage(m, imports);
  const slow = m.func('slow', { params: ['i32', 'i64', 'i32', 'i32'], results: ['i32'], names: ['state', 'linear', 'bytes', 'access'] },
    (s, state, linear, bytes, access) => {
      const within = s.let(i32.and(i32.wrap_i64(linear), 4095));
      // #AC(0) (SDM vol. 3A, 6.15): operands of 16 bytes and more have rules of their own.
      s.if(i32.load(at(state), ENGINE.alignment), () => {
        // A float of 80 bits wants 8 bytes.
        const mask = select(i32.const(7), i32.sub(bytes, 1), i32.eq(bytes, 10));
        s.if(i32.and(i32.le_u(bytes, 10), i32.ne(i32.and(within, mask), 0)), () => {
          s.i32.store(at(state), 17, ENGINE.faultVector);
          s.i32.store(at(state), 0, ENGINE.faultCode);
          s.return(i32.const(0));
        });
      });
      // All bytes must be canonical, and that comes before any page (SDM vol. 1, 3.3.7.1).
      const last = s.let(i64.add(linear, i64.extend_i32_u(i32.sub(bytes, 1))));
      s.if(i64.ne(i64.shr_s(i64.shl(last, 16), 16), last), () => {
        s.i32.store(at(state), NOT_CANONICAL, ENGINE.faultVector);
        s.i32.store(at(state), 0, ENGINE.faultCode);
        s.return(i32.const(0));
      });
      const halves = (address: Value<'i64'>): [Value<'i32'>, Value<'i32'>] => [s.let(i32.wrap_i64(address)), s.let(i32.wrap_i64(i64.shr_u(address, 32)))];
      const first = s.call(page, state, ...halves(linear), bytes, access);
      s.if(i32.eqz(first), () => s.return(i32.const(0)));
      const firstGpa = s.let(i64.load(at(state), MMU_OFFSETS.gpa));
      const one = s.let(i32.le_u(i32.add(within, bytes), 4096));
      const watch = (): void => s.if(i32.load(at(state), ENGINE.watch), () => s.call(imports.watch, state, ...halves(linear), bytes, access));
      s.if(i32.and(one, i32.ne(first, DEVICE)), () => {
        watch();
        s.return(first);
      });
      const split = s.let(select(bytes, i32.sub(4096, within), one));
      const second = s.local('i32', 'second');
      s.if(i32.eqz(one), () => {
        // In legacy modes linear addresses wrap at 4 GiB (SDM vol. 1, 3.3.4); the code mask knows the width.
        const next = s.let(i64.and(i64.add(linear, i64.extend_i32_u(split)), i64.load(at(state), ENGINE.codeMask)));
        s.set(second, s.call(page, state, ...halves(next), bytes, access));
        s.if(i32.eqz(second.get()), () => s.return(i32.const(0)));
        s.i64.store(at(state), i64.load(at(state), MMU_OFFSETS.gpa), ENGINE.scratchSecondGpa);
      });
      watch();
      s.i32.store(at(state), bytes, ENGINE.scratchSize);
      s.i32.store(at(state), split, ENGINE.scratchSplit);
      s.i32.store(at(state), access, ENGINE.scratchAccess);
      s.i32.store(at(state), first, ENGINE.scratchFirst);
      s.i32.store(at(state), second.get(), ENGINE.scratchSecond);
      s.i64.store(at(state), firstGpa, ENGINE.scratchFirstGpa);
      const scratch = s.let(i32.add(state, ENGINE.scratch));
      s.if(i32.or(i32.eq(first, DEVICE), i32.eq(second.get(), DEVICE)), () => s.call(imports.borrow, state), () => {
        s.memory.copy(at(scratch), at(first), at(split));
        s.memory.copy(at(s.let(i32.add(scratch, split))), at(second.get()), at(s.let(i32.sub(bytes, split))));
      });
      return scratch;
    });
  const commit = m.func('commit', { params: ['i32'], results: [], names: ['state'] }, (s, state) => {
    const scratch = s.let(i32.add(state, ENGINE.scratch)), split = s.let(i32.load(at(state), ENGINE.scratchSplit));
    const bytes = s.let(i32.load(at(state), ENGINE.scratchSize));
    const first = s.let(i32.load(at(state), ENGINE.scratchFirst)), second = s.let(i32.load(at(state), ENGINE.scratchSecond));
    s.if(i32.or(i32.eq(first, DEVICE), i32.eq(second, DEVICE)), () => s.call(imports.giveBack, state), () => {
      s.memory.copy(at(first), at(scratch), at(split));
      s.memory.copy(at(second), at(s.let(i32.add(scratch, split))), at(s.let(i32.sub(bytes, split))));
    });
  });
  return { slow, commit, image: defineImageFunctions(m, { page, slow, commit, watch: imports.watch }) };
}

/** Imports that every module with guest memory has. */
export function importMemory(m: ModuleBuilder): MemoryImports {
  m.importMemory('host', 'memory', { min: 1, max: 65536, shared: true });
  const state = { params: ['i32'], results: [] } as const;
  return {
    fill: m.importFunc('mmu', 'fill', { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] }),
    borrow: m.importFunc('engine', 'borrow', state),
    giveBack: m.importFunc('engine', 'giveBack', state),
    codeWritten: m.importFunc('engine', 'codeWritten', { params: ['i32', 'i32'], results: [] }),
    watch: m.importFunc('engine', 'watch', { params: ['i32', 'i32', 'i32', 'i32', 'i32'], results: [] }),
  };
}
