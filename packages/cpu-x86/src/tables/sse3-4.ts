/**
 * SSE3, SSSE3, SSE4.1 and SSE4.2 on XMM registers. Intel SDM Vol. 2, chapters 3 to 4, and Vol. 2D, Appendix A, tables
 * A-3 to A-5; exception classes as in `sse.ts`; AMD APM Vol. 4. SSE4a is not part of the tables (AMD only).
 */
import { parseTable } from './notation.ts';

function each(map: string, operands: string, list: string): string {
  return list.trim().split(/\s+/).map((pair) => {
    const [name, opcode] = pair.split('=');
    return `${name} | 66 ${map} ${opcode} /r | ${operands} | | align`;
  }).join('\n');
}

/** Rows of this family. */
export const sse3to4 = parseTable('sse3-4', `
@ f=SSE3 x=2
ADDSUBPD | 66 0F D0 /r | Vpd:rw Wpd | | align
ADDSUBPS | F2 0F D0 /r | Vps:rw Wps | | align
HADDPD   | 66 0F 7C /r | Vpd:rw Wpd | | align
HADDPS   | F2 0F 7C /r | Vps:rw Wps | | align
HSUBPD   | 66 0F 7D /r | Vpd:rw Wpd | | align
HSUBPS   | F2 0F 7D /r | Vps:rw Wps | | align
MOVDDUP  | F2 0F 12 /r | Vdq:w Wq   | | x=5
MOVSLDUP | F3 0F 12 /r | Vps:w Wps  | | x=4 align
MOVSHDUP | F3 0F 16 /r | Vps:w Wps  | | x=4 align
LDDQU    | F2 0F F0 /r | Vdq:w Mdq  | | x=4

@ f=SSSE3 x=4
${each('0F 38', 'Vdq:rw Wdq', `
  PSHUFB=00 PHADDW=01 PHADDD=02 PHADDSW=03 PMADDUBSW=04 PHSUBW=05 PHSUBD=06 PHSUBSW=07 PSIGNB=08 PSIGNW=09 PSIGND=0A
  PMULHRSW=0B`)}
${each('0F 38', 'Vdq:w Wdq', 'PABSB=1C PABSW=1D PABSD=1E')}
PALIGNR | 66 0F 3A 0F /r | Vdq:rw Wdq Ib | | align

@ f=SSE4_1 x=4
PBLENDVB | 66 0F 38 10 /r | Vdq:rw Wdq XMM0 | | align
BLENDVPS | 66 0F 38 14 /r | Vdq:rw Wdq XMM0 | | align
BLENDVPD | 66 0F 38 15 /r | Vdq:rw Wdq XMM0 | | align
PTEST    | 66 0F 38 17 /r | Vdq Wdq  | w=ZC c=OSAP | align
PMOVSXBW | 66 0F 38 20 /r | Vdq:w Wq | | x=5
PMOVSXBD | 66 0F 38 21 /r | Vdq:w Wd | | x=5
PMOVSXBQ | 66 0F 38 22 /r | Vdq:w Ww | | x=5
PMOVSXWD | 66 0F 38 23 /r | Vdq:w Wq | | x=5
PMOVSXWQ | 66 0F 38 24 /r | Vdq:w Wd | | x=5
PMOVSXDQ | 66 0F 38 25 /r | Vdq:w Wq | | x=5
PMOVZXBW | 66 0F 38 30 /r | Vdq:w Wq | | x=5
PMOVZXBD | 66 0F 38 31 /r | Vdq:w Wd | | x=5
PMOVZXBQ | 66 0F 38 32 /r | Vdq:w Ww | | x=5
PMOVZXWD | 66 0F 38 33 /r | Vdq:w Wq | | x=5
PMOVZXWQ | 66 0F 38 34 /r | Vdq:w Wd | | x=5
PMOVZXDQ | 66 0F 38 35 /r | Vdq:w Wq | | x=5
${each('0F 38', 'Vdq:rw Wdq', `
  PMULDQ=28 PCMPEQQ=29 PACKUSDW=2B PMINSB=38 PMINSD=39 PMINUW=3A PMINUD=3B PMAXSB=3C PMAXSD=3D PMAXUW=3E PMAXUD=3F
  PMULLD=40`)}
MOVNTDQA   | 66 0F 38 2A /r | Vdq:w Mdq | | x=1 align
PHMINPOSUW | 66 0F 38 41 /r | Vdq:w Wdq | | align
ROUNDPS  | 66 0F 3A 08 /r | Vps:w Wps Ib  | | x=2 align
ROUNDPD  | 66 0F 3A 09 /r | Vpd:w Wpd Ib  | | x=2 align
ROUNDSS  | 66 0F 3A 0A /r | Vss:rw Wss Ib | | x=3
ROUNDSD  | 66 0F 3A 0B /r | Vsd:rw Wsd Ib | | x=3
BLENDPS  | 66 0F 3A 0C /r | Vps:rw Wps Ib | | align
BLENDPD  | 66 0F 3A 0D /r | Vpd:rw Wpd Ib | | align
PBLENDW  | 66 0F 3A 0E /r | Vdq:rw Wdq Ib | | align
PEXTRB   | 66 0F 3A 14 /r | Ry/Mb:w Vdq Ib | | x=5
PEXTRW   | 66 0F 3A 15 /r | Ry/Mw:w Vdq Ib | | x=5
PEXTRD   | 66 Y0 0F 3A 16 /r | Ey:w Vdq Ib | | x=5
PEXTRQ   | 66 Y1 0F 3A 16 /r | Ey:w Vdq Ib | | x=5 f=SSE4_1+X64
EXTRACTPS | 66 0F 3A 17 /r | Ry/Md:w Vdq Ib | | x=5
PINSRB   | 66 0F 3A 20 /r | Vdq:rw Ry/Mb Ib | | x=5
INSERTPS | 66 0F 3A 21 /r | Vdq:rw Wss Ib | | x=5
PINSRD   | 66 Y0 0F 3A 22 /r | Vdq:rw Ey Ib | | x=5
PINSRQ   | 66 Y1 0F 3A 22 /r | Vdq:rw Ey Ib | | x=5 f=SSE4_1+X64
DPPS     | 66 0F 3A 40 /r | Vps:rw Wps Ib | | x=2 align
DPPD     | 66 0F 3A 41 /r | Vpd:rw Wpd Ib | | x=2 align
MPSADBW  | 66 0F 3A 42 /r | Vdq:rw Wdq Ib | | align

# The string comparisons read memory without an alignment check (SDM Vol. 2B, "PCMPESTRI").
@ f=SSE4_2 x=4
PCMPGTQ   | 66 0F 38 37 /r | Vdq:rw Wdq | | align
PCMPESTRM | 66 0F 3A 60 /r | Vdq Wdq Ib | w=OSZC c=AP | y
PCMPESTRI | 66 0F 3A 61 /r | Vdq Wdq Ib | w=OSZC c=AP | y
PCMPISTRM | 66 0F 3A 62 /r | Vdq Wdq Ib | w=OSZC c=AP |
PCMPISTRI | 66 0F 3A 63 /r | Vdq Wdq Ib | w=OSZC c=AP |
`);
