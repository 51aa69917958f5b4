/** Arithmetic on the register stack, with one or two operands and one result. */
import { type Func, i32, i64, select, type Value } from '@polyvisor/wasm';
import type { X87 } from '../../x87/add-x87.ts';
import { C0, C1, C2, C3, DE, isNan, isUnsupported, QUIET_BIT, IE, ZE } from '../../x87/format.ts';
import type { StackFunctions } from './define-stack.ts';
import type { Define } from './functions.ts';

/** `(state, a, b, to)`, physical registers: `to` becomes a op b. 1 unless an exception came before the result. */
export type OnRegisters = Func<readonly ['i32', 'i32', 'i32', 'i32'], readonly ['i32']>;
/** `(state, sig, se, loaded)`: ST(0) becomes ST(0) op the number, which was loaded with that status. */
export type OnMemory = Func<readonly ['i32', 'i64', 'i32', 'i32'], readonly []>;
export type OnTop = Func<readonly ['i32'], readonly []>;

type BinaryName = 'add' | 'sub' | 'mul' | 'div' | 'scale' | 'remainder' | 'remainderNearest' | 'fpatan' | 'fyl2x' | 'fyl2xp1';
type MemoryName = 'add' | 'sub' | 'subReversed' | 'mul' | 'div' | 'divReversed';
type UnaryName = 'sqrt' | 'roundToInteger' | 'f2xm1' | 'fsin' | 'fcos';

export interface Operations {
  readonly onRegisters: Readonly<Record<BinaryName, OnRegisters>>;
  readonly onMemory: Readonly<Record<MemoryName, OnMemory>>;
  readonly onTop: Readonly<Record<UnaryName, OnTop>>;
}

const CODES = C0 | C1 | C2 | C3;

/** A NaN as it was before loading made it quiet: the operation itself must see that it signals. */
export const beforeLoad = (sig: Value<'i64'>, loaded: Value<'i32'>): Value<'i64'> =>
  select(i64.and(sig, i64.xor(QUIET_BIT, -1)), sig, i32.and(loaded, IE));

export function defineOperations(define: Define, stack: StackFunctions, x87: X87): Operations {
  const { settle, underflow } = stack;
  const onRegisters = (name: BinaryName): OnRegisters => {
    const remainder = name.startsWith('remainder'), clear = remainder ? CODES : C1;
    return define(`x87_${name}`, ['i32', 'i32', 'i32'], ['i32'], (fpu, s, a, b, to) => {
      s.if(i32.or(fpu.isEmpty(a), fpu.isEmpty(b)), () => s.return(s.call(underflow, fpu.state, remainder ? C2 : 0, to)));
      const [sig, se, sw] = s.call(x87[name], fpu.sig(a), fpu.se(a), fpu.sig(b), fpu.se(b), fpu.control());
      return s.call(settle, fpu.state, clear, to, sig, se, sw);
    });
  };
  const onMemory = (name: MemoryName): OnMemory => {
    const reversed = name.endsWith('Reversed');
    const operation = x87[name.replace('Reversed', '') as 'add' | 'sub' | 'mul' | 'div'];
    return define(`x87_${name}Memory`, ['i64', 'i32', 'i32'], [], (fpu, s, loadedSig, bse, loaded) => {
      const top = fpu.physical(0), control = s.let(fpu.control());
      s.if(fpu.isEmpty(top), () => {
        s.drop(s.call(underflow, fpu.state, 0, top));
        s.return();
      });
      const a = s.let(fpu.sig(top)), ase = s.let(fpu.se(top)), b = s.let(beforeLoad(loadedSig, loaded));
      const [sig, se, sw] = reversed ? s.call(operation, b, bse, a, ase, control) : s.call(operation, a, ase, b, bse, control);
      // Loading has made a denormal normal. It is hidden by a NaN and by a division by zero, and goes before everything else.
      const flags = s.var(sw);
      s.if(i32.and(loaded, DE), () => {
        const hidden = i32.or(i32.or(isNan(a, ase), isUnsupported(a, ase)), i32.and(sw, ZE));
        s.if(i32.eqz(hidden), () => s.set(flags, select(i32.or(sw, DE), i32.const(DE), i32.and(control, DE))));
      });
      s.drop(s.call(settle, fpu.state, C1, top, sig, se, flags.get()));
    });
  };
  const onTop = (name: UnaryName): OnTop => {
    const clear = name === 'fsin' || name === 'fcos' ? C1 | C2 : C1;
    return define(`x87_${name}`, [], [], (fpu, s) => {
      const top = fpu.physical(0);
      s.if(fpu.isEmpty(top), () => {
        s.drop(s.call(underflow, fpu.state, clear, top));
        s.return();
      });
      const [sig, se, sw] = s.call(x87[name], fpu.sig(top), fpu.se(top), fpu.control());
      s.drop(s.call(settle, fpu.state, clear, top, sig, se, sw));
    });
  };
  return {
    onRegisters: {
      add: onRegisters('add'), sub: onRegisters('sub'), mul: onRegisters('mul'), div: onRegisters('div'), scale: onRegisters('scale'),
      remainder: onRegisters('remainder'), remainderNearest: onRegisters('remainderNearest'), fpatan: onRegisters('fpatan'),
      fyl2x: onRegisters('fyl2x'), fyl2xp1: onRegisters('fyl2xp1'),
    },
    onMemory: {
      add: onMemory('add'), sub: onMemory('sub'), subReversed: onMemory('subReversed'), mul: onMemory('mul'), div: onMemory('div'),
      divReversed: onMemory('divReversed'),
    },
    onTop: { sqrt: onTop('sqrt'), roundToInteger: onTop('roundToInteger'), f2xm1: onTop('f2xm1'), fsin: onTop('fsin'), fcos: onTop('fcos') },
  };
}
