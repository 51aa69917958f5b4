/**
 * BMI1 and BMI2 instructions with VEX encodings on general registers. Intel SDM Vol. 2, chapters 3 to 4, exception class
 * 13 (Vol. 2A, 2.6); AMD APM Vol. 3. VEX.W counts in 64-bit mode only. VEX.L must be 0.
 */
import { parseTable } from './notation.ts';

/** Rows of this family. */
export const bmi = parseTable('bmi', `
@ f=BMI1 x=13
ANDN   | VEX.LZ.NP.0F38 F2 /r | Gy:w By Ey | w=SZ c=OC u=AP |
BLSR   | VEX.LZ.NP.0F38 F3 /1 | By:w Ey    | w=SZC c=O u=AP |
BLSMSK | VEX.LZ.NP.0F38 F3 /2 | By:w Ey    | w=SC c=OZ u=AP |
BLSI   | VEX.LZ.NP.0F38 F3 /3 | By:w Ey    | w=SZC c=O u=AP |
BEXTR  | VEX.LZ.NP.0F38 F7 /r | Gy:w Ey By | w=Z c=OC u=SAP |
@ f=BMI2 x=13
BZHI   | VEX.LZ.NP.0F38 F5 /r | Gy:w Ey By | w=SZC c=O u=AP |
PEXT   | VEX.LZ.F3.0F38 F5 /r | Gy:w By Ey | |
PDEP   | VEX.LZ.F2.0F38 F5 /r | Gy:w By Ey | |
MULX   | VEX.LZ.F2.0F38 F6 /r | Gy:w By:w Ey | |
SHLX   | VEX.LZ.66.0F38 F7 /r | Gy:w Ey By | |
SARX   | VEX.LZ.F3.0F38 F7 /r | Gy:w Ey By | |
SHRX   | VEX.LZ.F2.0F38 F7 /r | Gy:w Ey By | |
RORX   | VEX.LZ.F2.0F3A F0 /r | Gy:w Ey Ib | |
`);
