/** Vector registers and addresses for cases of vector rows. */
import type { Decoded, Row } from '../src/index.ts';
import { sizeInBits } from '../src/decode/operands.ts';
import type { Random } from './cases.ts';
import type { Numbers } from './float-cases.ts';
import { WINDOW, WINDOW_SIZE } from './native.ts';
import { INITIAL_STATE, type VectorState } from './vector-state.ts';

/** Fills with elements of one size, many of them corner values. */
function fill(random: Random, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length), size = random.pick([1, 2, 4, 8]);
  for (let at = 0; at < bytes.length; at += 8) view.setBigUint64(at, random.word64(), true);
  if (random.chance(30)) return;
  for (let at = 0; at < bytes.length; at += size) {
    const corner = random.below(12);
    if (corner > 6) continue;
    bytes.fill(corner === 0 || corner === 3 || corner === 5 ? 0xff : 0, at, at + size);
    const top = at + size - 1;
    if (corner === 1 || corner === 3) bytes[top] = corner === 1 ? 0x80 : 0x7f;
    if (corner === 2 || corner === 4) bytes[at] = corner === 2 ? 1 : random.below(80);
  }
}

/** Registers with anything in them; those the instruction names often share elements. */
export function vectorState(row: Row, d: Decoded, random: Random, numbers: Numbers | undefined): VectorState {
  const ymm = new Uint8Array(512), x87 = new Uint8Array(128);
  const pool = Uint8Array.from({ length: 64 }, () => random.below(256));
  for (let at = 0; at < 512; at += 64) ymm.set(pool, at);
  const named = [d.reg, d.rm, d.vvvv, 0, (d.imm >> 4) & 15, Math.max(0, d.index)];
  for (const n of named) if (n < 16) fill(random, ymm.subarray(n * 32, n * 32 + 32));
  if (random.chance(25)) {
    for (let i = random.below(40); i > 0; i--) ymm[d.rm * 32 + random.below(32)] = ymm[d.reg * 32 + random.below(32)] ?? 0;
  }
  if (numbers !== undefined) {
    ymm.set(numbers.reg, d.reg * 32);
    ymm.set(numbers.vvvv, d.vvvv * 32);
    ymm.set(numbers.rm, d.rm * 32);
  }
  // A count of a shift is small as a rule.
  else if (random.chance(25)) ymm.fill(0, d.rm * 32 + 1, d.rm * 32 + 8);
  for (let i = 0; i < 8; i++) {
    fill(random, x87.subarray(i * 16, i * 16 + 8));
    if (random.chance(20)) x87.fill(0, i * 16 + 1, i * 16 + 8);
    if (i === (d.rm & 7) && numbers !== undefined) x87.set(numbers.rm.subarray(0, 8), i * 16);
    x87[i * 16 + 8] = random.below(256);
    x87[i * 16 + 9] = random.below(256);
  }
  const mmx = row.features.includes('MMX') || row.exceptions === 'mmx';
  // Now and then an x87 exception is pending: a flag is set that is not masked.
  const fcw = mmx && random.chance(20) ? 0x340 | random.below(64) : INITIAL_STATE.fcw, raised = mmx ? random.below(64) : 0;
  const pending = (raised & ~fcw) !== 0 ? 0x8080 : 0;
  const fsw = mmx ? random.below(8) << 11 | (random.below(8) << 8) | (random.below(2) << 14) | raised | pending : 0;
  return { ...INITIAL_STATE, ymm, x87, fcw, fsw, ftw: mmx ? random.below(256) : 0, mxcsr: numbers?.mxcsr ?? INITIAL_STATE.mxcsr };
}

const BORDER = WINDOW + WINDOW_SIZE / 2, END = BORDER + 4096;

/** Where a vector operand lies: mostly in the window, sometimes across a border, mostly aligned if it must be. */
export function vectorPlace(row: Row, d: Decoded, random: Random): number {
  const memory = row.operands.find((o) => o.kind.source === 'rm' || o.kind.source === 'maskmov');
  const bytes = memory === undefined ? 16 : Math.max(1, sizeInBits(memory.kind.memSize, d) / 8);
  // The processor at hand has entered the MMX state when MASKMOVQ faults, which no manual says.
  const drawn = row.mnemonic === 'MASKMOVQ' ? WINDOW + 16 + random.below(WINDOW_SIZE - 64) : random.chance(5) ? END - 1 - random.below(bytes)
    : random.chance(5) ? BORDER - 4096 - 1 - random.below(bytes)
    : random.chance(15) ? BORDER - 1 - random.below(bytes) : WINDOW + 16 + random.below(WINDOW_SIZE - 64);
  // AMD's processors do not ask it of SHA, for which the manuals of both say they do.
  const align = row.features.includes('SHA') || (row.aligned ? random.chance(85) : random.chance(30));
  return align ? drawn & -bytes : drawn;
}

/** Index and mask registers of a gather, around the address that the base register gets. */
export function aimGather(row: Row, d: Decoded, state: VectorState, random: Random): void {
  const index64 = /^VP?GATHERQ/.test(row.mnemonic);
  const view = new DataView(state.ymm.buffer), at = d.index * 32;
  for (let i = 0; i < (index64 ? 4 : 8); i++) {
    const span = 96 >> d.scale;
    const drawn = random.chance(5) ? random.below(1 << 20) - (1 << 19) : random.below(2 * span) - span;
    if (index64) view.setBigInt64(at + i * 8, BigInt(drawn), true);
    else view.setInt32(at + i * 4, drawn, true);
  }
  const set = random.pick([0, 50, 80, 100]);
  for (let i = 0; i < 32; i += 4) state.ymm[d.vvvv * 32 + i + 3] = random.below(128) | (random.chance(set) ? 128 : 0);
}
