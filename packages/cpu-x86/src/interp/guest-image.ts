/** Images of more bytes than a register has: both pages are checked before the first byte is written. */
import { i32, i64, select, unlikely, type Func, type FunctionBuilder, type ModuleBuilder, type Value } from '@polyvisor/wasm';
import { DEVICE, ENGINE } from '../state/engine-layout.ts';
import type { Commit, MemoryImports, Page, SlowPath } from './guest-memory.ts';

type Copy = Func<readonly ['i32', 'i32', 'i32'], readonly []>;
export interface ImageFunctions {
  /** `reach(state, linear, bytes, access)`: finds the one or two pages; zero when an exception is due. */
  readonly reach: Func<readonly ['i32', 'i64', 'i32', 'i32'], readonly ['i32']>;
  /** `fetch(state, offset, bytes)`: from the guest to the buffer. */
  readonly fetch: Copy;
  /** `store(state, offset, bytes)`: from the buffer to the guest. */
  readonly store: Copy;
}
interface Needs extends Pick<MemoryImports, 'watch'> {
  readonly page: Page;
  readonly slow: SlowPath;
  readonly commit: Commit;
}

/** Bytes of one access to a device. */
const PIECE = 8;
const READ = 1, WRITE = 2;

export function defineImageFunctions(m: ModuleBuilder, { page, slow, commit, watch }: Needs): ImageFunctions {
  const at = (address: Value<'i32'>): Value<'ptr'> => m.ptr.from_i32_u(address);
  const smaller = (s: Pick<FunctionBuilder, 'let'>, a: Value<'i32'>, b: Value<'i32'>): Value<'i32'> => s.let(select(a, b, i32.lt_u(a, b)));

  const reach = m.func('reach', { params: ['i32', 'i64', 'i32', 'i32'], results: ['i32'], names: ['state', 'linear', 'bytes', 'access'] },
    (s, state, linear, bytes, access) => {
      const halves = (address: Value<'i64'>): [Value<'i32'>, Value<'i32'>] => [s.let(i32.wrap_i64(address)), s.let(i32.wrap_i64(i64.shr_u(address, 32)))];
      const split = s.let(i32.sub(4096, i32.and(i32.wrap_i64(linear), 4095)));
      const first = s.call(page, state, ...halves(linear), smaller(s, split, bytes), access);
      s.if(i32.eqz(first), () => s.return(i32.const(0)));
      const second = s.var(i32.const(0));
      s.if(i32.gt_u(bytes, split), () => {
        const next = s.let(i64.and(i64.add(linear, i64.extend_i32_u(split)), i64.load(at(state), ENGINE.codeMask)));
        s.set(second, s.call(page, state, ...halves(next), s.let(i32.sub(bytes, split)), access));
        s.if(i32.eqz(second.get()), () => s.return(i32.const(0)));
      });
      s.if(unlikely(i32.load(at(state), ENGINE.watch)), () => s.call(watch, state, ...halves(linear), bytes, access));
      s.i32.store(at(state), first, ENGINE.imageFirst);
      s.i32.store(at(state), second.get(), ENGINE.imageSecond);
      s.i32.store(at(state), split, ENGINE.imageSplit);
      s.i64.store(at(state), linear, ENGINE.imageLinear);
      return i32.const(1);
    });

  /** The same where a page is a device's: piece by piece, in ascending order. */
  const copyPieces = (name: string, toGuest: boolean): Copy =>
    m.func(name, { params: ['i32', 'i32', 'i32'], results: [], names: ['state', 'offset', 'bytes'] }, (s, state, offset, bytes) => {
      const done = s.var(i32.const(0));
      s.block((out) => s.loop((next) => {
        const left = s.let(i32.sub(bytes, done.get()));
        s.br_if(out, i32.eqz(left));
        const count = smaller(s, left, s.let(i32.const(PIECE))), from = s.let(i32.add(offset, done.get()));
        const linear = i64.and(i64.add(i64.load(at(state), ENGINE.imageLinear), i64.extend_i32_u(from)), i64.load(at(state), ENGINE.codeMask));
        const host = s.call(slow, state, linear, count, toGuest ? WRITE : READ);
        // It was there a moment ago.
        s.br_if(out, i32.eqz(host));
        const buffer = s.let(at(i32.add(i32.add(state, ENGINE.block), from)));
        s.memory.copy(toGuest ? at(host) : buffer, toGuest ? buffer : at(host), at(count));
        if (toGuest) s.if(i32.eq(host, i32.add(state, ENGINE.scratch)), () => s.call(commit, state));
        s.set(done, i32.add(done.get(), count));
        s.br(next);
      }));
    });
  const copy = (name: string, toGuest: boolean): Copy => {
    const pieces = copyPieces(`${name}Pieces`, toGuest);
    return m.func(name, { params: ['i32', 'i32', 'i32'], results: [], names: ['state', 'offset', 'bytes'] }, (s, state, offset, bytes) => {
      const first = s.let(i32.load(at(state), ENGINE.imageFirst)), second = s.let(i32.load(at(state), ENGINE.imageSecond));
      s.if(unlikely(i32.or(i32.eq(first, DEVICE), i32.eq(second, DEVICE))), () => {
        s.call(pieces, state, offset, bytes);
        s.return();
      });
      const split = s.let(i32.load(at(state), ENGINE.imageSplit));
      const room = s.let(i32.sub(split, offset));
      const before = s.let(select(i32.const(0), select(room, bytes, i32.lt_s(room, bytes)), i32.lt_s(room, 0)));
      const move = (from: Value<'i32'>, guest: Value<'i32'>, count: Value<'i32'>): void => {
        const buffer = s.let(i32.add(i32.add(state, ENGINE.block), from)), place = s.let(guest);
        s.memory.copy(at(toGuest ? place : buffer), at(toGuest ? buffer : place), at(count));
      };
      s.if(before, () => move(offset, i32.add(first, offset), before));
      const rest = s.let(i32.sub(bytes, before));
      s.if(rest, () => {
        const from = s.let(i32.add(offset, before));
        move(from, i32.add(second, i32.sub(from, split)), rest);
      });
    });
  };
  return { reach, fetch: copy('fetchImage', false), store: copy('storeImage', true) };
}
