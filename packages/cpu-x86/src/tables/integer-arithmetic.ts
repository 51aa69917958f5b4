/**
 * Integer arithmetic, logic, shifts and bit tests. Intel SDM Vol. 2, chapters 3 to 4 (per instruction) and Vol. 2D,
 * Appendix A, tables; AMD APM Vol. 3, chapter 3. Flags: SDM Vol. 1, Appendix A.
 */
import { parseTable } from './notation.ts';

/** The six opcodes that ADD, OR, ADC, SBB, AND, SUB, XOR and CMP each own in table A-2, and their group-1 forms. */
function alu(name: string, digit: number, flags: string): string {
  const op = (n: number): string => (digit * 8 + n).toString(16).padStart(2, '0').toUpperCase();
  const compare = name === 'CMP', a = compare ? '' : ':rw', lock = compare ? '' : 'lock';
  return `
    ${name} | ${op(0)} /r | Eb${a} Gb    | ${flags} | ${lock}
    ${name} | ${op(1)} /r | Ev${a} Gv    | ${flags} | ${lock}
    ${name} | ${op(2)} /r | Gb${a} Eb    | ${flags} |
    ${name} | ${op(3)} /r | Gv${a} Ev    | ${flags} |
    ${name} | ${op(4)}    | AL${a} Ib    | ${flags} |
    ${name} | ${op(5)}    | rAX${a} Iz   | ${flags} |
    ${name} | 80 /${digit}      | Eb${a} Ib  | ${flags} | ${lock}
    ${name} | 81 /${digit}      | Ev${a} Iz  | ${flags} | ${lock}
    ${name} | no64 82 /${digit} | Eb${a} Ib  | ${flags} | ${lock} alias id=${name}_Eb_Ib_82
    ${name} | 83 /${digit}      | Ev${a} Ibs | ${flags} | ${lock}`;
}

/** The group-2 forms of one shift or rotate. Only a count of one defines OF; a count of zero changes no flag. */
function shift(name: string, digit: number, one: string, many: string, attributes = ''): string {
  const id = (operands: string): string => (attributes === '' ? '' : `${attributes} id=${name}_${operands}_${digit}`);
  return `
    ${name} | C0 /${digit} | Eb:rw Ib | ${many} | f=I186 ${id('Eb_Ib')}
    ${name} | C1 /${digit} | Ev:rw Ib | ${many} | f=I186 ${id('Ev_Ib')}
    ${name} | D0 /${digit} | Eb:rw 1  | ${one}  | ${id('Eb_1')}
    ${name} | D1 /${digit} | Ev:rw 1  | ${one}  | ${id('Ev_1')}
    ${name} | D2 /${digit} | Eb:rw CL | ${many} | ${id('Eb_CL')}
    ${name} | D3 /${digit} | Ev:rw CL | ${many} | ${id('Ev_CL')}`;
}

/** Rows of this family. */
export const integerArithmetic = parseTable('integer-arithmetic', `
@ f=I8086
${alu('ADD', 0, 'arith')}
${alu('OR', 1, 'logic')}
${alu('ADC', 2, 'arithc')}
${alu('SBB', 3, 'arithc')}
${alu('AND', 4, 'logic')}
${alu('SUB', 5, 'arith')}
${alu('XOR', 6, 'logic')}
${alu('CMP', 7, 'arith')}

DAA  | no64 27      |             | r=AC w=SZAPC u=O |
DAS  | no64 2F      |             | r=AC w=SZAPC u=O |
AAA  | no64 37      |             | r=A w=AC u=OSZP  |
AAS  | no64 3F      |             | r=A w=AC u=OSZP  |
AAM  | no64 D4      | Ib          | w=SZP u=OAC      |
AAD  | no64 D5      | Ib          | w=SZP u=OAC      |

INC  | no64 40+r    | Zv:rw       | incdec |
DEC  | no64 48+r    | Zv:rw       | incdec |
INC  | FE /0        | Eb:rw       | incdec | lock
DEC  | FE /1        | Eb:rw       | incdec | lock
INC  | FF /0        | Ev:rw       | incdec | lock
DEC  | FF /1        | Ev:rw       | incdec | lock

TEST | 84 /r        | Eb Gb       | logic |
TEST | 85 /r        | Ev Gv       | logic |
TEST | A8           | AL Ib       | logic |
TEST | A9           | rAX Iz      | logic |
TEST | F6 /0        | Eb Ib       | logic |
TEST | F6 /1        | Eb Ib       | logic | alias id=TEST_Eb_Ib_F6_1
TEST | F7 /0        | Ev Iz       | logic |
TEST | F7 /1        | Ev Iz       | logic | alias id=TEST_Ev_Iz_F7_1
NOT  | F6 /2        | Eb:rw       |       | lock
NOT  | F7 /2        | Ev:rw       |       | lock
NEG  | F6 /3        | Eb:rw       | arith | lock
NEG  | F7 /3        | Ev:rw       | arith | lock
MUL  | F6 /4        | Eb          | w=OC u=SZAP |
MUL  | F7 /4        | Ev          | w=OC u=SZAP |
IMUL | F6 /5        | Eb          | w=OC u=SZAP |
IMUL | F7 /5        | Ev          | w=OC u=SZAP |
DIV  | F6 /6        | Eb          | u=OSZAPC |
DIV  | F7 /6        | Ev          | u=OSZAPC |
IDIV | F6 /7        | Eb          | u=OSZAPC |
IDIV | F7 /7        | Ev          | u=OSZAPC |
IMUL | 69 /r        | Gv:w Ev Iz  | w=OC u=SZAP | f=I186
IMUL | 6B /r        | Gv:w Ev Ibs | w=OC u=SZAP | f=I186
IMUL | 0F AF /r     | Gv:rw Ev    | w=OC u=SZAP | f=I386

${shift('ROL', 0, 'w=OC', 'w=C u=O')}
${shift('ROR', 1, 'w=OC', 'w=C u=O')}
${shift('RCL', 2, 'r=C w=OC', 'r=C w=C u=O')}
${shift('RCR', 3, 'r=C w=OC', 'r=C w=C u=O')}
${shift('SHL', 4, 'w=OSZPC u=A', 'w=SZPC u=OA')}
${shift('SHR', 5, 'w=OSZPC u=A', 'w=SZPC u=OA')}
${shift('SAL', 6, 'w=OSZPC u=A', 'w=SZPC u=OA', 'alias note=same_as_SHL')}
${shift('SAR', 7, 'w=SZPC c=O u=A', 'w=SZPC u=OA')}

@ f=I386
SHLD | 0F A4 /r     | Ev:rw Gv Ib | w=SZPC u=OA |
SHLD | 0F A5 /r     | Ev:rw Gv CL | w=SZPC u=OA |
SHRD | 0F AC /r     | Ev:rw Gv Ib | w=SZPC u=OA |
SHRD | 0F AD /r     | Ev:rw Gv CL | w=SZPC u=OA |
BT   | 0F A3 /r     | Ev Gv       | bits |
BTS  | 0F AB /r     | Ev:rw Gv    | bits | lock
BTR  | 0F B3 /r     | Ev:rw Gv    | bits | lock
BTC  | 0F BB /r     | Ev:rw Gv    | bits | lock
BT   | 0F BA /4     | Ev Ib       | bits |
BTS  | 0F BA /5     | Ev:rw Ib    | bits | lock
BTR  | 0F BA /6     | Ev:rw Ib    | bits | lock
BTC  | 0F BA /7     | Ev:rw Ib    | bits | lock
BSF  | 0F BC /r     | Gv:cw Ev    | w=Z u=OSAPC |
BSR  | 0F BD /r     | Gv:cw Ev    | w=Z u=OSAPC |

TZCNT  | F3 0F BC /r | Gv:w Ev     | w=ZC u=OSAP     | f=BMI1
LZCNT  | F3 0F BD /r | Gv:w Ev     | w=ZC u=OSAP     | f=LZCNT
POPCNT | F3 0F B8 /r | Gv:w Ev     | w=Z c=OSAPC     | f=POPCNT
ADCX   | 66 0F 38 F6 /r | Gy:rw Ey | r=C w=C | f=ADX y
ADOX   | F3 0F 38 F6 /r | Gy:rw Ey | r=O w=O | f=ADX y
CRC32  | F2 0F 38 F0 /r | Gy:rw Eb |         | f=SSE4_2
CRC32  | F2 0F 38 F1 /r | Gy:rw Ev |         | f=SSE4_2
RDRAND | NFx 0F C7 /6:r | Rv:w     | w=C c=OSZAP | f=RDRAND
RDSEED | NFx 0F C7 /7:r | Rv:w     | w=C c=OSZAP | f=RDSEED
`);
