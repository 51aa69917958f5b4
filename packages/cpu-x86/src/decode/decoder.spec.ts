import { describe, expect, test } from 'vitest';
import { FEATURES } from '../tables/features.ts';
import { rows } from '../tables/rows.ts';
import { BASE, MODE, PREFIX, REASON, SEGMENT, VERDICT } from './codes.ts';
import { Decoded } from './decoded.ts';
import { Decoder } from './decoder.ts';
import { branchTarget, ripRelativeAddress } from './operands.ts';

const { BITS16, BITS32, BITS64, REAL_OR_V86 } = MODE;
const intel = new Decoder();

function decode(hex: string, mode: number, decoder = intel): Decoded {
  const bytes = Uint8Array.from((hex.replaceAll(' ', '').match(/../g) ?? []).map((pair) => parseInt(pair, 16)));
  const out = new Decoded();
  decoder.decode(out, bytes, 0, bytes.length, mode);
  return out;
}

/** The row's name, or the reason for #UD. */
function idOf(d: Decoded): string {
  return d.verdict === VERDICT.OK ? rows[d.row]?.id ?? '?' : `#${d.verdict}/${d.reason}`;
}
const invalid = (reason: number): string => `#${VERDICT.INVALID}/${reason}`;

describe('prefixes', () => {
  test('count in any order, the last of F2 and F3 winning', () => {
    expect(decode('66 2e 67 f2 f3 a5', BITS32)).toMatchObject({ operandSize: 16, addressSize: 16, segment: SEGMENT.CS });
    expect(decode('f2 f3 a5', BITS32).prefixes & (PREFIX.REP | PREFIX.REPNE)).toBe(PREFIX.REP);
    expect(decode('f3 f2 a5', BITS32).prefixes & (PREFIX.REP | PREFIX.REPNE)).toBe(PREFIX.REPNE);
  });

  test('void a REX that does not stand right before the opcode', () => {
    expect(decode('48 66 89 c0', BITS64)).toMatchObject({ operandSize: 16, rex: 0 });
    expect(decode('66 48 89 c0', BITS64)).toMatchObject({ operandSize: 64, rex: 8 });
    expect(decode('41 48 89 c0', BITS64)).toMatchObject({ rex: 8, rm: 0 });
  });

  test('ES, CS, SS and DS do nothing in 64-bit mode, and do not displace FS', () => {
    expect(decode('64 2e 8b 00', BITS64)).toMatchObject({ segment: SEGMENT.FS });
    expect(decode('2e 8b 00', BITS64)).toMatchObject({ segment: SEGMENT.DS, segmentPrefix: SEGMENT.CS });
    expect(decode('3e 8b 04 24', BITS64)).toMatchObject({ segment: SEGMENT.SS });
    expect(decode('3e 8b 04 24', BITS32)).toMatchObject({ segment: SEGMENT.DS });
  });

  test('choose the row: F3 0F BC is TZCNT, 66 0F BC a 16-bit BSF', () => {
    expect(idOf(decode('f3 0f bc c1', BITS64))).toBe('TZCNT_Gv_Ev');
    expect(decode('66 f3 0f bc c1', BITS64)).toMatchObject({ operandSize: 16 });
    expect(idOf(decode('66 0f bc c1', BITS64))).toBe('BSF_Gv_Ev');
  });

  test('F3 90 is PAUSE even with REX.B, 41 90 an exchange', () => {
    expect(['90', 'f3 90', '41 90', 'f3 41 90', '48 90'].map((hex) => idOf(decode(hex, BITS64)))).toEqual(['NOP', 'PAUSE', 'XCHG_Zv_rAX', 'PAUSE', 'NOP']);
  });
});

describe('LOCK', () => {
  test.each(['f0 01 00', 'f0 0f b1 08', 'f0 0f c7 0f', 'f0 87 00', 'f0 0f ab 08'])('is legal in %s', (hex) => {
    expect(decode(hex, BITS64).verdict).toBe(VERDICT.OK);
  });
  test.each(['f0 01 c0', 'f0 03 00', 'f0 89 00', 'f0 39 00', 'f0 90', 'f0 0f a3 08', 'f0 0f 20 c0'])('is #UD in %s', (hex) => {
    expect(idOf(decode(hex, BITS64))).toBe(invalid(REASON.LOCK));
  });
});

describe('VEX', () => {
  test('has no 66, F2, F3, LOCK or REX in front; a segment and 67 are fine', () => {
    for (const prefix of ['66', 'f2', 'f3', 'f0', '48']) {
      expect(idOf(decode(`${prefix} c5 f8 58 c1`, BITS64))).toBe(invalid(REASON.PREFIX_BEFORE_VEX));
    }
    expect(idOf(decode('64 67 c5 f8 58 00', BITS64))).toBe('VADDPS_Vps_Hps_Wps');
  });

  test('gives way to LES, LDS and BOUND outside 64-bit mode', () => {
    expect(['c4 00', 'c5 00', '62 00'].map((hex) => idOf(decode(hex, BITS32)))).toEqual(['LES_Gv_Mp', 'LDS_Gv_Mp', 'BOUND_Gv_Ma']);
    expect(idOf(decode('c5 f8 58 c1', BITS32))).toBe('VADDPS_Vps_Hps_Wps');
    expect(idOf(decode('62 f1 7c 48 58 c1', BITS32))).toBe(invalid(REASON.EVEX));
    expect(idOf(decode('62 00', BITS64))).toBe(invalid(REASON.EVEX));
  });

  test('does not exist in real-address and virtual-8086 mode', () => {
    expect(idOf(decode('c5 f8 58 c1', BITS16 | REAL_OR_V86))).toBe(invalid(REASON.MODRM));
    expect(idOf(decode('c5 f8 58 c1', BITS16))).toBe('VADDPS_Vps_Hps_Wps');
  });

  test('demands vvvv = 1111b when there is no such operand, and a known map', () => {
    expect(idOf(decode('c5 f0 28 c1', BITS64))).toBe(invalid(REASON.VEX_VVVV));
    expect(idOf(decode('c4 e0 78 58 c1', BITS64))).toBe(invalid(REASON.VEX_MAP));
    expect(idOf(decode('c4 e4 78 58 c1', BITS64))).toBe(invalid(REASON.VEX_MAP));
  });

  test('extends registers, and takes W for the operand size of general registers in 64-bit mode only', () => {
    expect(decode('c4 41 3c 58 fa', BITS64)).toMatchObject({ reg: 15, vvvv: 8, rm: 10, vectorLength: 256 });
    expect(decode('c4 e2 f0 f2 c2', BITS64)).toMatchObject({ operandSize: 64 });
    expect(decode('c4 e2 f0 f2 c2', BITS32)).toMatchObject({ operandSize: 32 });
  });

  test('needs three different registers and a SIB byte in a gather', () => {
    expect(idOf(decode('c4 e2 69 92 04 08', BITS64))).toBe('VGATHERDPS_Vx_Mdx_Hx');
    expect(decode('c4 e2 69 92 04 a0', BITS64)).toMatchObject({ index: 4, scale: 2 });
    for (const hex of ['c4 e2 79 92 04 08', 'c4 e2 71 92 04 08', 'c4 e2 69 92 0c 08', 'c4 e2 69 92 00']) {
      expect(idOf(decode(hex, BITS64))).toBe(invalid(REASON.VSIB));
    }
  });
});

describe('operand sizes', () => {
  test.each([
    ['50', BITS64, 64], ['66 50', BITS64, 16], ['48 50', BITS64, 64], ['50', BITS32, 32], ['66 50', BITS16, 32],
    ['e8 00 00 00 00', BITS64, 64], ['66 e8 00 00 00 00', BITS64, 64], ['66 e8 00 00', BITS32, 16],
    ['0f 20 c0', BITS16, 32], ['0f 20 c0', BITS64, 64], ['66 0f 6e c0', BITS64, 32], ['66 48 0f 6e c0', BITS64, 64], ['cb', BITS64, 32],
  ])('of %s in mode %i is %i', (hex, mode, size) => {
    const d = decode(hex, mode);
    expect([d.verdict, d.operandSize]).toEqual([VERDICT.OK, size]);
  });

  test('AMD lets 66 truncate near branches in 64-bit mode', () => {
    const amd = new Decoder({ branch66: 'amd' });
    expect(decode('66 e8 00 00', BITS64, amd)).toMatchObject({ verdict: VERDICT.OK, operandSize: 16, length: 4 });
    expect(decode('e8 00 00 00 00', BITS64, amd)).toMatchObject({ operandSize: 64 });
    expect(decode('66 eb 00', BITS64)).toMatchObject({ operandSize: 64, length: 3 });
  });
});

describe('memory operands', () => {
  test('of 16-bit code use the base and index pairs', () => {
    expect(decode('8b 42 fe', BITS16)).toMatchObject({ base: 5, index: 6, disp: -2, segment: SEGMENT.SS });
    expect(decode('8b 07', BITS16)).toMatchObject({ base: 3, index: -1, segment: SEGMENT.DS });
    expect(decode('8b 06 34 12', BITS16)).toMatchObject({ base: BASE.NONE, disp: 0x1234, dispSize: 2, segment: SEGMENT.DS });
  });

  test('with SIB: no index, no base, and R12 and R13 as bases', () => {
    expect(decode('8b 04 24', BITS64)).toMatchObject({ base: 4, index: -1, segment: SEGMENT.SS });
    expect(decode('42 8b 04 24', BITS64)).toMatchObject({ base: 4, index: 12 });
    expect(decode('8b 04 25 78 56 34 12', BITS64)).toMatchObject({ base: BASE.NONE, index: -1, disp: 0x12345678 });
    expect(decode('41 8b 04 24', BITS64)).toMatchObject({ base: 12, segment: SEGMENT.DS });
    expect(decode('41 8b 45 00', BITS64)).toMatchObject({ base: 13, segment: SEGMENT.DS });
    expect(decode('41 8b 04 25 78 56 34 12', BITS64)).toMatchObject({ base: BASE.NONE });
  });

  test('relative to RIP in 64-bit mode, absolute elsewhere', () => {
    const d = decode('8b 05 fc ff ff ff', BITS64);
    expect(d).toMatchObject({ base: BASE.RIP, disp: -4 });
    expect(ripRelativeAddress(d, 0x1000)).toBe(0x1002);
    expect(ripRelativeAddress(decode('67 8b 05 fc ff ff ff', BITS64), -8)).toBe(0xffff_fffb);
    expect(decode('8b 05 fc ff ff ff', BITS32)).toMatchObject({ base: BASE.NONE, disp: -4 });
  });

  test('as absolute offsets of the address size', () => {
    expect(decode('a1 11 22 33 44 55 66 77 88', BITS64)).toMatchObject({ disp: 0x44332211, dispHigh: 0x88776655 | 0, dispSize: 8, hasMemory: 1 });
    expect(decode('67 a1 11 22 33 f4', BITS64)).toMatchObject({ disp: 0xf4332211 | 0, dispHigh: 0, dispSize: 4 });
    expect(decode('a1 fe ff', BITS16)).toMatchObject({ disp: 0xfffe, dispSize: 2 });
  });

  test('do not exist for MOV to and from control registers, whatever mod says', () => {
    expect(decode('0f 20 04', BITS32)).toMatchObject({ verdict: VERDICT.OK, length: 3, hasMemory: 0, rm: 4 });
  });
});

describe('immediates', () => {
  test('are extended as the operand demands', () => {
    expect(decode('83 c0 fb', BITS64)).toMatchObject({ imm: -5, immHigh: -1 });
    expect(decode('c1 e0 fb', BITS64)).toMatchObject({ imm: 0xfb, immHigh: 0 });
    expect(decode('48 81 c0 fb ff ff ff', BITS64)).toMatchObject({ imm: -5, immHigh: -1 });
    expect(decode('48 b8 01 02 03 04 05 06 07 88', BITS64)).toMatchObject({ imm: 0x04030201, immHigh: 0x88070605 | 0 });
    expect(decode('66 81 c0 fb ff', BITS64)).toMatchObject({ imm: -5, length: 5 });
  });

  test('of ENTER and of far pointers are two', () => {
    expect(decode('c8 34 12 05', BITS64)).toMatchObject({ imm: 0x1234, imm2: 5 });
    expect(decode('ea 78 56 34 f2 cd ab', BITS32)).toMatchObject({ imm: 0xf2345678 | 0, imm2: 0xabcd });
    expect(decode('66 9a 78 f6 cd ab', BITS32)).toMatchObject({ imm: 0xf678, imm2: 0xabcd });
  });

  test('lead branches around the address space', () => {
    expect(branchTarget(decode('eb fe', BITS64), -0x8000_0000)).toBe(-0x8000_0000);
    expect(branchTarget(decode('eb 00', BITS16), 0xffff)).toBe(1);
    expect(branchTarget(decode('e9 00 00 00 80', BITS32), 0)).toBe(0x8000_0005);
  });
});

describe('verdicts', () => {
  test.each([
    ['0f 04', BITS64, REASON.OPCODE], ['06', BITS64, REASON.MODE], ['ea', BITS64, REASON.MODE], ['0f 05', BITS64, -1],
    ['8e c8', BITS32, REASON.REGISTER], ['8e f0', BITS32, REASON.REGISTER], ['8c c8', BITS32, -1], ['0f 22 c8', BITS32, REASON.REGISTER],
    ['44 0f 20 c0', BITS64, -1], ['44 0f 21 c0', BITS64, REASON.REGISTER], ['fe d0', BITS64, REASON.MODRM], ['8d c0', BITS64, REASON.MODRM],
    ['0f 00 c0', BITS16 | REAL_OR_V86, REASON.REAL_OR_V86], ['0f 01 c1', BITS16 | REAL_OR_V86, -1], ['63 c0', BITS16 | REAL_OR_V86, REASON.REAL_OR_V86],
    ['f3 0f 60 c0', BITS64, REASON.PREFIX], ['0f c7 c8', BITS64, REASON.MODRM], ['8f c8', BITS64, REASON.MODRM],
  ])('of %s in mode %i', (hex, mode, reason) => {
    expect(idOf(decode(hex, mode)).replace(/^[A-Z].*/, '')).toBe(reason < 0 ? '' : invalid(reason));
  });

  test('an instruction of 15 bytes is legal, one byte more is too long', () => {
    expect(decode(`${'66'.repeat(14)} 90`, BITS64)).toMatchObject({ verdict: VERDICT.OK, length: 15 });
    expect(decode(`${'66'.repeat(15)} 90`, BITS64)).toMatchObject({ verdict: VERDICT.TOO_LONG, length: 15 });
    expect(decode(`${'66'.repeat(11)} 81 c0 00 00`, BITS64)).toMatchObject({ verdict: VERDICT.OK, length: 15 });
    expect(decode(`${'67'.repeat(10)} 81 c0 00 00 00 00`, BITS64)).toMatchObject({ verdict: VERDICT.TOO_LONG, length: 15 });
    // Fewer than 15 bytes are there: the fetch fault comes first.
    expect(decode('66'.repeat(14), BITS64)).toMatchObject({ verdict: VERDICT.TRUNCATED, length: 14 });
  });

  test('#UD is given without another fetch where no instruction is possible', () => {
    expect(idOf(decode('0f 04', BITS64))).toBe(invalid(REASON.OPCODE));
    expect(decode('fe d0', BITS64)).toMatchObject({ verdict: VERDICT.INVALID, length: 2 });
    expect(decode('fe', BITS64)).toMatchObject({ verdict: VERDICT.TRUNCATED, length: 1 });
    // Only memory forms exist and a register is named: neither SIB nor displacement is read.
    expect(decode('0f 01 fa', BITS64)).toMatchObject({ verdict: VERDICT.INVALID, length: 3 });
  });

  test('a wrong use of a known instruction is #UD only after all its bytes', () => {
    expect(decode('f0 89 80 00 00 00', BITS64)).toMatchObject({ verdict: VERDICT.TRUNCATED, length: 6 });
    expect(decode('f0 89 80 00 00 00 00', BITS64)).toMatchObject({ verdict: VERDICT.INVALID, reason: REASON.LOCK, length: 7 });
  });
});

describe('a CPU model', () => {
  const without = (...missing: string[]): Decoder => new Decoder({ features: new Set(FEATURES.filter((f) => !missing.includes(f))) });

  test('without BMI1 and LZCNT runs TZCNT as BSF and LZCNT as BSR', () => {
    const old = without('BMI1', 'LZCNT');
    expect(idOf(decode('f3 0f bc c1', BITS64, old))).toBe('BSF_Gv_Ev');
    expect(idOf(decode('f3 0f bd c1', BITS64, old))).toBe('BSR_Gv_Ev');
  });

  test('without CET runs ENDBR64 as NOP, without AVX refuses VEX', () => {
    expect(idOf(decode('f3 0f 1e fa', BITS64, without('CET_IBT')))).toBe('NOP_0F1E');
    expect(idOf(decode('c5 f8 58 c1', BITS64, without('AVX')))).toBe(invalid(REASON.OPCODE));
    expect(idOf(decode('f3 0f b8 c1', BITS64, without('POPCNT')))).toBe(invalid(REASON.OPCODE));
  });
});
