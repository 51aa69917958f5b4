/** ST(0) in the formats of memory. Each gives what to store and whether to: an exception that is not masked prevents it. */
import { type Func, i32, i64, type Value } from '@polyvisor/wasm';
import type { X87 } from '../../x87/add-x87.ts';
import { C1, IE, INDEFINITE_SE, QUIET } from '../../x87/format.ts';
import type { StackFunctions } from './define-stack.ts';
import { type Fpu, SF } from './fpu.ts';
import type { Define } from './functions.ts';

type StoreFloat = Func<readonly ['i32'], readonly ['i64', 'i32']>;

export interface Stores {
  readonly toF32: StoreFloat;
  readonly toF64: StoreFloat;
  /** `(state, control, bits)`: to an integer of so many bits, with bits added to the control word. */
  readonly toInteger: Func<readonly ['i32', 'i32', 'i32'], readonly ['i64', 'i32']>;
  /** The low 8 bytes and the high 2. */
  readonly toBcd: Func<readonly ['i32'], readonly ['i64', 'i32', 'i32']>;
  readonly toF80: Func<readonly ['i32'], readonly ['i64', 'i32', 'i32']>;
}

/** IE, DE, ZE, OE, UE: what prevents a store. PE does not. */
const PREVENTING = 0x1f;

export function defineStores(define: Define, stack: StackFunctions, x87: X87): Stores {
  const stores = (fpu: Fpu, sw: Value<'i32'>): Value<'i32'> => i32.eqz(i32.and(i32.and(sw, PREVENTING), i32.xor(fpu.control(), -1)));
  const toFloat = (name: 'toF32' | 'toF64', indefinite: bigint): StoreFloat =>
    define(`x87_${name}`, [], ['i64', 'i32'], (fpu, s) => {
      const top = fpu.physical(0);
      s.if(fpu.isEmpty(top), () => {
        s.call(stack.note, fpu.state, C1, IE | SF);
        s.return(i64.const(indefinite), i32.and(fpu.control(), IE));
      });
      const [bits, sw] = s.call(x87[name], fpu.sig(top), fpu.se(top), fpu.control());
      s.call(stack.note, fpu.state, C1, sw);
      return [bits, stores(fpu, sw)];
    });
  const toInteger = define('x87_toInteger', ['i32', 'i32'], ['i64', 'i32'], (fpu, s, control, bits) => {
    const top = fpu.physical(0);
    s.if(fpu.isEmpty(top), () => {
      s.call(stack.note, fpu.state, C1, IE | SF);
      s.return(i64.shl(-1, i64.extend_i32_u(i32.sub(bits, 1))), i32.and(fpu.control(), IE));
    });
    const [value, sw] = s.call(x87.toInteger, fpu.sig(top), fpu.se(top), i32.or(fpu.control(), control), bits);
    s.call(stack.note, fpu.state, C1, sw);
    return [value, stores(fpu, sw)] as const;
  });
  const ten = (name: 'toBcd' | 'toF80'): Stores['toF80'] =>
    define(`x87_${name}`, [], ['i64', 'i32', 'i32'], (fpu, s) => {
      const top = fpu.physical(0);
      s.if(fpu.isEmpty(top), () => {
        s.call(stack.note, fpu.state, C1, IE | SF);
        s.return(QUIET, INDEFINITE_SE, i32.and(fpu.control(), IE));
      });
      if (name === 'toF80') {
        s.call(stack.note, fpu.state, C1, 0);
        return [fpu.sig(top), fpu.se(top), 1];
      }
      const [low, high, sw] = s.call(x87.toBcd, fpu.sig(top), fpu.se(top), fpu.control());
      s.call(stack.note, fpu.state, C1, sw);
      return [low, high, stores(fpu, sw)];
    });
  return { toF32: toFloat('toF32', 0xffc00000n), toF64: toFloat('toF64', 0xfff8000000000000n), toInteger, toBcd: ten('toBcd'), toF80: ten('toF80') };
}
