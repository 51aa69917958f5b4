import { describe, expect, test } from 'vitest';
import { FLAG, flagLetters, parseFlags } from './flags.ts';
import { parseTable } from './notation.ts';

const one = (line: string): ReturnType<typeof parseTable>[number] => {
  const [row] = parseTable('test', `@ f=I8086\n${line}`);
  if (row === undefined) throw new Error('no row');
  return row;
};

describe('the table notation', () => {
  test('reads a plain row', () => {
    const row = one('ADD | 01 /r | Ev:rw Gv | arith | lock');
    expect(row).toMatchObject({ id: 'ADD_Ev_Gv', map: 'one', opcode: 1, prefix: 'any', mod: 'any', reg: -1, lock: true, sizeRule: 'v' });
    expect(row.operands.map((o) => [o.kind.source, o.access])).toEqual([['rm', 'rw'], ['reg', 'r']]);
  });

  test('reads mandatory prefixes apart from opcodes of the same value', () => {
    expect(one('PCMPGTD | 66 0F 66 /r | Vdq:rw Wdq | |')).toMatchObject({ prefix: '66', map: '0F', opcode: 0x66 });
    expect(one('VPCMPGTD | VEX.128.66.0F.WIG 66 /r | Vdq:w Hdq Wdq | |')).toMatchObject({ prefix: '66', map: 'vex1', opcode: 0x66, usesVvvv: true });
  });

  test('reads fixed and ranged ModRM bytes', () => {
    expect(one('XGETBV | NP 0F 01 =D0 | | |')).toMatchObject({ mod: 'reg', reg: 2, rm: 0 });
    expect(one('FLD | D9 =C0+i | STi | x87 |')).toMatchObject({ mod: 'reg', reg: 0, rm: -1 });
  });

  test('limits ModRM to what the operand can be', () => {
    expect(one('LEA | 8D /r | Gv:w M:n | |').mod).toBe('mem');
    expect(one('MOVMSKPS | NP 0F 50 /r | Gy:w Ups | |').mod).toBe('reg');
  });

  test('expands conditions into sixteen rows with the flags each tests', () => {
    const rows = parseTable('test', '@ f=I386\nSETcc | 0F 90+cc /r | Eb:w | r=cc |');
    expect(rows).toHaveLength(16);
    expect(rows.map((r) => r.opcode)).toEqual(Array.from({ length: 16 }, (_, i) => 0x90 + i));
    expect(rows[15]).toMatchObject({ mnemonic: 'SETG', flags: { tested: FLAG.ZF | FLAG.SF | FLAG.OF } });
  });

  test('knows that what REX.W selects exists in 64-bit mode only', () => {
    expect(one('CDQE | o64 98 | | |')).toMatchObject({ in64: true, inLegacy: false, inReal: false });
  });

  test.each([
    ['ADD | 01 /r | Ev:x Gv | |', 'unknown access'],
    ['ADD | 01 /9 | Ev Gv | |', 'unknown ModRM notation'],
    ['ADD | 01 /r | Qz | |', 'too many columns|unknown'],
    ['ADD | 01 /r | Kv | |', 'unknown operand code'],
    ['ADD | 01 /r | Ev | w=Q |', 'unknown flag letter'],
    ['ADD | 01 /r | Ev | | wobble', 'unknown attribute'],
    ['ADD | 01 /r | Ev | | f=MAGIC', 'unknown feature'],
    ['ADD | 01 /r junk | Ev | |', 'left-over words'],
    ['ADD | VEX.512.66.0F.WIG 01 /r | Vx | |', 'unknown VEX.L'],
    ['ADD | zz | | |', 'no opcode'],
  ])('refuses %s', (line, message) => {
    if (message.includes('|')) expect(() => one(`${line} | more`)).toThrow(/too many columns/);
    else expect(() => one(line)).toThrow(new RegExp(message));
  });

  test('names the line at fault', () => {
    expect(() => one('ADD | 01 /r | Ev | | wobble')).toThrow(/table test: ADD \| 01/);
  });

  test('writes flags as it reads them', () => {
    const flags = parseFlags('r=C w=SZP c=O u=A');
    expect(flagLetters(flags.tested)).toBe('C');
    expect(flagLetters(flags.modified)).toBe('OSZAP');
  });
});
