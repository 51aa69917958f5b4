import { MMU_OFFSETS, TLB_ENTRIES, TLB_ENTRY_SIZE, TLB_OFFSETS, TlbFlag } from '@polyvisor/core';
import { i32, i64, likely, unlikely, type Func, type Value } from '@polyvisor/wasm';
import { GFNS_AT, LARGE_FILTER_AT, LARGE_FILTER_SIZE, TLB_AREA_SIZE } from '../layout.ts';
import { count, has, type Builder, type WalkContext } from './context.ts';

/** Calls `visit` for each index from 0 to `count` − 1. */
function each(s: Builder, n: Value<'i32'>, visit: (index: Value<'i32'>) => void): void {
  const index = s.var(i32.const(0));
  s.block((done) => s.loop((next) => {
    s.br_if(done, unlikely(i32.ge_u(index.get(), n)));
    s.scope(() => {
      visit(s.let(index.get()));
    });
    s.set(index, i32.add(index.get(), 1));
    s.br_if(next, likely(i32.const(1)));
  }));
}

function drop(s: Builder, entry: Value<'ptr'>): void {
  s.i64.store(entry, -1, TLB_OFFSETS.readTag);
  s.i64.store(entry, -1, TLB_OFFSETS.writeTag);
  s.i64.store(entry, -1, TLB_OFFSETS.fetchTag);
}

/** The flushes of one vCPU, by its state, and of all. INVALID tags have the low 12 bits set, so they match no tag. */
export function buildFlushes(c: WalkContext): Record<string, Func> {
  const { m } = c;
  const { ptr } = m;
  const entryAt = (tlb: Value<'i32'>, index: Value<'i32'>): Value<'ptr'> =>
    ptr.from_i32_u(i32.add(tlb, i32.shl(index, 5)));

  const clear = m.func('clearTlb', { params: ['i32'], results: [] }, (s, tlb) => {
    s.memory.fill(ptr.from_i32_u(tlb), 0xff, ptr.const(TLB_ENTRIES * TLB_ENTRY_SIZE));
    s.memory.fill(ptr.from_i32_u(i32.add(tlb, LARGE_FILTER_AT)), 0, ptr.const(LARGE_FILTER_SIZE));
  });

  const flushPage = m.func('flushPage', { params: ['ptr', 'i32', 'i32'], results: [] }, (s, state, low, high) => {
    const tlb = s.let(i32.load(state, MMU_OFFSETS.tlb));
    drop(s, s.let(entryAt(tlb, i32.and(i32.shr_u(low, 12), TLB_ENTRIES - 1))));
    count(s, state, 'flushes', 1);
    const region = s.let(i32.or(i32.shr_u(low, 30), i32.shl(high, 2)));
    const filter = i32.load8_u(ptr.from_i32_u(i32.add(tlb, i32.and(i32.shr_u(region, 3), 63))), LARGE_FILTER_AT);
    s.if(unlikely(i32.and(i32.shr_u(filter, i32.and(region, 7)), 1)), () => {
      each(s, i32.const(TLB_ENTRIES), (index) => {
        const entry = s.let(entryAt(tlb, index));
        // All large pages of the regions that share the filter's bit: more than asked, never less.
        const inRegion = (at: number): Value<'i32'> =>
          i32.eqz(i32.and(i32.xor(i32.wrap_i64(i64.shr_u(i64.load(entry, at), 30)), region), 511));
        const any = i32.or(i32.or(inRegion(TLB_OFFSETS.readTag), inRegion(TLB_OFFSETS.writeTag)), inRegion(TLB_OFFSETS.fetchTag));
        s.if(i32.and(any, has(i32.load(entry, TLB_OFFSETS.flags), TlbFlag.large)), () => {
          drop(s, entry);
        });
      });
    });
  });

  const flushTag = m.func('flushTag', { params: ['ptr', 'i32', 'i32'], results: [] }, (s, state, tag, keepGlobal) => {
    const tlb = s.let(i32.load(state, MMU_OFFSETS.tlb));
    count(s, state, 'flushes', 1);
    const kept = s.let(i32.and(i32.ne(keepGlobal, 0), TlbFlag.global));
    each(s, i32.const(TLB_ENTRIES), (index) => {
      const entry = s.let(entryAt(tlb, index));
      const tagged = (at: number): Value<'i32'> => i32.eq(i32.and(i32.load16_u(entry, at), 4095), tag);
      const any = i32.or(i32.or(tagged(TLB_OFFSETS.readTag), tagged(TLB_OFFSETS.writeTag)), tagged(TLB_OFFSETS.fetchTag));
      s.if(i32.and(any, i32.eqz(i32.and(i32.load(entry, TLB_OFFSETS.flags), kept))), () => {
        drop(s, entry);
      });
    });
  });

  const flushCpu = m.func('flushCpu', { params: ['ptr'], results: [] }, (s, state) => {
    count(s, state, 'flushes', 1);
    s.call(clear, i32.load(state, MMU_OFFSETS.tlb));
  });

  const tlbOf = (cpu: Value<'i32'>): Value<'i32'> => i32.add(c.globals.tlbs.get(), i32.mul(cpu, TLB_AREA_SIZE));
  const flushFrames = m.func('flushFrames', { params: ['i32', 'i32'], results: [] }, (s, gfn, frames) => {
    each(s, c.globals.cpus.get(), (cpu) => {
      const tlb = s.let(tlbOf(cpu));
      each(s, i32.const(TLB_ENTRIES), (index) => {
        const filled = i32.load(ptr.from_i32_u(i32.add(tlb, i32.shl(index, 2))), GFNS_AT);
        s.if(i32.lt_u(i32.sub(filled, gfn), frames), () => {
          drop(s, s.let(entryAt(tlb, index)));
        });
      });
    });
  });

  const flushAll = m.func('flushAll', { params: [], results: [] }, (s) => {
    each(s, c.globals.cpus.get(), (cpu) => {
      s.call(clear, tlbOf(cpu));
    });
  });
  if (c.shadow === undefined) return { flushPage, flushTag, flushCpu, flushFrames, flushAll };

  // How many entries allow writing to a machine frame; they allow it no longer if `forbid` is not 0.
  const writesTo = m.func('writesTo', { params: ['i32', 'i32'], results: ['i32'] }, (s, mfn, forbid) => {
    const n = s.var(i32.const(0));
    each(s, c.globals.cpus.get(), (cpu) => {
      const tlb = s.let(tlbOf(cpu));
      each(s, i32.const(TLB_ENTRIES), (index) => {
        const entry = s.let(entryAt(tlb, index));
        const write = s.let(i32.load(entry, TLB_OFFSETS.writeTag));
        // Tags of valid entries never have all of the low bits set.
        s.if(i32.ne(write, -1), () => {
          const host = i32.add(i32.and(write, -4096), i32.load(entry, TLB_OFFSETS.addend));
          s.if(i32.eq(i32.shr_u(host, 12), mfn), () => {
            s.set(n, i32.add(n.get(), 1));
            s.if(forbid, () => {
              s.i64.store(entry, -1, TLB_OFFSETS.writeTag);
            });
          });
        });
      });
    });
    return n.get();
  });
  return { flushPage, flushTag, flushCpu, flushFrames, flushAll, writesTo };
}
