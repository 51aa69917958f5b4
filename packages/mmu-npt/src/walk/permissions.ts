import { WORD_OFFSETS } from '@polyvisor/core';
import { i32, i64, select, type Value } from '@polyvisor/wasm';
import { has, type Builder, type State } from './context.ts';
import { bit, CR4, type Controls } from './controls.ts';

/** What the walked entries say together. */
export interface Combined {
  /** All entries' low words ANDed: R/W and U/S. */
  readonly all: Value<'i32'>;
  /** 1 if XD is set in any. */
  readonly noExecute: Value<'i32'>;
  readonly leaf: Value<'i64'>;
}

export interface Allowed {
  /** Bits of `Access`. */
  readonly rights: Value<'i32'>;
  /** 1 if a fault's error code has PK set. */
  readonly keyFault: Value<'i32'>;
}

const PK = 5;

/**
 * Access rights of a translation (Intel SDM vol. 3A §4.6.1) and protection keys (§4.6.2): PKRU for user-mode addresses, PKRS for
 * supervisor-mode ones. PK of the error code as §4.7 defines it, which does not ask whether the access was also refused for
 * another reason.
 */
export function permissions(s: Builder, state: State, c: Controls, e: Combined): Allowed {
  const userPage = s.let(i32.and(i32.shr_u(e.all, 2), 1));
  const writable = s.let(i32.and(i32.shr_u(e.all, 1), 1));
  const execute = s.let(i32.xor(e.noExecute, 1));
  const rights = s.var(i32.const(0), 'rights');
  const keyFault = s.var(i32.const(0), 'keyFault');
  s.if(c.user, () => {
    const each = i32.or(i32.or(1, i32.shl(writable, 1)), i32.shl(execute, 2));
    s.set(rights, i32.and(each, i32.sub(0, userPage)));
  }, () => {
    const shut = i32.and(i32.and(userPage, bit(c.cr4, CR4.smap)), i32.xor(c.smapOpen, 1));
    const data = i32.or(1, i32.shl(i32.or(writable, i32.xor(c.wp, 1)), 1));
    const smep = i32.and(userPage, bit(c.cr4, CR4.smep));
    const fetch = i32.shl(i32.and(execute, i32.xor(smep, 1)), 2);
    s.set(rights, i32.or(i32.and(data, i32.sub(shut, 1)), fetch));
  });
  s.if(i32.and(select(bit(c.cr4, CR4.pke), bit(c.cr4, CR4.pks), userPage), c.long), () => {
    const key = i32.shl(i32.and(i32.wrap_i64(i64.shr_u(e.leaf, 59)), 15), 1);
    const register = select(i32.load(state, WORD_OFFSETS.pkru), i32.load(state, WORD_OFFSETS.pkrs), userPage);
    const bits = s.let(i32.shr_u(register, key));
    // CR0.WP = 0 opens what WD closes, but not to user accesses by PKRU.
    const heeded = i32.or(i32.and(c.user, userPage), c.wp);
    const denied = s.let(select(i32.const(3), i32.and(bits, i32.shl(heeded, 1)), has(bits, 1)));
    s.set(rights, i32.and(rights.get(), i32.xor(denied, -1)));
    // Reads are refused by AD alone; a read-modify-write counts as a write.
    s.set(keyFault, i32.shl(i32.ne(i32.and(denied, c.kind), 0), PK));
  });
  return { rights: s.let(rights.get()), keyFault: s.let(keyFault.get()) };
}
