/**
 * Images of the x87 state as FNSTENV, FNSAVE and their counterparts lay them out (Intel SDM vol. 1, 8.1.10, figures 8-9 to
 * 8-12), in the engine's staging buffer. Selectors of the last instruction and operand are not kept and are stored as
 * zero, as by processors that report CPUID.(EAX=7,ECX=0):EBX[13].
 */
import { type Func, i32, i64, select, type Value } from '@polyvisor/wasm';
import { ENGINE } from '../../state/engine-layout.ts';
import type { ControlFunctions } from './define-control.ts';
import type { Fpu } from './fpu.ts';
import type { Define } from './functions.ts';

type Layout = 'protected16' | 'protected32' | 'real16' | 'real32';
/** Bytes of an environment with an operand size of 16 and of 32 bits. */
export const ENVIRONMENT_SIZE = { 16: 14, 32: 28 } as const;
export const REGISTERS_SIZE = 80;

type Whole = Func<readonly ['i32'], readonly []>;
export interface EnvironmentFunctions {
  readonly saveEnvironment: Readonly<Record<Layout, Whole>>;
  readonly loadEnvironment: Readonly<Record<Layout, Whole>>;
  /** `saveRegisters(state, offset)`: ST(0) to ST(7), ten bytes each, from an offset of the buffer on. */
  readonly saveRegisters: Func<readonly ['i32', 'i32'], readonly []>;
  readonly loadRegisters: Func<readonly ['i32', 'i32'], readonly []>;
}

const LAYOUTS: readonly Layout[] = ['protected16', 'protected32', 'real16', 'real32'];
const AT = ENGINE.block;
const low16 = (v: Value<'i64'>): Value<'i32'> => i32.and(i32.wrap_i64(v), 0xffff);

/** Sixteen bits each: where a layout has control, status and tag word, and the words behind them. */
const word = (layout: Layout, n: number): number => AT + n * (layout.endsWith('32') ? 4 : 2);

export function defineEnvironment(define: Define, control: ControlFunctions): EnvironmentFunctions {
  const place = (fpu: Fpu): Value<'ptr'> => fpu.m.ptr.from_i32_u(fpu.state);

  /** 00 valid, 01 zero, 10 special, 11 empty, of each physical register (8.1.7). */
  const tagWord = define('x87TagWord', [], ['i32'], (fpu, s) => {
    const tags = s.var(i32.const(0)), n = s.var(i32.const(7));
    s.loop((next) => {
      const register = s.let(n.get()), exponent = s.let(i32.and(fpu.se(register), 0x7fff)), sig = s.let(fpu.sig(register));
      const zero = i32.and(i32.eqz(exponent), i64.eqz(sig));
      const normal = i32.and(i64.lt_s(sig, 0), i32.lt_u(i32.sub(exponent, 1), 0x7ffe));
      const tag = select(i32.const(3), select(i32.const(1), select(i32.const(0), 2, normal), zero), fpu.isEmpty(register));
      s.set(tags, i32.or(i32.shl(tags.get(), 2), tag));
      s.set(n, i32.sub(n.get(), 1));
      s.br_if(next, i32.ge_s(n.get(), 0));
    });
    return tags.get();
  });
  const setTagWord = define('x87SetTagWord', ['i32'], [], (fpu, s, tags) => {
    // Bits 2n and 2n + 1 are both set where register n is empty: the pairs become single bits.
    const full = s.let(i32.and(i32.xor(i32.and(tags, i32.shr_u(tags, 1)), -1), 0x5555));
    const pairs = s.let(i32.and(i32.or(full, i32.shr_u(full, 1)), 0x3333));
    const nibbles = s.let(i32.and(i32.or(pairs, i32.shr_u(pairs, 2)), 0x0f0f));
    fpu.setTags(i32.and(i32.or(nibbles, i32.shr_u(nibbles, 4)), 0xff));
  });

  const save = (layout: Layout): Whole => define(`x87Save_${layout}`, [], [], (fpu, s) => {
    const wide = layout.endsWith('32'), at = place(fpu);
    const store = (n: number, value: Value<'i32'>, upper = 0xffff): void => {
      if (wide) s.i32.store(at, upper === 0 ? value : i32.or(value, i32.const(upper << 16)), word(layout, n));
      else s.i32.store16(at, value, word(layout, n));
    };
    const ip = s.let(fpu.instructionPointer()), dp = s.let(fpu.dataPointer()), opcode = s.let(fpu.opcode());
    store(0, fpu.control());
    store(1, fpu.status());
    store(2, s.call(tagWord, fpu.state));
    switch (layout) {
      case 'protected16':
        store(3, low16(ip));
        store(4, i32.const(0));
        store(5, low16(dp));
        store(6, i32.const(0));
        return;
      case 'protected32':
        store(3, i32.wrap_i64(ip), 0);
        store(4, i32.shl(opcode, 16), 0);
        store(5, i32.wrap_i64(dp), 0);
        store(6, i32.const(0));
        return;
      default: {
        const upper = (v: Value<'i64'>): Value<'i32'> => i32.and(i32.shr_u(i32.wrap_i64(v), 4), wide ? 0x0ffff000 : 0xf000);
        store(3, low16(ip));
        store(4, i32.or(upper(ip), opcode), 0);
        store(5, low16(dp));
        store(6, upper(dp), 0);
      }
    }
  });
  const load = (layout: Layout): Whole => define(`x87Load_${layout}`, [], [], (fpu, s) => {
    const wide = layout.endsWith('32'), at = place(fpu);
    const half = (n: number): Value<'i32'> => i32.load16_u(at, word(layout, n));
    const whole = (n: number): Value<'i32'> => (wide ? i32.load(at, word(layout, n)) : half(n));
    s.call(setTagWord, fpu.state, half(2));
    s.call(control.setWords, fpu.state, half(0), half(1));
    if (layout.startsWith('protected')) {
      fpu.setInstructionPointer(i64.extend_i32_u(whole(3)));
      fpu.setOpcode(wide ? i32.and(i32.load16_u(at, word(layout, 4) + 2), 0x7ff) : i32.const(0));
      fpu.setDataPointer(i64.extend_i32_u(whole(5)));
      return;
    }
    const joined = (low: number, high: number): Value<'i64'> =>
      i64.extend_i32_u(i32.or(half(low), i32.shl(i32.and(whole(high), wide ? 0x0ffff000 : 0xf000), 4)));
    fpu.setInstructionPointer(s.let(joined(3, 4)));
    fpu.setOpcode(i32.and(half(4), 0x7ff));
    fpu.setDataPointer(s.let(joined(5, 6)));
  });

  const registers = (name: string, body: (fpu: Fpu, s: Fpu['s'], register: Value<'i32'>, at: Value<'ptr'>) => void): EnvironmentFunctions['saveRegisters'] =>
    define(name, ['i32'], [], (fpu, s, offset) => {
      const i = s.var(i32.const(0)), to = s.var(i32.add(fpu.state, offset));
      s.loop((next) => {
        body(fpu, fpu.s, fpu.physical(i.get()), s.let(fpu.m.ptr.from_i32_u(to.get())));
        s.set(to, i32.add(to.get(), 10));
        s.set(i, i32.add(i.get(), 1));
        s.br_if(next, i32.lt_u(i.get(), 8));
      });
    });
  const saveRegisters = registers('x87SaveRegisters', (fpu, s, register, at) => {
    s.i64.store(at, fpu.sig(register), AT, 1);
    s.i32.store16(at, fpu.se(register), AT + 8, 1);
  });
  const loadRegisters = registers('x87LoadRegisters', (fpu, _, register, at) => {
    fpu.write(register, i64.load(at, AT, 1), i32.load16_u(at, AT + 8, 1));
  });
  const each = (make: (layout: Layout) => Whole): Record<Layout, Whole> =>
    Object.fromEntries(LAYOUTS.map((layout) => [layout, make(layout)])) as Record<Layout, Whole>;
  return { saveEnvironment: each(save), loadEnvironment: each(load), saveRegisters, loadRegisters };
}
