import { FillStatus, MMU_OFFSETS, QUAD_OFFSETS } from '@polyvisor/core';
import { i32, i64, unlikely, type Func } from '@polyvisor/wasm';
import { count, type WalkContext } from './context.ts';
import { tableAccess, type SecondLevel } from './second-level.ts';

/**
 * `loadPdptes(state, cr3Low, cr3High) -> status`: what MOV to CR3 does in PAE paging (Intel SDM vol. 3A §4.4.1). All
 * four registers are loaded or none; `pageFault` means a reserved bit in a present entry, for which the instruction
 * raises #GP(0). Bits 1, 2, 5 … 8 and those from MAXPHYADDR on are reserved.
 */
export function buildLoadPdptes(c: WalkContext, second: SecondLevel): Func {
  const { m, options } = c;
  const { ptr } = m;
  return m.func('loadPdptes', { params: ['ptr', 'i32', 'i32'], results: ['i32'] }, (s, state, low, high) => {
    const mask = 2 ** options.physicalBits - 32;
    const whole = i64.or(i64.extend_i32_u(low), i64.shl(i64.extend_i32_u(high), 32));
    const [at, info] = s.call(second, state, i64.and(whole, mask), i32.const(tableAccess(c)));
    s.if(unlikely(i32.lt_s(info, 0)), () => {
      s.i64.store(state, 0, MMU_OFFSETS.linear);
      s.return(FillStatus.nestedFault);
    });
    const from = s.let(ptr.from_i32_u(at));
    const entries = [0, 8, 16, 24].map((offset) => s.let(i64.load(from, offset)));
    count(s, state, 'walkLoads', 4);
    // Everything but the address, P, PWT, PCD and the ignored bits 9 … 11.
    const reserved = i64.xor(2 ** options.physicalBits - 4096 + 0xe19, -1);
    const bad = entries.map((e) => i64.and(i64.and(e, reserved), i64.sub(0, i64.and(e, 1))));
    const any = bad.reduce((a, b) => i64.or(a, b));
    s.if(unlikely(i64.ne(any, 0)), () => {
      s.return(FillStatus.pageFault);
    });
    entries.forEach((e, i) => s.i64.store(state, e, QUAD_OFFSETS.pdpte0 + 8 * i));
    return i32.const(FillStatus.ok);
  });
}
