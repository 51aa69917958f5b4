import { Access, FillStatus, MMU_OFFSETS, QUAD_OFFSETS, TLB_ENTRIES, TLB_OFFSETS, TlbFlag } from '@polyvisor/core';
import { i32, i64, select, unlikely, type Func, type FunctionBuilder, type Value } from '@polyvisor/wasm';
import { GFNS_AT, LARGE_FILTER_AT, Second, SHADOW } from '../layout.ts';
import { count, has, type Builder, type State, type WalkContext } from './context.ts';
import { readControls, type Controls } from './controls.ts';
import { GuestWalk, validLinear, type Found, type WalkFunctions } from './guest-walk.ts';
import { tableFormat } from './options.ts';
import { secondLevel, type SecondLevel } from './second-level.ts';
import { shadowWalk, tableBit } from './shadow-walk.ts';

export type Fill = Func<readonly ['ptr', 'i32', 'i32', 'i32'], readonly ['i32']>;

export interface WalkModuleFunctions {
  readonly fill: Fill;
  readonly second: SecondLevel;
}

const NAMES = ['state', 'linearLow', 'linearHigh', 'access'];

/** `fill`, or the probe, which writes nothing but the vCPU's MMU block. */
export function buildFill(c: WalkContext): WalkModuleFunctions {
  const second = secondLevel(c);
  const suffix = c.probe ? 'Probe' : '';
  const pageFault = c.m.func(`pageFault${suffix}`, { params: ['ptr', 'i64', 'i32'], results: ['i32'] }, (s, state, linear, code) => {
    s.i32.store(state, code, MMU_OFFSETS.errorCode);
    s.i64.store(state, linear, MMU_OFFSETS.linear);
    if (!c.probe) count(s, state, 'pageFaults', 1);
    return i32.const(FillStatus.pageFault);
  });
  const functions = { second, pageFault };
  const signature = { params: ['ptr', 'i32', 'i32', 'i32'], results: ['i32'], names: NAMES } as const;
  const walk = c.m.func(`walk${suffix}`, signature, (s, state, low, high, access) => body(c, functions, s, state, low, high, access));
  const { shadow } = c;
  const fill = c.m.func(c.probe ? 'probe' : 'fill', signature, (s, state, low, high, access) => {
    const remembers = shadow !== undefined && !c.probe;
    if (remembers) throughShadow(c, s, state, low, high, access);
    const status = s.call(walk, state, low, high, access);
    if (remembers) {
      const paging = i32.lt_s(i32.load(state, QUAD_OFFSETS.cr0), 0);
      const ram = i32.or(i32.eqz(status), i32.eq(status, FillStatus.code));
      s.if(i32.and(paging, ram), () => {
        s.call(shadow.built, state, low, high);
      });
    }
    s.i32.store(state, status, MMU_OFFSETS.status);
    return status;
  });
  return { fill, second };
}

function body(
  c: WalkContext, f: WalkFunctions, b: Builder, state: State, low: Value<'i32'>, high: Value<'i32'>, access: Value<'i32'>,
): Value<'i32'> {
  const s = b;
  const controls = readControls(s, state, access);
  const found: Found = {
    gpa: s.local('i64', 'gpa'), rights: s.local('i32', 'rights'), shift: s.local('i32', 'shift'),
    global: s.local('i32', 'global'), dirty: s.local('i32', 'dirty'),
  };
  const linear = linearAddress(s, controls, low, high);
  s.if(controls.paging, () => {
    new GuestWalk(c, f, s, state, linear, controls).emit(found);
  }, () => {
    s.set(found.gpa, linear);
    s.set(found.rights, 7);
    s.set(found.shift, 12);
    s.set(found.dirty, 1);
  });
  const gpa = s.let(found.gpa.get());
  const [host, info] = s.call(f.second, state, gpa, controls.kind);
  s.if(unlikely(i32.lt_s(info, 0)), () => {
    s.i64.store(state, linear, MMU_OFFSETS.linear);
    if (tableFormat(c.options) === 'ept') validLinear(s, state, 1);
    s.return(FillStatus.nestedFault);
  });
  s.i64.store(state, gpa, MMU_OFFSETS.gpa);
  s.i32.store(state, host, MMU_OFFSETS.host);
  s.i32.store(state, found.shift.get(), MMU_OFFSETS.pageShift);
  const mmio = s.let(i32.and(i32.shr_u(info, 4), 1));
  if (c.probe) return select(i32.const(FillStatus.mmio), i32.const(FillStatus.ok), mmio);
  const { shadow } = c;
  if (shadow !== undefined) {
    s.if(i32.and(has(controls.kind, Access.write), i32.and(tableBit(c, shadow, host), i32.xor(mmio, 1))), () => {
      s.call(shadow.unprotect, i32.shr_u(host, 12));
    });
    s.i32.store(c.m.ptr.from_i32_u(i32.load(state, MMU_OFFSETS.tlb)), info, SHADOW.info);
  }
  const code = s.let(i32.and(codeBit(c, host), i32.xor(mmio, 1)));
  writeEntry(c, s, state, { linear, controls, found, host, info, mmio, code });
  const written = i32.and(code, has(controls.kind, 2));
  return select(i32.const(FillStatus.mmio), i32.mul(written, FillStatus.code), mmio);
}

/** Outside long mode a linear address has 32 bits. */
function linearAddress(s: Builder, controls: Controls, low: Value<'i32'>, high: Value<'i32'>): Value<'i64'> {
  const upper = i64.shl(i64.extend_i32_u(i32.and(high, i32.sub(0, controls.long))), 32);
  return s.let(i64.or(i64.extend_i32_u(low), upper), 'linear');
}

/** Returns from the function being built if the shadow tables have what is wanted. */
function throughShadow(
  c: WalkContext, s: FunctionBuilder<readonly ['i32']>, state: State, low: Value<'i32'>, high: Value<'i32'>, access: Value<'i32'>,
): void {
  const controls = readControls(s, state, access);
  const linear = linearAddress(s, controls, low, high);
  s.block((miss) => {
    const hit = shadowWalk(c, s, state, linear, controls, miss);
    const gpa = s.let(hit.found.gpa.get());
    s.i64.store(state, gpa, MMU_OFFSETS.gpa);
    s.i32.store(state, hit.host, MMU_OFFSETS.host);
    s.i32.store(state, hit.found.shift.get(), MMU_OFFSETS.pageShift);
    const code = s.let(codeBit(c, hit.host));
    writeEntry(c, s, state, { ...hit, linear, controls, mmio: i32.const(0), code });
    const status = s.let(i32.mul(i32.and(code, has(controls.kind, Access.write)), FillStatus.code));
    s.i32.store(state, status, MMU_OFFSETS.status);
    s.return(status);
  });
}

/** Whether the frame of a host address holds code, 0 or 1. */
function codeBit(c: WalkContext, host: Value<'i32'>): Value<'i32'> {
  const { ptr } = c.m;
  const frame = i32.shr_u(host, 12);
  const at = ptr.from_i32_u(i32.add(c.globals.codeBitmap.get(), i32.shr_u(frame, 3)));
  const bit = i32.and(i32.shr_u(i32.load8_u(at), i32.and(frame, 7)), 1);
  return i32.and(bit, i32.ne(c.globals.codeBitmap.get(), 0));
}

interface Result {
  readonly linear: Value<'i64'>;
  readonly controls: Controls;
  readonly found: Found;
  readonly host: Value<'i32'>;
  readonly info: Value<'i32'>;
  readonly mmio: Value<'i32'>;
  readonly code: Value<'i32'>;
}

function writeEntry(c: WalkContext, s: Builder, state: State, r: Result): void {
  const { ptr } = c.m;
  const low = s.let(i32.wrap_i64(r.linear));
  const index = s.let(i32.and(i32.shr_u(low, 12), TLB_ENTRIES - 1));
  const tlb = s.let(i32.load(state, MMU_OFFSETS.tlb));
  const entry = s.let(ptr.from_i32_u(i32.add(tlb, i32.shl(index, 5))));
  const supervisor = select(i32.const(MMU_OFFSETS.tagSupervisorAc), i32.const(MMU_OFFSETS.tagSupervisor), r.controls.smapOpen);
  const view = select(i32.const(MMU_OFFSETS.tagUser), supervisor, r.controls.user);
  const current = i64.extend_i32_u(i32.load(ptr.add(state, ptr.from_i32_u(view))));
  const tag = s.let(i64.or(i64.and(r.linear, -4096), current));
  const rights = i32.and(i32.and(r.found.rights.get(), r.info), i32.sub(r.mmio, 1));
  const clean = i32.or(i32.or(i32.eqz(r.found.dirty.get()), i32.eqz(i32.and(r.info, Second.dirty))), r.code);
  // A write tag needs both dirty bits, since a write that hits sets neither.
  const tags = s.let(i32.and(rights, i32.xor(i32.shl(clean, 1), -1)));
  const store = (right: number, at: number): void => {
    s.i64.store(entry, select(tag, i64.const(-1), has(tags, right)), at);
  };
  store(1, TLB_OFFSETS.readTag);
  store(2, TLB_OFFSETS.writeTag);
  store(4, TLB_OFFSETS.fetchTag);
  const addend = i32.sub(i32.and(r.host, -4096), i32.and(low, -4096));
  s.i32.store(entry, i32.and(addend, i32.sub(r.mmio, 1)), TLB_OFFSETS.addend);
  const large = s.let(i32.ne(r.found.shift.get(), 12));
  const kind = i32.or(i32.mul(r.mmio, TlbFlag.mmio), i32.mul(r.code, TlbFlag.code));
  const flags = i32.or(kind, i32.or(i32.mul(large, TlbFlag.large), i32.mul(r.found.global.get(), TlbFlag.global)));
  s.i32.store(entry, flags, TLB_OFFSETS.flags);
  const gfn = ptr.from_i32_u(i32.add(tlb, i32.shl(index, 2)));
  s.i32.store(gfn, i32.wrap_i64(i64.shr_u(r.found.gpa.get(), 12)), GFNS_AT);
  s.if(large, () => {
    const region = s.let(i32.wrap_i64(i64.shr_u(r.linear, 30)));
    const at = s.let(ptr.from_i32_u(i32.add(tlb, i32.and(i32.shr_u(region, 3), 63))));
    const bit = i32.shl(1, i32.and(region, 7));
    s.i32.store8(at, i32.or(i32.load8_u(at, LARGE_FILTER_AT), bit), LARGE_FILTER_AT);
  });
  count(s, state, 'fills', 1);
}
