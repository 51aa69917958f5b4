import { Access, FillStatus, MMU_OFFSETS, QUAD_OFFSETS } from '@polyvisor/core';
import { call, i32, i64, select, unlikely, type Func, type Label, type Local, type Value } from '@polyvisor/wasm';
import { FOR_TABLE, PATH_SIZE, SHADOW } from '../layout.ts';
import { count, has, type Builder, type State, type WalkContext } from './context.ts';
import { CR4, EFER, type Controls } from './controls.ts';
import { tableFormat } from './options.ts';
import { permissions } from './permissions.ts';
import { tableAccess, type SecondLevel } from './second-level.ts';

/** The functions that a walk calls. */
export interface WalkFunctions {
  readonly second: SecondLevel;
  /** `pageFault(state, linear, errorCode) -> status`. */
  readonly pageFault: Func<readonly ['ptr', 'i64', 'i32'], readonly ['i32']>;
}

/** Where a walk leaves its result. */
export interface Found {
  readonly gpa: Local<'i64'>;
  readonly rights: Local<'i32'>;
  readonly shift: Local<'i32'>;
  /** 1 if it is a global translation. */
  readonly global: Local<'i32'>;
  /** Not 0 if the leaf is dirty. */
  readonly dirty: Local<'i32'>;
}

interface Entry {
  readonly gpa: Value<'i64'>;
  readonly at: Value<'ptr'>;
  readonly whole: Value<'i64'>;
  readonly low: Value<'i32'>;
}

const PRESENT = 1;
const ACCESSED = 1 << 5;
const DIRTY = 1 << 6;
const LARGE = 1 << 7;
const GLOBAL = 1 << 8;
const P = 1;
const RSVD = 8;
/** XD, and bits 52 … 62, which PAE paging reserves. */
const XD = i64.const(0, 0x80000000 | 0);
const PAE_RESERVED = i64.const(0, 0x7ff00000);

/** Emits one guest walk; returns from the function being built on a fault. */
export class GuestWalk {
  readonly #c: WalkContext;
  readonly #f: WalkFunctions;
  readonly #s: Builder;
  readonly #state: State;
  readonly #linear: Value<'i64'>;
  readonly #controls: Controls;
  readonly #addressMask: number;
  readonly #table: Local<'i64'>;
  readonly #all: Local<'i32'>;
  readonly #any: Local<'i64'>;
  readonly #reserved: Local<'i64'>;
  readonly #leaf: { readonly at: Local<'ptr'>; readonly gpa: Local<'i64'>; readonly whole: Local<'i64'>; readonly base: Local<'i64'> };

  constructor(c: WalkContext, f: WalkFunctions, s: Builder, state: State, linear: Value<'i64'>, controls: Controls) {
    this.#c = c;
    this.#f = f;
    this.#s = s;
    this.#state = state;
    this.#linear = linear;
    this.#controls = controls;
    this.#addressMask = 2 ** c.options.physicalBits - 4096;
    this.#table = s.local('i64', 'table');
    this.#all = s.local('i32', 'all');
    this.#any = s.local('i64', 'any');
    this.#reserved = s.local('i64', 'reserved');
    this.#leaf = { at: s.local('ptr', 'leafAt'), gpa: s.local('i64', 'leafGpa'), whole: s.local('i64', 'leaf'), base: s.local('i64', 'base') };
  }

  /** Walks; a lost race for an accessed or dirty bit begins again from the top. */
  emit(found: Found): void {
    const s = this.#s;
    const { cr4, efer, long } = this.#controls;
    const above = 2 ** 52 - 2 ** this.#c.options.physicalBits;
    const nx = select(i64.const(0), XD, has(efer, EFER.nxe));
    s.set(this.#reserved, i64.or(i64.or(nx, above), select(i64.const(0), PAE_RESERVED, long)));
    s.block((walked) => s.loop((again) => {
      s.set(this.#all, -1);
      s.set(this.#any, 0);
      s.set(this.#table, i64.and(i64.load(this.#state, QUAD_OFFSETS.cr3), this.#addressMask));
      s.block((leaf) => {
        s.block((directory) => {
          s.if(long, () => {
            this.#upper(again, leaf, found);
            s.br(directory);
          });
          s.if(i32.eqz(has(cr4, CR4.pae)), () => {
            this.#twoLevels(again, found);
            s.br(leaf);
          });
          this.#pdpte();
        });
        this.#level(2, again, leaf, found);
        this.#level(1, again, leaf, found);
      });
      this.#finish(again, walked, found);
    }));
  }

  #fault(code: number): void {
    const { errorCode } = this.#controls;
    this.#s.return(call(this.#f.pageFault, this.#state, this.#linear, i32.or(errorCode, code)));
  }

  #nested(): void {
    const s = this.#s;
    s.i64.store(this.#state, this.#linear, MMU_OFFSETS.linear);
    if (tableFormat(this.#c.options) === 'ept') validLinear(s, this.#state, 0);
    s.return(FillStatus.nestedFault);
  }

  #second(gpa: Value<'i64'>, access: number): Value<'i32'> {
    const s = this.#s;
    const [at, info] = s.call(this.#f.second, this.#state, gpa, i32.const(access));
    s.if(unlikely(i32.lt_s(info, 0)), () => {
      this.#nested();
    });
    return at;
  }

  /** Loads an 8-byte entry and refuses one that is not present. */
  #entry(table: Value<'i64'>, shift: number): Entry {
    const s = this.#s;
    const gpa = s.let(i64.or(table, i64.and(i64.shr_u(this.#linear, shift - 3), 511 * 8)));
    const at = s.let(this.#c.m.ptr.from_i32_u(this.#second(gpa, tableAccess(this.#c))));
    this.#record((shift - 3) / 9, gpa, at);
    const whole = s.let(i64.load(at));
    if (!this.#c.probe) count(s, this.#state, 'walkLoads', 1);
    const low = s.let(i32.wrap_i64(whole));
    s.if(unlikely(i32.eqz(i32.and(low, PRESENT))), () => {
      this.#fault(0);
    });
    return { gpa, at, whole, low };
  }

  /** Leaves for the shadow tables where an entry was found. */
  #record(level: number, gpa: Value<'i64'>, at: Value<'ptr'>): void {
    if (this.#c.shadow === undefined || this.#c.probe) return;
    const s = this.#s;
    const { ptr } = this.#c.m;
    const area = s.let(ptr.from_i32_u(i32.load(this.#state, MMU_OFFSETS.tlb)));
    const place = SHADOW.path + (level - 1) * PATH_SIZE;
    s.i64.store(area, gpa, place);
    s.i32.store(area, ptr.to_i32(at), place + 8);
    s.i32.store(area, level, SHADOW.leafLevel);
  }

  #refuseReserved(e: Entry, bits: number): void {
    const s = this.#s;
    const reserved = bits === 0 ? this.#reserved.get() : i64.or(this.#reserved.get(), bits);
    s.if(unlikely(i64.ne(i64.and(e.whole, reserved), 0)), () => {
      this.#fault(P | RSVD);
    });
  }

  /** Sets bits of an entry unless they are set; begins again if the entry has changed. */
  #mark(e: Entry, bits: Value<'i32'>, again: Label, wide: boolean): void {
    if (this.#c.probe) return;
    const s = this.#s;
    s.if(unlikely(i32.ne(i32.and(e.low, bits), bits)), () => {
      // With tables that were only read so far, the update is a write of its own to the second level.
      if ((tableAccess(this.#c) & Access.write) === 0) s.let(this.#second(e.gpa, Access.write | FOR_TABLE));
      const lost = wide
        ? i64.ne(i64.atomic.rmw.cmpxchg(e.at, e.whole, i64.or(e.whole, i64.extend_i32_u(bits))), e.whole)
        : i32.ne(i32.atomic.rmw.cmpxchg(e.at, e.low, i32.or(e.low, bits)), e.low);
      s.br_if(again, unlikely(lost));
    });
  }

  #combine(e: Entry): void {
    this.#s.set(this.#all, i32.and(this.#all.get(), e.low));
    this.#s.set(this.#any, i64.or(this.#any.get(), e.whole));
  }

  #setLeaf(e: Entry, base: Value<'i64'>, shift: number, found: Found): void {
    const s = this.#s;
    s.set(this.#leaf.at, e.at);
    s.set(this.#leaf.gpa, e.gpa);
    s.set(this.#leaf.whole, e.whole);
    s.set(this.#leaf.base, base);
    s.set(found.shift, shift);
  }

  #upper(again: Label, leaf: Label, found: Found): void {
    const s = this.#s;
    if (this.#c.options.la57) {
      s.if(has(this.#controls.cr4, CR4.la57), () => {
        this.#level(5, again, leaf, found);
      });
    }
    this.#level(4, again, leaf, found);
    this.#level(3, again, leaf, found);
  }

  /** The register was checked when it was loaded. */
  #pdpte(): void {
    const s = this.#s;
    const { ptr } = this.#c.m;
    const index = i32.and(i32.wrap_i64(i64.shr_u(this.#linear, 27)), 3 << 3);
    const entry = s.let(i64.load(ptr.add(this.#state, ptr.from_i32_u(index)), QUAD_OFFSETS.pdpte0));
    s.if(unlikely(i64.eqz(i64.and(entry, PRESENT))), () => {
      this.#fault(0);
    });
    s.set(this.#table, i64.and(entry, this.#addressMask));
  }

  /** One level of PAE, 4-level or 5-level paging (Intel SDM vol. 3A §4.4.2, §4.5.4). */
  #level(level: 1 | 2 | 3 | 4 | 5, again: Label, leaf: Label, found: Found): void {
    const s = this.#s;
    const shift = 12 + 9 * (level - 1);
    const e = this.#entry(this.#table.get(), shift);
    this.#combine(e);
    const mayBeLarge = level === 2 || (level === 3 && this.#c.options.pages1g);
    if (level === 1 || mayBeLarge) {
      const take = (): void => {
        // Bit 12 of a large page's entry is PAT.
        this.#refuseReserved(e, level === 1 ? 0 : 2 ** shift - 2 ** 13);
        this.#setLeaf(e, i64.and(e.whole, 2 ** this.#c.options.physicalBits - 2 ** shift), shift, found);
        s.br(leaf);
      };
      if (level === 1) {
        take();
        return;
      }
      s.if(has(e.low, LARGE), take);
    }
    this.#refuseReserved(e, mayBeLarge ? 0 : LARGE);
    this.#mark(e, i32.const(ACCESSED), again, true);
    s.set(this.#table, i64.and(e.whole, this.#addressMask));
  }

  /** 32-bit paging (§4.3): entries of four bytes, 4 MiB pages with CR4.PSE, above 4 GiB by PSE-36. */
  #twoLevels(again: Label, found: Found): void {
    const s = this.#s;
    const directory = i64.and(this.#table.get(), 0xfffff000);
    const pde = this.#narrowEntry(directory, 22);
    s.if(i32.and(has(this.#controls.cr4, CR4.pse), has(pde.low, LARGE)), () => {
      const highBits = Math.min(40, this.#c.options.physicalBits) - 32;
      const reservedBits = 2 ** 22 - 2 ** (13 + highBits);
      s.if(unlikely(has(pde.low, reservedBits)), () => {
        this.#fault(P | RSVD);
      });
      const high = i64.shl(i64.and(i64.shr_u(pde.whole, 13), 2 ** highBits - 1), 32);
      this.#setLeaf(pde, i64.or(i64.and(pde.whole, 0xffc00000), high), 22, found);
    }, () => {
      this.#mark(pde, i32.const(ACCESSED), again, false);
      const pte = this.#narrowEntry(i64.and(pde.whole, 0xfffff000), 12);
      this.#setLeaf(pte, i64.and(pte.whole, 0xfffff000), 12, found);
    });
  }

  #narrowEntry(table: Value<'i64'>, shift: number): Entry {
    const s = this.#s;
    const gpa = s.let(i64.or(table, i64.and(i64.shr_u(this.#linear, shift - 2), 1023 * 4)));
    const at = s.let(this.#c.m.ptr.from_i32_u(this.#second(gpa, tableAccess(this.#c))));
    this.#record(shift === 22 ? 2 : 1, gpa, at);
    const low = s.let(i32.load(at));
    if (!this.#c.probe) count(s, this.#state, 'walkLoads', 1);
    s.if(unlikely(i32.eqz(i32.and(low, PRESENT))), () => {
      this.#fault(0);
    });
    const e = { gpa, at, low, whole: s.let(i64.extend_i32_u(low)) };
    this.#combine(e);
    return e;
  }

  /** Rights, the leaf's accessed and dirty bits, and the result. */
  #finish(again: Label, walked: Label, found: Found): void {
    const s = this.#s;
    const { cr4, kind, errorCode, long } = this.#controls;
    const whole = s.let(this.#leaf.whole.get());
    const low = s.let(i32.wrap_i64(whole));
    const noExecute = s.let(i32.wrap_i64(i64.shr_u(this.#any.get(), 63)));
    const { rights, keyFault } = permissions(s, this.#state, this.#controls, { all: s.let(this.#all.get()), noExecute, leaf: whole });
    s.if(unlikely(has(i32.and(kind, i32.xor(rights, -1)), -1)), () => {
      const code = i32.or(i32.or(errorCode, P), keyFault);
      s.return(call(this.#f.pageFault, this.#state, this.#linear, code));
    });
    const marks = s.let(i32.or(ACCESSED, i32.shl(i32.and(kind, Access.write), 5)));
    const e: Entry = { gpa: s.let(this.#leaf.gpa.get()), at: s.let(this.#leaf.at.get()), whole, low };
    s.if(i32.or(long, has(cr4, CR4.pae)), () => {
      this.#mark(e, marks, again, true);
    }, () => {
      this.#mark(e, marks, again, false);
    });
    // For queries of the memory type; the probe's block is its own.
    if (this.#c.probe) s.i64.store(this.#state, whole, MMU_OFFSETS.qualification);
    s.set(found.rights, rights);
    s.set(found.dirty, i32.and(i32.or(low, marks), DIRTY));
    s.set(found.global, i32.and(has(low, GLOBAL), has(cr4, CR4.pge)));
    const within = i64.sub(i64.shl(1, i64.extend_i32_u(found.shift.get())), 1);
    s.set(found.gpa, i64.or(this.#leaf.base.get(), i64.and(this.#linear, within)));
    s.br(walked);
  }
}

/** Bits 7 and 8 of an EPT exit qualification: the linear address is valid; the access was to its final address. */
export function validLinear(s: Builder, state: State, final: 0 | 1): void {
  const at = MMU_OFFSETS.qualification;
  s.if(i32.eq(i32.load(state, MMU_OFFSETS.reason), 1), () => {
    s.i64.store(state, i64.or(i64.load(state, at), 0x80 | (final << 8)), at);
  });
}
