/**
 * The components of the extended state, between a vCPU's block and an image in the engine's buffer (Intel SDM vol. 1,
 * 10.5.1 and 13.4): x87, SSE, AVX and PKRU. One copy of the functions in each module that needs any.
 */
import {
  MMU_OFFSETS, QUAD_OFFSETS, TLB_ENTRIES, TLB_ENTRY_SIZE, VECTOR_REGISTERS_AT, WORD_OFFSETS, X87_REGISTERS_AT,
} from '@polyvisor/core';
import { type Func, type FunctionBuilder, i32, i64, type ModuleBuilder, type Value } from '@polyvisor/wasm';
import { ENGINE } from '../../state/engine-layout.ts';
import { CONTROL_INITIAL, Fpu } from '../x87/fpu.ts';
import { fpuFunctions } from '../x87/functions.ts';

/** Bits of XCR0 and of the masks and headers of XSAVE. */
export const COMPONENT = { x87: 1, sse: 2, avx: 4, pkru: 0x200, all: 0x207 } as const;
/** Where an image has its parts. The upper halves of YMM lie alike in both formats, as the first extended component; PKRU follows what there is. */
export const AREA = { registers: 32, mxcsr: 24, xmm: 160, header: 512, headerSize: 64, extended: 576, avx: 576, avxSize: 256, pkru: 2688, pkruSize: 8 } as const;
export const MXCSR_INITIAL = 0x1f80;
/** Bits of MXCSR that may be set, which images report. */
export const MXCSR_MASK = 0xffff;

type Whole = Func<readonly ['i32'], readonly []>;
/** `(state, wide)`: whether instruction and operand pointers have 64 bits. */
type Sized = Func<readonly ['i32', 'i32'], readonly []>;

export interface StateFunctions {
  readonly saveX87: Sized;
  readonly loadX87: Sized;
  readonly clearX87: Whole;
  /** `(state, count)`: the first 8 or 16 registers, from or to their place in the buffer. */
  readonly saveXmm: Sized;
  readonly loadXmm: Sized;
  readonly clearXmm: Sized;
  readonly saveUpper: Sized;
  readonly loadUpper: Sized;
  readonly clearUpper: Sized;
  /** `(state, value)`: what the TLB holds was allowed by the old value. */
  readonly setPkru: Sized;
  /** Components that are not in their initial configuration (XINUSE, 13.6). MXCSR does not count. */
  readonly inUse: Func<readonly ['i32'], readonly ['i32']>;
}

const B = ENGINE.block;

function define(m: ModuleBuilder): StateFunctions {
  const at = (address: Value<'i32'>): Value<'ptr'> => m.ptr.from_i32_u(address);
  const fpuOf = (s: unknown, state: Value<'i32'>): Fpu => new Fpu(m, s as FunctionBuilder, state);

  const saveX87 = m.func('saveX87', { params: ['i32', 'i32'], results: [] }, (s, state, wide) => {
    const fpu = fpuOf(s, state), to = at(state);
    s.i32.store16(to, fpu.control(), B);
    s.i32.store16(to, fpu.status(), B + 2);
    s.i32.store16(to, i32.and(fpu.tags(), 0xff), B + 4);
    s.i32.store16(to, fpu.opcode(), B + 6);
    // In the narrow form a selector and nothing follow the offsets; neither is kept.
    const mask = s.let(i64.shr_u(-1, i64.extend_i32_u(i32.shl(i32.eqz(wide), 5))));
    s.i64.store(to, i64.and(fpu.instructionPointer(), mask), B + 8);
    s.i64.store(to, i64.and(fpu.dataPointer(), mask), B + 16);
    const i = s.var(i32.const(0));
    s.loop((next) => {
      const register = fpu.physical(i.get()), place = s.let(at(i32.add(state, i32.shl(i.get(), 4))));
      s.i64.store(place, fpu.sig(register), B + AREA.registers);
      s.i64.store(place, i64.extend_i32_u(fpu.se(register)), B + AREA.registers + 8);
      s.set(i, i32.add(i.get(), 1));
      s.br_if(next, i32.lt_u(i.get(), 8));
    });
  });
  const loadX87 = m.func('loadX87', { params: ['i32', 'i32'], results: [] }, (s, state, wide) => {
    const fpu = fpuOf(s, state), from = at(state);
    s.call(fpuFunctions(m).setWords, state, i32.load16_u(from, B), i32.load16_u(from, B + 2));
    fpu.setTags(i32.load8_u(from, B + 4));
    fpu.setOpcode(i32.and(i32.load16_u(from, B + 6), 0x7ff));
    const mask = s.let(i64.shr_u(-1, i64.extend_i32_u(i32.shl(i32.eqz(wide), 5))));
    fpu.setInstructionPointer(i64.and(i64.load(from, B + 8), mask));
    fpu.setDataPointer(i64.and(i64.load(from, B + 16), mask));
    const i = s.var(i32.const(0));
    s.loop((next) => {
      const place = s.let(at(i32.add(state, i32.shl(i.get(), 4))));
      fpu.write(fpu.physical(i.get()), i64.load(place, B + AREA.registers), i32.load16_u(place, B + AREA.registers + 8));
      s.set(i, i32.add(i.get(), 1));
      s.br_if(next, i32.lt_u(i.get(), 8));
    });
  });
  const clearX87 = m.func('clearX87', { params: ['i32'], results: [] }, (s, state) => {
    s.call(fpuFunctions(m).initialise, state);
    s.memory.fill(at(s.let(i32.add(state, X87_REGISTERS_AT))), 0, m.ptr.const(128));
  });

  /** Walks over vector registers, `half` bytes into each; the image has them 16 bytes apart from `area` on. */
  const vectors = (name: string, half: 0 | 16, area: number, kind: 'save' | 'load' | 'clear'): Sized =>
    m.func(name, { params: ['i32', 'i32'], results: [] }, (s, state, count) => {
      const register = s.var(state), image = s.var(state), end = s.let(i32.add(state, i32.shl(count, 4)));
      s.loop((next) => {
        const r = s.let(at(register.get())), b = s.let(at(image.get()));
        for (const offset of [0, 8]) {
          const own = VECTOR_REGISTERS_AT + half + offset, other = B + area + offset;
          if (kind === 'save') s.i64.store(b, i64.load(r, own), other);
          else s.i64.store(r, kind === 'load' ? i64.load(b, other) : i64.const(0), own);
        }
        s.set(register, i32.add(register.get(), 32));
        s.set(image, i32.add(image.get(), 16));
        s.br_if(next, i32.lt_u(image.get(), end));
      });
    });

  const inUse = m.func('inUse', { params: ['i32'], results: ['i32'] }, (s, state) => {
    const fpu = fpuOf(s, state);
    const words = i32.or(i32.xor(fpu.control(), CONTROL_INITIAL), i32.or(fpu.status(), i32.or(fpu.tags(), fpu.opcode())));
    const x87 = s.var(i64.or(i64.extend_i32_u(words), i64.or(fpu.instructionPointer(), fpu.dataPointer())));
    const sse = s.var(i64.const(0)), avx = s.var(i64.const(0)), i = s.var(state);
    s.loop((next) => {
      const r = s.let(at(i.get()));
      const two = (offset: number): Value<'i64'> => i64.or(i64.load(r, offset), i64.load(r, offset + 8));
      s.set(sse, i64.or(sse.get(), two(VECTOR_REGISTERS_AT)));
      s.set(avx, i64.or(avx.get(), two(VECTOR_REGISTERS_AT + 16)));
      s.set(i, i32.add(i.get(), 32));
      s.br_if(next, i32.lt_u(i.get(), i32.add(state, 512)));
    });
    const j = s.var(state);
    s.loop((next) => {
      const r = s.let(at(j.get()));
      s.set(x87, i64.or(x87.get(), i64.or(i64.load(r, X87_REGISTERS_AT), i64.load16_u(r, X87_REGISTERS_AT + 8))));
      s.set(j, i32.add(j.get(), 16));
      s.br_if(next, i32.lt_u(j.get(), i32.add(state, 128)));
    });
    const pkru = i32.mul(i32.ne(i32.load(at(state), WORD_OFFSETS.pkru), 0), COMPONENT.pkru);
    const bit = (v: Value<'i64'>, component: number): Value<'i32'> => i32.mul(i64.ne(v, 0), component);
    return i32.or(bit(x87.get(), COMPONENT.x87), i32.or(bit(sse.get(), COMPONENT.sse), i32.or(bit(avx.get(), COMPONENT.avx), pkru)));
  });
  const setPkru = m.func('setPkru', { params: ['i32', 'i32'], results: [] }, (s, state, value) => {
    s.if(i32.eq(i32.load(at(state), WORD_OFFSETS.pkru), value), () => s.return());
    s.i32.store(at(state), value, WORD_OFFSETS.pkru);
    // Tags of all ones never compare equal.
    s.memory.fill(at(s.let(i32.load(at(state), MMU_OFFSETS.tlb))), 0xff, m.ptr.const(TLB_ENTRIES * TLB_ENTRY_SIZE));
  });
  return {
    saveX87, loadX87, clearX87, inUse, setPkru,
    saveXmm: vectors('saveXmm', 0, AREA.xmm, 'save'), loadXmm: vectors('loadXmm', 0, AREA.xmm, 'load'), clearXmm: vectors('clearXmm', 0, 0, 'clear'),
    saveUpper: vectors('saveUpper', 16, AREA.avx, 'save'), loadUpper: vectors('loadUpper', 16, AREA.avx, 'load'),
    clearUpper: vectors('clearUpper', 16, 0, 'clear'),
  };
}

const known = new WeakMap<ModuleBuilder, StateFunctions>();

/** The module's functions, defined when the first meaning asks. */
export function stateFunctions(m: ModuleBuilder): StateFunctions {
  let found = known.get(m);
  if (found === undefined) known.set(m, found = define(m));
  return found;
}

/** MXCSR and XCR0 of the block. */
export const mxcsr = (m: ModuleBuilder, state: Value<'i32'>): Value<'i32'> => i32.load(m.ptr.from_i32_u(state), WORD_OFFSETS.mxcsr);
export const xcr0 = (m: ModuleBuilder, state: Value<'i32'>): Value<'i64'> => i64.load(m.ptr.from_i32_u(state), QUAD_OFFSETS.xcr0);
