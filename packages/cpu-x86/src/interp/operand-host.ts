/**
 * Where a memory operand lies, for handlers that are functions of their own: one function that forms the address from the
 * µop and looks it up serves them all, because the hundreds of them would otherwise each repeat it.
 */
import { i32, type Func, type FunctionBuilder, type ModuleBuilder, type Value } from '@polyvisor/wasm';
import { Vector } from '../meaning/context.ts';
import { ENGINE } from '../state/engine-layout.ts';
import { GuestMemory, type MemoryFunctions } from './guest-memory.ts';

/** `(state, µop, bytes, alignment − 1)` to a host address, or zero when an exception is due. */
export type OperandHost = Func<readonly ['i32', 'i32', 'i32', 'i32'], readonly ['i32']>;
/** Emits the linear address of the operand that a µop names. */
export type LinearOf = (s: FunctionBuilder, memory: GuestMemory, uop: Value<'i32'>) => Value<'i64'>;

const made = new WeakMap<MemoryFunctions, Map<number, OperandHost>>();

/** The function for an access of this kind in a module. */
export function operandHost(m: ModuleBuilder, functions: MemoryFunctions, access: number, linearOf: LinearOf): OperandHost {
  let known = made.get(functions);
  if (known === undefined) made.set(functions, known = new Map<number, OperandHost>());
  let func = known.get(access);
  if (func === undefined) {
    func = m.func(`operand ${access}`, { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'], names: ['state', 'uop', 'bytes', 'mask'] }, (s, state, uop, bytes, mask) => {
      const body = s as unknown as FunctionBuilder, at = m.ptr.from_i32_u(state);
      s.block((fault) => {
        const memory = new GuestMemory(m, body, state, functions, fault);
        const linear = s.let(linearOf(body, memory, uop));
        s.if(i32.and(i32.wrap_i64(linear), mask), () => {
          s.i32.store(at, Vector.protection, ENGINE.faultVector);
          s.i32.store(at, 0, ENGINE.faultCode);
          s.br(fault);
        });
        s.return(memory.translate(linear, bytes, access));
      });
      return i32.const(0);
    });
    known.set(access, func);
  }
  return func;
}
