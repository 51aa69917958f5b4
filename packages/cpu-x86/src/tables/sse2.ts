/**
 * SSE2 on XMM registers. Intel SDM Vol. 2, chapters 3 to 4, and Vol. 2D, Appendix A, tables A-3 and A-6; exception
 * classes as in `sse.ts`; AMD APM Vol. 4.
 */
import { parseTable } from './notation.ts';

function both(name: string, opcode: string, access: 'w' | 'rw'): string {
  return `
    ${name}PD | 66 0F ${opcode} /r | Vpd:${access} Wpd | | align
    ${name}SD | F2 0F ${opcode} /r | Vsd:rw Wsd | | x=3`;
}

/** Integer operations that widen MMX to XMM, one `NAME=opcode` each. */
function integer(list: string): string {
  return list.trim().split(/\s+/).map((pair) => {
    const [name, opcode] = pair.split('=');
    return `${name} | 66 0F ${opcode} /r | Vdq:rw Wdq | | align`;
  }).join('\n');
}

/** Rows of this family. */
export const sse2 = parseTable('sse2', `
@ f=SSE2 x=2
${both('ADD', '58', 'rw')} ${both('MUL', '59', 'rw')} ${both('SUB', '5C', 'rw')} ${both('MIN', '5D', 'rw')}
${both('DIV', '5E', 'rw')} ${both('MAX', '5F', 'rw')} ${both('SQRT', '51', 'w')}
CMPPD    | 66 0F C2 /r | Vpd:rw Wpd Ib | | align
CMPSD    | F2 0F C2 /r | Vsd:rw Wsd Ib | | x=3
UCOMISD  | 66 0F 2E /r | Vsd Wsd | compare | x=3
COMISD   | 66 0F 2F /r | Vsd Wsd | compare | x=3

@ f=SSE2 x=4
ANDPD    | 66 0F 54 /r | Vpd:rw Wpd  | | align
ANDNPD   | 66 0F 55 /r | Vpd:rw Wpd  | | align
ORPD     | 66 0F 56 /r | Vpd:rw Wpd  | | align
XORPD    | 66 0F 57 /r | Vpd:rw Wpd  | | align
UNPCKLPD | 66 0F 14 /r | Vpd:rw Wpd  | | align
UNPCKHPD | 66 0F 15 /r | Vpd:rw Wpd  | | align
SHUFPD   | 66 0F C6 /r | Vpd:rw Wpd Ib | | align
MOVUPD   | 66 0F 10 /r | Vpd:w Wpd   | |
MOVUPD   | 66 0F 11 /r | Wpd:w Vpd   | |
MOVAPD   | 66 0F 28 /r | Vpd:w Wpd   | | align x=1
MOVAPD   | 66 0F 29 /r | Wpd:w Vpd   | | align x=1
MOVNTPD  | 66 0F 2B /r | Mpd:w Vpd   | | align x=1
# A load from memory clears the upper half; a move between registers keeps it.
MOVSD    | F2 0F 10 /r:r | Vsd:rw Usd | | x=5
MOVSD    | F2 0F 10 /r:m | Vsd:w Msd  | | x=5
MOVSD    | F2 0F 11 /r:r | Usd:rw Vsd | | x=5
MOVSD    | F2 0F 11 /r:m | Msd:w Vsd  | | x=5
MOVLPD   | 66 0F 12 /r | Vq:rw Mq    | | x=5
MOVLPD   | 66 0F 13 /r | Mq:w Vq     | | x=5
MOVHPD   | 66 0F 16 /r | Vq:rw Mq    | | x=5
MOVHPD   | 66 0F 17 /r | Mq:w Vq     | | x=5
MOVMSKPD | 66 0F 50 /r | Gy:w Upd    | | x=7

CVTPI2PD  | 66 0F 2A /r | Vpd:w Qq   | | x=mmx
CVTSI2SD  | F2 0F 2A /r | Vsd:rw Ey  | | x=3
CVTTPD2PI | 66 0F 2C /r | Pq:w Wpd   | | x=mmx align
CVTTSD2SI | F2 0F 2C /r | Gy:w Wsd   | | x=3
CVTPD2PI  | 66 0F 2D /r | Pq:w Wpd   | | x=mmx align
CVTSD2SI  | F2 0F 2D /r | Gy:w Wsd   | | x=3
CVTPS2PD  | NP 0F 5A /r | Vpd:w Wq   | | x=3
CVTPD2PS  | 66 0F 5A /r | Vps:w Wpd  | | x=2 align
CVTSS2SD  | F3 0F 5A /r | Vsd:rw Wss | | x=3
CVTSD2SS  | F2 0F 5A /r | Vss:rw Wsd | | x=3
CVTDQ2PS  | NP 0F 5B /r | Vps:w Wdq  | | x=2 align
CVTPS2DQ  | 66 0F 5B /r | Vdq:w Wps  | | x=2 align
CVTTPS2DQ | F3 0F 5B /r | Vdq:w Wps  | | x=2 align
CVTTPD2DQ | 66 0F E6 /r | Vdq:w Wpd  | | x=2 align
CVTDQ2PD  | F3 0F E6 /r | Vpd:w Wq   | | x=5
CVTPD2DQ  | F2 0F E6 /r | Vdq:w Wpd  | | x=2 align

@ f=SSE2 x=4
${integer(`
  PUNPCKLBW=60 PUNPCKLWD=61 PUNPCKLDQ=62 PACKSSWB=63 PCMPGTB=64 PCMPGTW=65 PCMPGTD=66 PACKUSWB=67 PUNPCKHBW=68
  PUNPCKHWD=69 PUNPCKHDQ=6A PACKSSDW=6B PUNPCKLQDQ=6C PUNPCKHQDQ=6D PCMPEQB=74 PCMPEQW=75 PCMPEQD=76
  PSRLW=D1 PSRLD=D2 PSRLQ=D3 PADDQ=D4 PMULLW=D5 PSUBUSB=D8 PSUBUSW=D9 PMINUB=DA PAND=DB PADDUSB=DC PADDUSW=DD
  PMAXUB=DE PANDN=DF PAVGB=E0 PSRAW=E1 PSRAD=E2 PAVGW=E3 PMULHUW=E4 PMULHW=E5 PSUBSB=E8 PSUBSW=E9 PMINSW=EA POR=EB
  PADDSB=EC PADDSW=ED PMAXSW=EE PXOR=EF PSLLW=F1 PSLLD=F2 PSLLQ=F3 PMULUDQ=F4 PMADDWD=F5 PSADBW=F6 PSUBB=F8 PSUBW=F9
  PSUBD=FA PSUBQ=FB PADDB=FC PADDW=FD PADDD=FE`)}
PSRLW  | 66 0F 71 /2 | Udq:rw Ib | | x=7
PSRAW  | 66 0F 71 /4 | Udq:rw Ib | | x=7
PSLLW  | 66 0F 71 /6 | Udq:rw Ib | | x=7
PSRLD  | 66 0F 72 /2 | Udq:rw Ib | | x=7
PSRAD  | 66 0F 72 /4 | Udq:rw Ib | | x=7
PSLLD  | 66 0F 72 /6 | Udq:rw Ib | | x=7
PSRLQ  | 66 0F 73 /2 | Udq:rw Ib | | x=7
PSRLDQ | 66 0F 73 /3 | Udq:rw Ib | | x=7
PSLLQ  | 66 0F 73 /6 | Udq:rw Ib | | x=7
PSLLDQ | 66 0F 73 /7 | Udq:rw Ib | | x=7
PSHUFD  | 66 0F 70 /r | Vdq:w Wdq Ib | | align
PSHUFHW | F3 0F 70 /r | Vdq:w Wdq Ib | | align
PSHUFLW | F2 0F 70 /r | Vdq:w Wdq Ib | | align
PINSRW   | 66 0F C4 /r | Vdq:rw Ry/Mw Ib | | x=5
PEXTRW   | 66 0F C5 /r | Gy:w Udq Ib  | | x=5
PMOVMSKB | 66 0F D7 /r | Gy:w Udq     | | x=7
MOVD    | 66 Y0 0F 6E /r | Vdq:w Ey   | | x=5
MOVQ    | 66 Y1 0F 6E /r | Vdq:w Ey   | | x=5 f=SSE2+X64
MOVD    | 66 Y0 0F 7E /r | Ey:w Vdq   | | x=5
MOVQ    | 66 Y1 0F 7E /r | Ey:w Vdq   | | x=5 f=SSE2+X64
MOVQ    | F3 0F 7E /r  | Vq:w Wq     | | x=5
MOVQ    | 66 0F D6 /r  | Wq:w Vq     | | x=5
MOVDQA  | 66 0F 6F /r  | Vdq:w Wdq   | | align x=1
MOVDQU  | F3 0F 6F /r  | Vdq:w Wdq   | |
MOVDQA  | 66 0F 7F /r  | Wdq:w Vdq   | | align x=1
MOVDQU  | F3 0F 7F /r  | Wdq:w Vdq   | |
MOVNTDQ | 66 0F E7 /r  | Mdq:w Vdq   | | align x=1
MASKMOVDQU | 66 0F F7 /r | DIdq:w Vdq Udq | |
`);
