/**
 * x87 floating point. Intel SDM Vol. 2D, Appendix A.5 "Escape Opcode Instructions", tables A-7 to A-22, and Vol. 1, 8.3;
 * AMD APM Vol. 5. The condition codes C0 to C3 are listed with the flags. `alias` rows are encodings that Intel
 * processors execute although the manual leaves them out.
 */
import { parseTable } from './notation.ts';

/** FADD and its kin: eight operations with the same layout in D8, DA, DC and DE. */
const ARITHMETIC = ['FADD', 'FMUL', 'FCOM', 'FCOMP', 'FSUB', 'FSUBR', 'FDIV', 'FDIVR'] as const;

function arithmetic(): string {
  return ARITHMETIC.map((name, digit) => {
    const compares = name.startsWith('FCOM');
    const a = compares ? '' : ':rw', flags = compares ? 'w=023 c=1' : 'x87';
    const integer = name.replace('F', 'FI');
    const fixed = `=${(0xc0 + digit * 8).toString(16).toUpperCase()}+i`;
    // In DC and DE the reversed operations change places, because the destination is ST(i).
    const swapped = digit < 4 ? name : ARITHMETIC[digit ^ 1];
    return `
      ${name}    | D8 /${digit}:m | Mf32 | ${flags} |
      ${name}    | DC /${digit}:m | Mf64 | ${flags} |
      ${integer} | DA /${digit}:m | Md   | ${flags} |
      ${integer} | DE /${digit}:m | Mw   | ${flags} |
      ${name}    | D8 ${fixed} | ST0${a} STi | ${flags} |
      ${compares
        ? `${name} | DC ${fixed} | ST0 STi | ${flags} | alias id=${name}_ST0_STi_DC`
        : `${swapped} | DC ${fixed} | STi:rw ST0 | ${flags} |
      ${swapped}P | DE ${fixed} | STi:rw ST0 | ${flags} |`}`;
  }).join('');
}

/** Rows of this family. */
export const x87 = parseTable('x87', `
@ f=FPU x=x87
${arithmetic()}
FCOMP | DE =D0+i | ST0 STi | w=023 c=1 | alias id=FCOMP_ST0_STi_DE
FCOMPP | DE =D9 | | w=023 c=1 |

# D9
FLD   | D9 /0:m  | Mf32       | x87 |
FST   | D9 /2:m  | Mf32:w     | x87 |
FSTP  | D9 /3:m  | Mf32:w     | x87 |
FLDENV | D9 /4:m | Menv       | w=0123 |
FLDCW | D9 /5:m  | Mw         | u=0123 |
FNSTENV | D9 /6:m | Menv:w    | r=0123 u=0123 |
FNSTCW | D9 /7:m | Mw:w       | u=0123 |
FLD   | D9 =C0+i | STi        | x87 |
FXCH  | D9 =C8+i | ST0:rw STi:rw | u=023 c=1 |
FNOP  | D9 =D0   |            |        |
FSTPNCE | D9 =D8+i | STi:w    | x87 | alias
FCHS  | D9 =E0   |            | u=023 c=1 |
FABS  | D9 =E1   |            | u=023 c=1 |
FTST  | D9 =E4   |            | w=023 c=1 |
FXAM  | D9 =E5   |            | w=0123 |
FLD1  | D9 =E8   |            | x87 |
FLDL2T | D9 =E9  |            | x87 |
FLDL2E | D9 =EA  |            | x87 |
FLDPI | D9 =EB   |            | x87 |
FLDLG2 | D9 =EC  |            | x87 |
FLDLN2 | D9 =ED  |            | x87 |
FLDZ  | D9 =EE   |            | x87 |
F2XM1 | D9 =F0   |            | x87 |
FYL2X | D9 =F1   |            | x87 |
FPTAN | D9 =F2   |            | w=12 u=03 |
FPATAN | D9 =F3  |            | x87 |
FXTRACT | D9 =F4 |            | x87 |
FPREM1 | D9 =F5  |            | w=0123 |
FDECSTP | D9 =F6 |            | u=023 c=1 |
FINCSTP | D9 =F7 |            | u=023 c=1 |
FPREM | D9 =F8   |            | w=0123 |
FYL2XP1 | D9 =F9 |            | x87 |
FSQRT | D9 =FA   |            | x87 |
FSINCOS | D9 =FB |            | w=12 u=03 |
FRNDINT | D9 =FC |            | x87 |
FSCALE | D9 =FD  |            | x87 |
FSIN  | D9 =FE   |            | w=12 u=03 |
FCOS  | D9 =FF   |            | w=12 u=03 |

# DA
FCMOVB  | DA =C0+i | ST0:cw STi | r=C c=1 u=023 | f=FPU+CMOV
FCMOVE  | DA =C8+i | ST0:cw STi | r=Z c=1 u=023 | f=FPU+CMOV
FCMOVBE | DA =D0+i | ST0:cw STi | r=CZ c=1 u=023 | f=FPU+CMOV
FCMOVU  | DA =D8+i | ST0:cw STi | r=P c=1 u=023 | f=FPU+CMOV
FUCOMPP | DA =E9   |            | w=023 c=1 |

# DB
FILD   | DB /0:m  | Md         | x87 |
FISTTP | DB /1:m  | Md:w       | u=023 c=1 | f=FPU+SSE3
FIST   | DB /2:m  | Md:w       | x87 |
FISTP  | DB /3:m  | Md:w       | x87 |
FLD    | DB /5:m  | Mf80       | x87 |
FSTP   | DB /7:m  | Mf80:w     | x87 |
FCMOVNB  | DB =C0+i | ST0:cw STi | r=C c=1 u=023 | f=FPU+CMOV
FCMOVNE  | DB =C8+i | ST0:cw STi | r=Z c=1 u=023 | f=FPU+CMOV
FCMOVNBE | DB =D0+i | ST0:cw STi | r=CZ c=1 u=023 | f=FPU+CMOV
FCMOVNU  | DB =D8+i | ST0:cw STi | r=P c=1 u=023 | f=FPU+CMOV
FNENI  | DB =E0   |            | | alias note=8087_only,_ignored_later
FNDISI | DB =E1   |            | | alias note=8087_only,_ignored_later
FNCLEX | DB =E2   |            | u=0123 |
FNINIT | DB =E3   |            | c=0123 |
FNSETPM | DB =E4  |            | | alias note=80287_only,_ignored_later
FUCOMI | DB =E8+i | ST0 STi    | w=ZPC c=OSA1 | f=FPU+CMOV
FCOMI  | DB =F0+i | ST0 STi    | w=ZPC c=OSA1 | f=FPU+CMOV

# DC and DD
FLD    | DD /0:m  | Mf64       | x87 |
FISTTP | DD /1:m  | Mq:w       | u=023 c=1 | f=FPU+SSE3
FST    | DD /2:m  | Mf64:w     | x87 |
FSTP   | DD /3:m  | Mf64:w     | x87 |
FRSTOR | DD /4:m  | Mst        | w=0123 |
FNSAVE | DD /6:m  | Mst:w      | r=0123 c=0123 |
FNSTSW | DD /7:m  | Mw:w       | r=0123 u=0123 |
FFREE  | DD =C0+i | STi:n      | u=0123 |
FXCH   | DD =C8+i | ST0:rw STi:rw | u=023 c=1 | alias id=FXCH_ST0_STi_DD
FST    | DD =D0+i | STi:w      | x87 |
FSTP   | DD =D8+i | STi:w      | x87 |
FUCOM  | DD =E0+i | ST0 STi    | w=023 c=1 |
FUCOMP | DD =E8+i | ST0 STi    | w=023 c=1 |

# DF
FILD   | DF /0:m  | Mw         | x87 |
FISTTP | DF /1:m  | Mw:w       | u=023 c=1 | f=FPU+SSE3
FIST   | DF /2:m  | Mw:w       | x87 |
FISTP  | DF /3:m  | Mw:w       | x87 |
FBLD   | DF /4:m  | Mbcd       | x87 |
FILD   | DF /5:m  | Mq         | x87 |
FBSTP  | DF /6:m  | Mbcd:w     | x87 |
FISTP  | DF /7:m  | Mq:w       | x87 |
FFREEP | DF =C0+i | STi:n      | u=0123 | alias
FXCH   | DF =C8+i | ST0:rw STi:rw | u=023 c=1 | alias id=FXCH_ST0_STi_DF
FSTP   | DF =D0+i | STi:w      | x87 | alias id=FSTP_STi_DF_D0
FSTP   | DF =D8+i | STi:w      | x87 | alias id=FSTP_STi_DF_D8
FNSTSW | DF =E0   | AX:w       | r=0123 u=0123 |
FUCOMIP | DF =E8+i | ST0 STi   | w=ZPC c=OSA1 | f=FPU+CMOV
FCOMIP  | DF =F0+i | ST0 STi   | w=ZPC c=OSA1 | f=FPU+CMOV

WAIT  | 9B       |            | | f=I8086
`);
