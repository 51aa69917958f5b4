import { Access, MMU_OFFSETS, NestedFaultReason } from '@polyvisor/core';
import { i32, i64, select, unlikely, type Func, type FunctionBuilder, type Value } from '@polyvisor/wasm';
import { DIRECT_MMIO, DIRECT_TABLE, FOR_TABLE, Second } from '../layout.ts';
import { count, has, type State, type WalkContext } from './context.ts';
import { tableFormat } from './options.ts';

/**
 * `second(state, gpa, access) -> (host, info)`: byte offset in the Host's memory for a guest-physical address, rights
 * and `Second` flags. A negative `info` is a nested fault, whose details are in the block.
 */
export type SecondLevel = Func<readonly ['ptr', 'i64', 'i32'], readonly ['i32', 'i32']>;
type Walker = FunctionBuilder<readonly ['i32', 'i32']>;

const NAMES = ['state', 'gpa', 'access'];

export function secondLevel(c: WalkContext): SecondLevel {
  const name = c.probe ? 'secondProbe' : 'second';
  const { strategy } = c.options;
  const build = strategy === 'native' ? native : strategy === 'direct' ? direct : table;
  return c.m.func(name, { params: ['ptr', 'i64', 'i32'], results: ['i32', 'i32'], names: NAMES }, (s, state, gpa, access) =>
    build(c, s, state, gpa, access));
}

/** Which rights the second level needs for reading a guest table entry. */
export function tableAccess(c: WalkContext): number {
  // EPT with accessed and dirty flags (Intel SDM vol. 3C §29.3.5) and NPT (AMD APM vol. 2 §15.25.5) take it as a write.
  // A hypervisor that fills shadow tables reads the guest's, and writes only to mark an entry.
  const { strategy, accessedDirty } = c.options;
  const read = strategy === 'shadow' || (strategy === 'ept' && !accessedDirty);
  return (read ? Access.read : Access.read | Access.write) | FOR_TABLE;
}

function fault(
  c: WalkContext, s: Walker, state: State, gpa: Value<'i64'>, access: Value<'i32'>, reason: number, qualification: Value<'i64'>,
): void {
  if (!c.probe) count(s, state, 'nestedFaults', 1);
  s.i64.store(state, qualification, MMU_OFFSETS.qualification);
  s.i64.store(state, gpa, MMU_OFFSETS.gpa);
  s.i32.store(state, reason, MMU_OFFSETS.reason);
  s.i32.store(state, i32.and(access, 7), MMU_OFFSETS.access);
  s.return(0, -1);
}

/** Guest-physical addresses are a window of the Host's memory; what lies outside is for devices. */
function native(c: WalkContext, s: Walker, state: State, gpa: Value<'i64'>, access: Value<'i32'>): [Value<'i32'>, Value<'i32'>] {
  const { windowGpa, windowSize, windowHost } = c.globals;
  const within = s.let(i64.sub(gpa, windowGpa.get()));
  s.if(unlikely(i64.ge_u(within, windowSize.get())), () => {
    s.if(has(access, FOR_TABLE), () => {
      fault(c, s, state, gpa, access, NestedFaultReason.violation, i64.const(0));
    });
    s.return(0, Second.mmio);
  });
  return [i32.add(windowHost.get(), i32.wrap_i64(within)), i32.const(7 | Second.dirty)];
}

/**
 * Guest tables hold machine frames. `owned` has a byte for each frame of the Host: the rights as bits of `Access`,
 * `DIRECT_TABLE` where the guest may walk through the frame, `DIRECT_MMIO` for device memory.
 */
function direct(c: WalkContext, s: Walker, state: State, gpa: Value<'i64'>, access: Value<'i32'>): [Value<'i32'>, Value<'i32'>] {
  const { ptr } = c.m;
  const { lastPage, owned } = c.globals;
  const rights = s.var(i32.const(0), 'rights');
  const frame = s.let(i64.shr_u(gpa, 12));
  s.if(i64.le_u(frame, i64.extend_i32_u(i32.shr_u(lastPage.get(), 12))), () => {
    s.set(rights, i32.load8_u(ptr.from_i32_u(i32.add(owned.get(), i32.wrap_i64(frame)))));
  });
  const table = s.let(i32.and(i32.shr_u(access, Math.log2(FOR_TABLE)), 1));
  s.if(i32.and(i32.xor(table, 1), has(rights.get(), DIRECT_MMIO)), () => {
    s.return(0, Second.mmio);
  });
  // A table that the hypervisor validated is written by the walk alone; the guest itself has no right to.
  const given = select(i32.mul(i32.and(i32.shr_u(rights.get(), Math.log2(DIRECT_TABLE)), 1), 3), i32.and(rights.get(), 7), table);
  const allowed = s.let(given);
  s.if(unlikely(i32.ne(i32.and(i32.and(access, 7), i32.xor(allowed, 7)), 0)), () => {
    fault(c, s, state, gpa, access, NestedFaultReason.violation, i64.extend_i32_u(i32.or(i32.and(access, 7), i32.shl(allowed, 3))));
  });
  return [i32.wrap_i64(gpa), i32.or(allowed, Second.dirty)];
}

interface Entry {
  readonly level: number;
  readonly at: Value<'ptr'>;
  readonly whole: Value<'i64'>;
  readonly low: Value<'i32'>;
  readonly high: Value<'i32'>;
}

/** The rules of one table format. */
interface Format {
  readonly accessed: number;
  readonly dirty: number;
  readonly marks: boolean;
  readonly present: number;
  /** Low bits that must be clear in an entry that points to a table, and in a leaf. */
  reservedTable(level: number): number;
  reservedLeaf(level: number): number;
  /** Further reasons why an entry is malformed. */
  malformed(e: Entry, leaf: boolean): Value<'i32'>;
  reservedReason: number;
  absent(rights: Value<'i32'>, access: Value<'i32'>): Value<'i64'>;
  reserved(access: Value<'i32'>): Value<'i64'>;
  denied(rights: Value<'i32'>, access: Value<'i32'>): Value<'i64'>;
  /** Rights as bits of `Access` that an entry gives. */
  rights(e: Entry): Value<'i32'>;
}

const LARGE = 1 << 7;
/** High word, software: not present, but device memory (see the memory package). */
const MMIO = 1 << 21;
/** High word: bits 32 … 51 of an address. A Host's memory has none of them. */
const ADDRESS_HIGH = 0xfffff;

/** Address bits below the page, from bit `from` on. */
const unaligned = (level: number, from: number): number => (level === 1 ? 0 : 2 ** (12 + 9 * (level - 1)) - 2 ** from);

/** Intel SDM vol. 3C §29.3.2 (entries), §29.3.3.1 (misconfigurations), table 28-7 (exit qualification). */
function eptFormat(accessedDirty: boolean): Format {
  const qualification = (rights: Value<'i32'>, access: Value<'i32'>): Value<'i64'> =>
    i64.extend_i32_u(i32.or(i32.and(access, 7), i32.shl(i32.and(rights, 7), 3)));
  return {
    accessed: 1 << 8, dirty: 1 << 9, marks: accessedDirty, present: 7,
    reservedTable: (level) => (level === 4 ? 0xf8 : 0x78),
    reservedLeaf: (level) => unaligned(level, 12),
    malformed: (e, leaf) => {
      const writeOnly = i32.eq(i32.and(e.low, 3), 2);
      // Memory types 2, 3 and 7 are reserved.
      return leaf ? i32.or(writeOnly, i32.and(i32.shr_u(0b10001100, i32.and(i32.shr_u(e.low, 3), 7)), 1)) : writeOnly;
    },
    reservedReason: NestedFaultReason.misconfiguration,
    absent: (_rights, access) => qualification(i32.const(0), access),
    reserved: () => i64.const(0),
    denied: qualification,
    rights: (e) => i32.and(e.low, 7),
  };
}

/** AMD APM vol. 2 §15.25.5 (every access counts as a user's), §15.25.6 (EXITINFO1), §5.3.3 (entries). */
function nptFormat(): Format {
  const info = (bits: number, access: Value<'i32'>): Value<'i64'> => i64.or(
    i64.extend_i32_u(i32.or(i32.or(i32.and(access, 2), i32.shl(i32.and(access, 4), 2)), 4 | bits)),
    select(i64.const(0, 2), i64.const(0, 1), has(access, FOR_TABLE)));
  return {
    accessed: 1 << 5, dirty: 1 << 6, marks: true, present: 1,
    reservedTable: (level) => (level === 4 ? 0x180 : 0),
    reservedLeaf: (level) => (level === 1 ? 0 : unaligned(level, 13)),
    malformed: () => i32.const(0),
    reservedReason: NestedFaultReason.violation,
    absent: (_rights, access) => info(0, access),
    reserved: (access) => info(9, access),
    denied: (_rights, access) => info(1, access),
    // No right at all without U/S; reading and writing by R/W; fetching by NX.
    rights: (e) => i32.and(
      i32.or(i32.or(Access.read, i32.and(e.low, 2)), i32.shl(i32.ge_s(e.high, 0), 2)),
      i32.sub(0, i32.and(i32.shr_u(e.low, 2), 1))),
  };
}

/** Four levels of entries; 1 GiB, 2 MiB and 4 KiB leaves. */
function table(c: WalkContext, s: Walker, state: State, gpa: Value<'i64'>, access: Value<'i32'>): [Value<'i32'>, Value<'i32'>] {
  const format = tableFormat(c.options) === 'ept' ? eptFormat(c.options.strategy === 'shadow' || c.options.accessedDirty) : nptFormat();
  const { ptr } = c.m;
  const { lastPage, root } = c.globals;
  const rights = s.local('i32', 'rights');
  const from = s.local('i32', 'table');

  const stop = (level: number, reason: number, qualification: Value<'i64'>): void => {
    if (!c.probe) count(s, state, 'walkLoads', 5 - level);
    fault(c, s, state, gpa, access, reason, qualification);
  };
  const mark = (e: Entry, bits: Value<'i32'>, retry: () => void): void => {
    if (!format.marks || c.probe) return;
    s.if(unlikely(i32.ne(i32.and(e.low, bits), bits)), () => {
      const now = i64.or(e.whole, i64.extend_i32_u(bits));
      s.if(i64.ne(i64.atomic.rmw.cmpxchg(e.at, e.whole, now), e.whole), retry);
    });
  };
  const refuse = (e: Entry, leaf: boolean, page: Value<'i32'>): void => {
    const reserved = leaf ? format.reservedLeaf(e.level) : format.reservedTable(e.level);
    const bits = i32.or(i32.and(e.high, ADDRESS_HIGH), i32.and(e.low, reserved));
    const bad = i32.or(i32.or(bits, format.malformed(e, leaf)), i32.gt_u(page, lastPage.get()));
    s.if(unlikely(i32.ne(bad, 0)), () => {
      stop(e.level, format.reservedReason, format.reserved(access));
    });
  };

  s.loop((again) => {
    const retry = (): void => s.br(again);
    s.set(rights, 7);
    s.set(from, root.get());
    const leaf = (e: Entry): void => {
      const below = 2 ** (12 + 9 * (e.level - 1)) - 1;
      const base = i32.and(e.low, ~below & -4096);
      const host = s.let(e.level === 1
        ? i32.or(base, i32.and(i32.wrap_i64(gpa), 4095))
        : i32.or(base, i32.and(i32.wrap_i64(gpa), below)));
      refuse(e, true, s.let(i32.and(host, -4096)));
      s.if(unlikely(i32.ne(i32.and(i32.and(access, 7), i32.xor(rights.get(), 7)), 0)), () => {
        stop(e.level, NestedFaultReason.violation, format.denied(rights.get(), access));
      });
      // The dirty bit stands beside the accessed bit in both formats.
      mark(e, s.let(i32.or(format.accessed, i32.mul(i32.and(access, Access.write), format.dirty / Access.write))), retry);
      if (!c.probe) count(s, state, 'walkLoads', 5 - e.level);
      const wrote = has(i32.or(i32.and(e.low, format.dirty), i32.and(access, Access.write)), -1);
      const dirty = format.marks ? i32.shl(wrote, 3) : i32.const(Second.dirty);
      s.return(host, i32.or(rights.get(), dirty));
    };
    for (let level = 4; level >= 1; level--) {
      const shift = 12 + 9 * (level - 1);
      const index = i32.and(i32.wrap_i64(i64.shr_u(gpa, shift - 3)), 511 << 3);
      const at = s.let(ptr.from_i32_u(i32.add(from.get(), index)));
      const whole = s.let(i64.load(at));
      const low = s.let(i32.wrap_i64(whole));
      const high = s.let(i32.wrap_i64(i64.shr_u(whole, 32)));
      const e: Entry = { level, at, whole, low, high };
      s.if(unlikely(i32.eqz(i32.and(low, format.present))), () => {
        s.if(i32.and(has(high, MMIO), i32.eqz(i32.and(access, FOR_TABLE))), () => {
          if (!c.probe) count(s, state, 'walkLoads', 5 - level);
          s.return(0, Second.mmio);
        });
        stop(level, NestedFaultReason.violation, format.absent(rights.get(), access));
      });
      s.set(rights, i32.and(rights.get(), format.rights(e)));
      if (level === 1) leaf(e);
      else {
        if (level < 4) s.if(has(low, LARGE), () => {
          leaf(e);
        });
        refuse(e, false, i32.and(low, -4096));
        mark(e, i32.const(format.accessed), retry);
        s.set(from, i32.and(low, -4096));
      }
    }
  });
  return [i32.const(0), i32.const(-1)];
}
