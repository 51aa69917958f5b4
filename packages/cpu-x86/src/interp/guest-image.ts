/** Images of more bytes than a register has: both pages are checked before the first byte is written. */
import { i32, i64, select, type Func, type ModuleBuilder, type Value } from '@polyvisor/wasm';
import { ENGINE } from '../state/engine-layout.ts';

type Copy = Func<readonly ['i32', 'i32', 'i32'], readonly []>;
export interface ImageFunctions {
  /** `reach(state, linear, bytes, access)`: finds the one or two pages; zero when an exception is due. */
  readonly reach: Func<readonly ['i32', 'i64', 'i32', 'i32'], readonly ['i32']>;
  /** `fetch(state, offset, bytes)`: from the guest to the buffer. */
  readonly fetch: Copy;
  /** `store(state, offset, bytes)`: from the buffer to the guest. */
  readonly store: Copy;
}

export function defineImageFunctions(m: ModuleBuilder, page: Func<readonly ['i32', 'i64', 'i32'], readonly ['i32']>): ImageFunctions {
  const at = (address: Value<'i32'>): Value<'ptr'> => m.ptr.from_i32_u(address);
  const reach = m.func('reach', { params: ['i32', 'i64', 'i32', 'i32'], results: ['i32'], names: ['state', 'linear', 'bytes', 'access'] },
    (s, state, linear, bytes, access) => {
      const first = s.call(page, state, linear, access);
      s.if(i32.eqz(first), () => s.return(i32.const(0)));
      const split = s.let(i32.sub(4096, i32.and(i32.wrap_i64(linear), 4095)));
      const second = s.var(i32.const(0));
      s.if(i32.gt_u(bytes, split), () => {
        const next = s.let(i64.and(i64.add(linear, i64.extend_i32_u(split)), i64.load(at(state), ENGINE.codeMask)));
        s.set(second, s.call(page, state, next, access));
        s.if(i32.eqz(second.get()), () => s.return(i32.const(0)));
      });
      s.i32.store(at(state), first, ENGINE.scratchFirst);
      s.i32.store(at(state), second.get(), ENGINE.scratchSecond);
      s.i32.store(at(state), split, ENGINE.scratchSplit);
      return i32.const(1);
    });
  const copy = (name: string, toGuest: boolean): Copy =>
    m.func(name, { params: ['i32', 'i32', 'i32'], results: [], names: ['state', 'offset', 'bytes'] }, (s, state, offset, bytes) => {
      const split = s.let(i32.load(at(state), ENGINE.scratchSplit));
      const room = s.let(i32.sub(split, offset));
      const before = s.let(select(i32.const(0), select(room, bytes, i32.lt_s(room, bytes)), i32.lt_s(room, 0)));
      const move = (from: Value<'i32'>, guest: Value<'i32'>, count: Value<'i32'>): void => {
        const buffer = s.let(i32.add(i32.add(state, ENGINE.block), from)), place = s.let(guest);
        s.memory.copy(at(toGuest ? place : buffer), at(toGuest ? buffer : place), at(count));
      };
      s.if(before, () => move(offset, i32.add(i32.load(at(state), ENGINE.scratchFirst), offset), before));
      const rest = s.let(i32.sub(bytes, before));
      s.if(rest, () => {
        const from = s.let(i32.add(offset, before));
        move(from, i32.add(i32.load(at(state), ENGINE.scratchSecond), i32.sub(from, split)), rest);
      });
    });
  return { reach, fetch: copy('fetchImage', false), store: copy('storeImage', true) };
}
