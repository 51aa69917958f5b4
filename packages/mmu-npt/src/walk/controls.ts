import { FillAccess, QUAD_OFFSETS, WORD_OFFSETS } from '@polyvisor/core';
import { i32, type Value } from '@polyvisor/wasm';
import { has, type Builder, type State } from './context.ts';

/** Bits of CR0, CR4, EFER and RFLAGS that paging heeds (Intel SDM vol. 3A §4.1.1, §4.1.3). */
export const CR0 = { wp: 1 << 16, pg: 1 << 31 } as const;
export const CR4 = { pse: 1 << 4, pae: 1 << 5, pge: 1 << 7, la57: 1 << 12, smep: 1 << 20, smap: 1 << 21, pke: 1 << 22, pks: 1 << 24 } as const;
export const EFER = { lma: 1 << 10, nxe: 1 << 11 } as const;
const RFLAGS_AC = 1 << 18;

/** What the control registers say about one access; every field is bound and may be used again. */
export interface Controls {
  readonly cr4: Value<'i32'>;
  readonly efer: Value<'i32'>;
  /** 0 or 1, as are the following. */
  readonly paging: Value<'i32'>;
  readonly long: Value<'i32'>;
  readonly wp: Value<'i32'>;
  readonly user: Value<'i32'>;
  /** CR4.SMAP and an explicit supervisor access with AC: user pages are open all the same. */
  readonly smapOpen: Value<'i32'>;
  /** The rights wanted, as bits of `Access`. */
  readonly kind: Value<'i32'>;
  /** W/R, U/S and I/D of a page fault's error code. */
  readonly errorCode: Value<'i32'>;
}

const bit = (word: Value<'i32'>, mask: number): Value<'i32'> =>
  i32.and(i32.shr_u(word, Math.log2(mask >>> 0)), 1);

export function readControls(s: Builder, state: State, access: Value<'i32'>): Controls {
  const cr0 = s.let(i32.load(state, QUAD_OFFSETS.cr0), 'cr0');
  const cr4 = s.let(i32.load(state, QUAD_OFFSETS.cr4), 'cr4');
  const efer = s.let(i32.load(state, QUAD_OFFSETS.efer), 'efer');
  const implicit = i32.shr_u(i32.and(access, FillAccess.implicit), 3);
  const cpl3 = i32.eq(i32.load(state, WORD_OFFSETS.cpl), 3);
  const user = s.let(i32.and(cpl3, i32.xor(implicit, 1)), 'user');
  const explicit = i32.xor(i32.or(user, implicit), 1);
  const ac = bit(i32.load(state, QUAD_OFFSETS.rflags), RFLAGS_AC);
  const smapOpen = s.let(i32.and(i32.and(bit(cr4, CR4.smap), ac), explicit), 'smapOpen');
  const kind = s.let(i32.and(access, 7), 'kind');
  const nx = i32.and(bit(cr4, CR4.pae), bit(efer, EFER.nxe));
  const fetchBit = i32.and(i32.shr_u(kind, 2), i32.or(nx, bit(cr4, CR4.smep)));
  const errorCode = s.let(i32.or(i32.or(i32.and(kind, 2), i32.shl(user, 2)), i32.shl(fetchBit, 4)), 'errorCode');
  return {
    cr4, efer, user, smapOpen, kind, errorCode,
    paging: s.let(i32.lt_s(cr0, 0), 'paging'),
    long: s.let(has(efer, EFER.lma), 'long'),
    wp: s.let(bit(cr0, CR0.wp), 'wp'),
  };
}

export { bit };
