/** Checks of segment limits and rights (Intel SDM vol. 3A, 5.3 and 5.5), where segments are not flat. */
import { QUAD_OFFSETS, SEGMENT_OFFSETS } from '@polyvisor/core';
import { i32, i64, select, type Func, type ModuleBuilder, type Value } from '@polyvisor/wasm';
import { CHECK, UOP } from '../uop/record.ts';

export type CheckSegment = Func<readonly ['i32', 'i32'], readonly ['i32']>;

const RIGHTS = SEGMENT_OFFSETS.rights - SEGMENT_OFFSETS.base, LIMIT = SEGMENT_OFFSETS.limit - SEGMENT_OFFSETS.base;
/** Access rights as in a VMCS: type, D/B and "unusable" (vol. 3C, 25.4.1). */
const TYPE = { writable: 2, expandDown: 4, code: 8 } as const;
const BIG = 1 << 14, UNUSABLE = 1 << 16;

/** `check(state, uop)`: 1 when the access that the µop names must fault. */
export function defineSegmentCheck(m: ModuleBuilder): CheckSegment {
  return m.func('checkSegment', { params: ['i32', 'i32'], results: ['i32'], names: ['state', 'uop'] }, (s, state, uop) => {
    const at = (address: Value<'i32'>): Value<'ptr'> => m.ptr.from_i32_u(address);
    const field = (offset: number): Value<'ptr'> => at(i32.add(i32.load16_u(at(uop), offset), state));
    const fault = (): void => s.return(i32.const(1));
    const kind = s.let(i32.load(at(uop), UOP.immediate));
    const cut = (value: Value<'i64'>): Value<'i64'> => i64.and(value, i64.shr_u(-1, i64.extend_i32_u(i32.load8_u(at(uop), UOP.addressShift))));
    s.if(i32.and(kind, CHECK.counted), () => {
      s.if(i64.eqz(cut(i64.load(at(state), QUAD_OFFSETS.rcx))), () => s.return(i32.const(0)));
    });
    const whole = s.let(i64.load(field(UOP.index)));
    const taken = select(i64.and(whole, 0xff), whole, i32.and(kind, CHECK.byteIndex));
    const index = i64.shl(taken, i64.extend_i32_u(i32.and(i32.load8_u(at(uop), UOP.scale), 3)));
    const first = s.let(cut(i64.add(i64.add(i64.load(field(UOP.base)), i64.load32_s(at(uop), UOP.displacement)), index)));
    const last = s.let(i64.add(first, i64.extend_i32_u(i32.sub(i32.and(kind, CHECK.size), 1))));
    const segment = s.let(i32.add(i32.load16_u(at(uop), UOP.segment), state));
    const rights = s.let(i32.load(at(i32.add(segment, RIGHTS))));
    const limit = s.let(i64.load32_u(at(i32.add(segment, LIMIT))));
    s.if(i32.and(rights, UNUSABLE), fault);
    s.if(i32.eqz(i32.and(kind, CHECK.anyRights)), () => {
      // A code segment is never writable and readable by the bit that makes a data segment writable.
      s.if(i32.and(kind, CHECK.write), () => s.if(i32.ne(i32.and(rights, TYPE.code | TYPE.writable), TYPE.writable), fault), () => {
        s.if(i32.eq(i32.and(rights, TYPE.code | TYPE.writable), TYPE.code), fault);
      });
    });
    s.if(i32.eq(i32.and(rights, TYPE.code | TYPE.expandDown), TYPE.expandDown), () => {
      const top = i64.shr_u(i64.const(-1, 0), i64.extend_i32_u(i32.shl(i32.eqz(i32.and(rights, BIG)), 4)));
      s.if(i32.or(i64.le_u(first, limit), i64.gt_u(last, top)), fault);
    }, () => s.if(i64.gt_u(last, limit), fault));
    return i32.const(0);
  });
}
