import type { Random } from './random.ts';
import type { Registers, Setting } from './table-walk.ts';
import { ARENA, FRAMES, sizes } from './rig.ts';

export interface Case {
  readonly registers: Registers;
  readonly linear: bigint;
  readonly access: number;
}

type Mode = 'off' | '32-bit' | 'pae' | 'long';

/** The second level's own tables lie in the first frames of the arena, the guest's in the rest. */
const GUEST = ARENA + 8;
const sparse = (r: Random, percent: number, bit: bigint): bigint => (r.chance(percent) ? bit : 0n);

/** Fills the arena with tables around one linear address: mostly sound, with faults of every kind strewn in. */
export function randomCase(r: Random, setting: Setting, arena: DataView): Case {
  new Uint8Array(arena.buffer, arena.byteOffset, arena.byteLength).fill(0);
  if (setting.strategy !== 'native') secondLevelTables(r, setting, arena);
  const mode = r.of<Mode>(['off', '32-bit', 'pae', 'long', 'long', 'long']);
  const registers = randomRegisters(r, mode);
  const linear = randomLinear(r, mode);
  if (mode !== 'off') guestTables(r, setting, mode, registers, linear, arena);
  const kind = r.of([1, 1, 2, 2, 3, 4, 4]);
  return { registers, linear, access: kind | (kind !== 4 && r.chance(10) ? 8 : 0) };
}

function randomLinear(r: Random, mode: Mode): bigint {
  // Pages whose low index names frames of the arena, so that large pages from 0 lead there too.
  let linear = BigInt((ARENA + r.below(FRAMES - ARENA)) * 4096 + r.below(4096));
  if (mode === 'off') return linear + (r.chance(10) ? BigInt(r.below(2 ** 32)) : 0n) & 0xffff_ffffn;
  linear |= BigInt(r.of([0, 0, 0, 1, 511])) << 21n;
  linear |= BigInt(r.of([0, 0, 1, 3])) << 30n;
  if (mode !== 'long') return linear;
  linear |= BigInt(r.below(512)) << 39n;
  return BigInt.asUintN(64, BigInt.asIntN(48, linear));
}

function randomRegisters(r: Random, mode: Mode): Registers {
  let cr4 = 0n;
  for (const bit of [4, 7, 12, 20, 21, 22, 24]) cr4 |= sparse(r, 50, 1n << BigInt(bit));
  if (mode === 'long' || mode === 'pae' || (mode === 'off' && r.chance(50))) cr4 |= 1n << 5n;
  return {
    cr0: 1n | sparse(r, 60, 1n << 16n) | (mode === 'off' ? 0n : 1n << 31n),
    cr3: BigInt((GUEST + r.below(FRAMES - GUEST)) * 4096) | BigInt(r.below(4096)),
    cr4,
    efer: sparse(r, 70, 1n << 11n) | (mode === 'long' ? 0x500n : 0n),
    rflags: 2n | sparse(r, 50, 1n << 18n),
    cpl: r.of([0, 0, 1, 3, 3, 3]),
    pkru: r.chance(50) ? r.word() : 0,
    pkrs: r.chance(50) ? r.word() : 0,
    pdptes: [0, 1, 2, 3].map(() => BigInt((GUEST + r.below(FRAMES - GUEST)) * 4096) | sparse(r, 95, 1n)),
    tags: { user: BigInt(1 + r.below(4094)), supervisor: BigInt(1 + r.below(4094)), supervisorAc: BigInt(1 + r.below(4094)) },
  };
}

function frame(r: Random, first: number): bigint {
  const outside = [1, 31, 0x300, 0xf_ffff, 0x3f_ffff_fff];
  return BigInt(r.chance(96) ? first + r.below(FRAMES - first) : r.of(outside)) << 12n;
}

function guestTables(r: Random, setting: Setting, mode: Mode, registers: Registers, linear: bigint, arena: DataView): void {
  const wide = mode !== '32-bit';
  const bits = wide ? 9 : 10;
  const five = mode === 'long' && setting.la57 && ((registers.cr4 >> 12n) & 1n) === 1n;
  const levels = mode === 'long' ? (five ? 5 : 4) : 2;
  const pdpte = registers.pdptes[Number((linear >> 30n) & 3n)]!;
  let table = mode === 'pae' ? pdpte : registers.cr3;
  const xdMakesSense = ((registers.efer >> 11n) & 1n) === 1n;
  for (let level = levels; level >= 1; level--) {
    const shift = 12 + bits * (level - 1);
    const index = Number((linear >> BigInt(shift)) & ((1n << BigInt(bits)) - 1n));
    let entry = frame(r, level === 1 ? ARENA : GUEST);
    entry |= sparse(r, 97, 1n) | sparse(r, 85, 2n) | sparse(r, 80, 4n) | BigInt(r.below(4) << 3);
    entry |= sparse(r, 50, 0x20n) | sparse(r, 50, 0x40n) | sparse(r, 30, 0x100n) | BigInt(r.below(8) << 9);
    const large = level > 1 && level < 4 && r.chance(15);
    if (large) entry = (entry & 0xfffn) | 0x80n | sparse(r, 20, 0x1000n) | sparse(r, 15, 1n << BigInt(shift)) | sparse(r, 8, 1n << BigInt(13 + r.below(9)));
    else if (level >= 4 ? r.chance(2) : level === 1 && r.chance(30)) entry |= 0x80n;
    if (wide) {
      entry |= sparse(r, xdMakesSense ? 20 : 2, 1n << 63n);
      if (mode === 'long') entry |= BigInt(r.below(2048)) << 52n;
      else entry |= sparse(r, 3, 1n << BigInt(52 + r.below(11)));
      entry |= sparse(r, 3, 1n << BigInt(36 + r.below(16)));
    }
    const at = Number(((table & 0xf_ffff_ffff_f000n) + BigInt(index * (wide ? 8 : 4))) - BigInt(sizes.arenaAt));
    // Tables that lie elsewhere hold whatever is there.
    if (at >= 0 && at < arena.byteLength) {
      if (wide) arena.setBigUint64(at, entry, true);
      else arena.setUint32(at, Number(entry & 0xffff_ffffn), true);
    }
    table = entry;
  }
}

const SECOND = { top: 0, third: 1, second: 2, first: 3, other: 4 } as const;
const MMIO = 1n << 53n;

function secondLevelTables(r: Random, setting: Setting, arena: DataView): void {
  const ept = setting.strategy === 'ept';
  const put = (table: number, index: number, entry: bigint): void => {
    arena.setBigUint64(table * 4096 + index * 8, entry, true);
  };
  const pointer = (table: number): bigint => {
    if (r.chance(1)) return r.of([0n, MMIO, MMIO | 0x80n]);
    const to = BigInt(ARENA + (r.chance(99) ? table : r.below(40))) << 12n;
    return to | flags(r, ept, true) | sparse(r, 1, 1n << BigInt(3 + r.below(5))) | sparse(r, 1, 1n << BigInt(32 + r.below(20)));
  };
  const leaf = (mfn: number): bigint => {
    if (r.chance(3)) return r.of([0n, MMIO]);
    const at = BigInt(mfn) << 12n;
    return at | flags(r, ept, false) | sparse(r, 1, 1n << BigInt(32 + r.below(20)));
  };
  const large = (level: number): bigint => flags(r, ept, false) | 0x80n | sparse(r, 10, 1n << BigInt(12 + r.below(9 * (level - 1))));
  put(SECOND.top, 0, pointer(SECOND.third));
  put(SECOND.third, 0, r.chance(5) ? large(3) : pointer(SECOND.second));
  put(SECOND.second, 0, r.chance(10) ? large(2) : pointer(SECOND.first));
  put(SECOND.second, 1, r.chance(50) ? r.of([MMIO | 0x80n, large(2)]) : pointer(SECOND.other));
  const permuted = r.chance(30);
  for (let mfn = ARENA; mfn < FRAMES; mfn++) {
    const moved = permuted && mfn >= GUEST ? GUEST + ((mfn - GUEST) * 5) % (FRAMES - GUEST) : mfn;
    put(SECOND.first, mfn, leaf(r.chance(1) ? FRAMES + r.below(9) : moved));
  }
}

function flags(r: Random, ept: boolean, table: boolean): bigint {
  if (ept) {
    const rights = r.chance(94) ? 7n : BigInt(r.of([1, 3, 4, 5, 2, 6, 0]));
    const type = table ? 0n : BigInt((r.chance(98) ? r.of([0, 1, 4, 5, 6]) : r.of([2, 3, 7])) << 3);
    return rights | type | sparse(r, 50, 0x100n) | sparse(r, 50, 0x200n);
  }
  const plain = sparse(r, 99, 1n) | sparse(r, 95, 2n) | sparse(r, 98, 4n) | sparse(r, 8, 1n << 63n);
  return plain | sparse(r, 50, 0x20n) | sparse(r, 50, 0x40n) | sparse(r, 10, 0x100n);
}
