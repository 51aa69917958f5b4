/**
 * Per-row facts that the decoder needs, packed into typed arrays indexed by row.
 */
import type { Operand, OpcodeMap, Row } from '../tables/types.ts';

/** Numbers of the opcode maps in the dispatch tables. */
export const MAP_NUMBERS: Readonly<Record<OpcodeMap, number>> = { one: 0, '0F': 1, '0F38': 2, '0F3A': 3, vex1: 4, vex2: 5, vex3: 6 };

/** How the bytes after ModRM, SIB and displacement are laid out. */
export const IMM = {
  NONE: 0, IB: 1, IBS: 2, IW: 3, /** 16 or 32 bits, sign-extended */ IZ: 4, /** 16, 32 or 64 bits */ IV: 5,
  /** Offset of 16 or 32 bits, then a selector. */ FAR: 6, /** An address of the address size. */ MOFFS: 7, /** ENTER */ IW_IB: 8,
} as const;

/** Codes of the operand-size rules. */
export const SIZE_RULE = { v: 0, d64: 1, f64: 2, y: 3, n: 4 } as const;

/** Bits of `RowLayout.flags`. */
export const ROW = {
  MODRM: 1, /** ModRM.mod is ignored: both operands are registers. */ IGNORES_MOD: 2, VSIB: 4, LOCK: 8, VEX: 16, VVVV: 32,
  /** A check of the register numbers is due once all bytes are there. */ SREG_WRITE: 64, SREG: 128, CR: 256, DR: 512,
} as const;

/** The packed facts. */
export interface RowLayout {
  readonly imm: Uint8Array;
  readonly sizeRule: Uint8Array;
  readonly flags: Uint16Array;
}

function immediateLayout(row: Row): number {
  const has = (test: (o: Operand) => boolean): boolean => row.operands.some(test);
  if (has((o) => o.kind.source === 'imm2')) return IMM.IW_IB;
  if (has((o) => o.kind.source === 'moffs')) return IMM.MOFFS;
  if (has((o) => o.kind.source === 'far')) return IMM.FAR;
  if (has((o) => o.kind.source === 'is4')) return IMM.IB;
  const operand = row.operands.find((o) => o.kind.source === 'imm' || o.kind.source === 'rel');
  if (operand === undefined) return IMM.NONE;
  switch (operand.kind.memSize) {
    case 'b': return operand.kind.signed ? IMM.IBS : IMM.IB;
    case 'w': return IMM.IW;
    case 'z': return IMM.IZ;
    case 'v': return IMM.IV;
    default: throw new Error(`row ${row.id}: no layout for immediate ${operand.code}`);
  }
}

/** Packs the rows. Every row has its place even when a dispatch table leaves it out. */
export function packRows(rows: readonly Row[]): RowLayout {
  const imm = new Uint8Array(rows.length), sizeRule = new Uint8Array(rows.length), flags = new Uint16Array(rows.length);
  rows.forEach((row, i) => {
    imm[i] = immediateLayout(row);
    sizeRule[i] = SIZE_RULE[row.sizeRule];
    let f = row.modrm === 'none' ? 0 : ROW.MODRM;
    if (row.modrm === 'ignores-mod') f |= ROW.IGNORES_MOD;
    if (row.modrm === 'vsib') f |= ROW.VSIB;
    if (row.lock) f |= ROW.LOCK;
    if (row.vex) f |= ROW.VEX;
    if (row.usesVvvv) f |= ROW.VVVV;
    for (const o of row.operands) {
      if (o.kind.source !== 'reg') continue;
      if (o.kind.registers === 'seg') f |= o.access === 'w' ? ROW.SREG | ROW.SREG_WRITE : ROW.SREG;
      if (o.kind.registers === 'cr') f |= ROW.CR;
      if (o.kind.registers === 'dr') f |= ROW.DR;
    }
    flags[i] = f;
  });
  return { imm, sizeRule, flags };
}
