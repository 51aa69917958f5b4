/**
 * MMX, with what SSE, SSE2 and SSSE3 added for MMX registers. Intel SDM Vol. 2, chapters 3 to 4, and Vol. 2D, Appendix A,
 * tables A-3 and A-6; AMD APM Vol. 5. 3DNow! (0F 0F, FEMMS) is not part of the tables: no current processor has it.
 */
import { parseTable } from './notation.ts';

/** `op | Pq:rw Qq` for a list of mnemonics and opcodes of one map. */
function each(map: string, list: string, attributes = ''): string {
  return list.trim().split(/\s+/).map((pair) => {
    const [name, opcode] = pair.split('=');
    return `${name} | NP ${map} ${opcode} /r | Pq:rw Qq | | ${attributes}`;
  }).join('\n');
}

/** Rows of this family. */
export const mmx = parseTable('mmx', `
@ f=MMX x=mmx
PUNPCKLBW | NP 0F 60 /r | Pq:rw Qd | |
PUNPCKLWD | NP 0F 61 /r | Pq:rw Qd | |
PUNPCKLDQ | NP 0F 62 /r | Pq:rw Qd | |
${each('0F', `
  PACKSSWB=63 PCMPGTB=64 PCMPGTW=65 PCMPGTD=66 PACKUSWB=67 PUNPCKHBW=68 PUNPCKHWD=69 PUNPCKHDQ=6A PACKSSDW=6B
  PCMPEQB=74 PCMPEQW=75 PCMPEQD=76
  PSRLW=D1 PSRLD=D2 PSRLQ=D3 PMULLW=D5 PSUBUSB=D8 PSUBUSW=D9 PAND=DB PADDUSB=DC PADDUSW=DD PANDN=DF
  PSRAW=E1 PSRAD=E2 PMULHW=E5 PSUBSB=E8 PSUBSW=E9 POR=EB PADDSB=EC PADDSW=ED PXOR=EF
  PSLLW=F1 PSLLD=F2 PSLLQ=F3 PMADDWD=F5 PSUBB=F8 PSUBW=F9 PSUBD=FA PADDB=FC PADDW=FD PADDD=FE`)}
PSRLW | NP 0F 71 /2 | Nq:rw Ib | |
PSRAW | NP 0F 71 /4 | Nq:rw Ib | |
PSLLW | NP 0F 71 /6 | Nq:rw Ib | |
PSRLD | NP 0F 72 /2 | Nq:rw Ib | |
PSRAD | NP 0F 72 /4 | Nq:rw Ib | |
PSLLD | NP 0F 72 /6 | Nq:rw Ib | |
PSRLQ | NP 0F 73 /2 | Nq:rw Ib | |
PSLLQ | NP 0F 73 /6 | Nq:rw Ib | |
MOVD  | NP Y0 0F 6E /r | Pq:w Ey | |
MOVQ  | NP Y1 0F 6E /r | Pq:w Ey | | f=MMX+X64
MOVD  | NP Y0 0F 7E /r | Ey:w Pq | |
MOVQ  | NP Y1 0F 7E /r | Ey:w Pq | | f=MMX+X64
MOVQ  | NP 0F 6F /r | Pq:w Qq | |
MOVQ  | NP 0F 7F /r | Qq:w Pq | |
EMMS  | NP 0F 77    | | |

# Extensions of SSE to MMX registers.
@ f=SSE x=mmx
${each('0F', 'PAVGB=E0 PAVGW=E3 PMULHUW=E4 PMINUB=DA PMAXUB=DE PMINSW=EA PMAXSW=EE PSADBW=F6')}
PSHUFW   | NP 0F 70 /r | Pq:w Qq Ib | |
PINSRW   | NP 0F C4 /r | Pq:rw Ry/Mw Ib | |
PEXTRW   | NP 0F C5 /r | Gy:w Nq Ib | |
PMOVMSKB | NP 0F D7 /r | Gy:w Nq | |
MOVNTQ   | NP 0F E7 /r | Mq:w Pq | |
MASKMOVQ | NP 0F F7 /r | DIq:w Pq Nq | |

# Extensions of SSE2 to MMX registers.
@ f=SSE2 x=mmx
${each('0F', 'PADDQ=D4 PSUBQ=FB PMULUDQ=F4')}
MOVQ2DQ | F3 0F D6 /r | Vdq:w Nq | |
MOVDQ2Q | F2 0F D6 /r | Pq:w Udq | |

# Extensions of SSSE3 to MMX registers.
@ f=SSSE3 x=mmx
${each('0F 38', `
  PSHUFB=00 PHADDW=01 PHADDD=02 PHADDSW=03 PMADDUBSW=04 PHSUBW=05 PHSUBD=06 PHSUBSW=07 PSIGNB=08 PSIGNW=09 PSIGND=0A
  PMULHRSW=0B`)}
PABSB   | NP 0F 38 1C /r | Pq:w Qq | |
PABSW   | NP 0F 38 1D /r | Pq:w Qq | |
PABSD   | NP 0F 38 1E /r | Pq:w Qq | |
PALIGNR | NP 0F 3A 0F /r | Pq:rw Qq Ib | |
`);
