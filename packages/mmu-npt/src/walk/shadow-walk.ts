import { Access, QUAD_OFFSETS, MMU_OFFSETS } from '@polyvisor/core';
import { i32, i64, unlikely, type Label, type Value } from '@polyvisor/wasm';
import { MODE_CR4, MODE_EFER, PAGE_SHIFTS, SHADOW, SHADOW_SECOND_SHIFT, SHADOW_SIZE_SHIFT, Second, ShadowBits } from '../layout.ts';
import { count, has, type Builder, type ShadowLinks, type State, type WalkContext } from './context.ts';
import { CR4, type Controls } from './controls.ts';
import type { Found } from './guest-walk.ts';
import { permissions } from './permissions.ts';

export interface Hit {
  readonly found: Found;
  readonly host: Value<'i32'>;
  /** As the second result of the second level. */
  readonly info: Value<'i32'>;
}

/** Whether the frame of a host address holds a guest table that is shadowed and write-protected, 0 or 1. */
export function tableBit(c: WalkContext, shadow: ShadowLinks, host: Value<'i32'>): Value<'i32'> {
  const frame = i32.shr_u(host, 12);
  const byte = i32.load8_u(c.m.ptr.from_i32_u(i32.add(shadow.tables.get(), i32.shr_u(frame, 3))));
  return i32.and(i32.shr_u(byte, i32.and(frame, 7)), 1);
}

/** One load for each level. Goes to `miss` where an entry is absent, and where it does not allow what is wanted. */
export function shadowWalk(c: WalkContext, s: Builder, state: State, linear: Value<'i64'>, controls: Controls, miss: Label): Hit {
  const { shadow } = c;
  if (shadow === undefined) throw new Error('a module without shadow tables cannot walk them');
  const { ptr } = c.m;
  s.br_if(miss, unlikely(i32.eqz(controls.paging)));
  const area = s.let(ptr.from_i32_u(i32.load(state, MMU_OFFSETS.tlb)));
  const mode = i32.or(i32.and(controls.cr4, MODE_CR4), i32.and(controls.efer, MODE_EFER));
  const known = i32.and(
    i64.eq(i64.load(state, QUAD_OFFSETS.cr3), i64.load(area, SHADOW.cr3)), i32.eq(mode, i32.load(area, SHADOW.mode)));
  s.if(unlikely(i32.eqz(known)), () => {
    s.call(shadow.enter, state);
  });
  const found: Found = {
    gpa: s.local('i64', 'shadowGpa'), rights: s.local('i32', 'shadowRights'), shift: s.local('i32', 'shadowShift'),
    global: s.local('i32', 'shadowGlobal'), dirty: s.local('i32', 'shadowDirty'),
  };
  const all = s.local('i32', 'shadowAll');
  const any = s.local('i64', 'shadowAny');
  const table = s.local('i32', 'shadowTable');
  s.set(all, -1);
  s.set(any, 0);
  const level = (n: number): Value<'i64'> => {
    const index = i32.and(i32.wrap_i64(i64.shr_u(linear, 12 + 9 * (n - 1) - 3)), 511 << 3);
    const whole = s.let(i64.load(ptr.from_i32_u(i32.add(table.get(), index))));
    const low = s.let(i32.wrap_i64(whole));
    s.br_if(miss, unlikely(i32.eqz(i32.and(low, ShadowBits.present))));
    s.set(all, i32.and(all.get(), low));
    s.set(any, i64.or(any.get(), whole));
    s.set(table, i32.and(low, -4096));
    return whole;
  };
  s.if(controls.long, () => {
    s.set(table, i32.load(area, SHADOW.roots));
    if (c.options.la57) s.if(has(controls.cr4, CR4.la57), () => {
      level(5);
    });
    level(4);
    level(3);
    count(s, state, 'walkLoads', 4);
  }, () => {
    const root = i32.and(i32.wrap_i64(i64.shr_u(linear, 28)), 3 << 2);
    s.set(table, i32.load(ptr.add(area, ptr.from_i32_u(root)), SHADOW.roots));
    count(s, state, 'walkLoads', 2);
  });
  level(2);
  const leaf = level(1);
  const low = s.let(i32.wrap_i64(leaf));
  const noExecute = s.let(i32.wrap_i64(i64.shr_u(any.get(), 63)));
  const allowed = permissions(s, state, controls, { all: s.let(all.get()), noExecute, leaf });
  // Second-level rights, and the dirty bit behind them as `Second.dirty`.
  const info = s.let(i32.and(i32.shr_u(low, SHADOW_SECOND_SHIFT), 7 | Second.dirty));
  s.br_if(miss, unlikely(has(i32.and(controls.kind, i32.xor(i32.and(allowed.rights, info), -1)), -1)));
  const host = s.let(i32.or(i32.and(low, -4096), i32.and(i32.wrap_i64(linear), 4095)));
  s.if(has(controls.kind, Access.write), () => {
    const clean = i32.or(i32.eqz(i32.and(low, ShadowBits.dirty)), i32.eqz(i32.and(info, Second.dirty)));
    s.br_if(miss, unlikely(i32.or(clean, tableBit(c, shadow, host))));
  });
  const frame = i64.and(i64.shr_u(leaf, 32), 2 ** 27 - 1);
  s.set(found.gpa, i64.or(i64.shl(frame, 12), i64.and(linear, 4095)));
  s.set(found.rights, allowed.rights);
  const shifts = PAGE_SHIFTS.reduce((word, shift, i) => word | (shift << (8 * i)), 0);
  const size = i32.and(i32.shr_u(low, SHADOW_SIZE_SHIFT), 3);
  s.set(found.shift, i32.and(i32.shr_u(shifts, i32.shl(size, 3)), 255));
  s.set(found.global, i32.and(has(low, ShadowBits.global), has(controls.cr4, CR4.pge)));
  s.set(found.dirty, i32.and(low, ShadowBits.dirty));
  return { found, host, info };
}
