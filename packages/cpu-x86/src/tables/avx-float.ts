/**
 * AVX and F16C floating-point instructions. Intel SDM Vol. 2, chapters 3 to 5, exception classes Vol. 2A, 2.5; AMD APM
 * Vol. 4. `VEX.x` rows exist with 128-bit and 256-bit vectors.
 */
import { parseTable } from './notation.ts';

/** The four forms (PS, PD, SS, SD) of a three-operand operation. */
function four(name: string, opcode: string): string {
  return `
    V${name}PS | VEX.x.NP.0F.WIG ${opcode} /r   | Vps:w Hps Wps | | x=2
    V${name}PD | VEX.x.66.0F.WIG ${opcode} /r   | Vpd:w Hpd Wpd | | x=2
    V${name}SS | VEX.LIG.F3.0F.WIG ${opcode} /r | Vss:w Hss Wss | | x=3
    V${name}SD | VEX.LIG.F2.0F.WIG ${opcode} /r | Vsd:w Hsd Wsd | | x=3`;
}

/** The packed forms (PS, PD) of a three-operand operation of the 0F map. */
function packed(name: string, opcode: string): string {
  return `
    V${name}PS | VEX.x.NP.0F.WIG ${opcode} /r | Vps:w Hps Wps | |
    V${name}PD | VEX.x.66.0F.WIG ${opcode} /r | Vpd:w Hpd Wpd | |`;
}

/** Rows of this family. */
export const avxFloat = parseTable('avx-float', `
@ f=AVX x=2
${four('ADD', '58')} ${four('MUL', '59')} ${four('SUB', '5C')} ${four('MIN', '5D')} ${four('DIV', '5E')} ${four('MAX', '5F')}
VSQRTPS | VEX.x.NP.0F.WIG 51 /r   | Vps:w Wps | |
VSQRTPD | VEX.x.66.0F.WIG 51 /r   | Vpd:w Wpd | |
VSQRTSS | VEX.LIG.F3.0F.WIG 51 /r | Vss:w Hss Wss | | x=3
VSQRTSD | VEX.LIG.F2.0F.WIG 51 /r | Vsd:w Hsd Wsd | | x=3
VCMPPS  | VEX.x.NP.0F.WIG C2 /r   | Vps:w Hps Wps Ib | |
VCMPPD  | VEX.x.66.0F.WIG C2 /r   | Vpd:w Hpd Wpd Ib | |
VCMPSS  | VEX.LIG.F3.0F.WIG C2 /r | Vss:w Hss Wss Ib | | x=3
VCMPSD  | VEX.LIG.F2.0F.WIG C2 /r | Vsd:w Hsd Wsd Ib | | x=3
VADDSUBPD | VEX.x.66.0F.WIG D0 /r | Vpd:w Hpd Wpd | |
VADDSUBPS | VEX.x.F2.0F.WIG D0 /r | Vps:w Hps Wps | |
VHADDPD   | VEX.x.66.0F.WIG 7C /r | Vpd:w Hpd Wpd | |
VHADDPS   | VEX.x.F2.0F.WIG 7C /r | Vps:w Hps Wps | |
VHSUBPD   | VEX.x.66.0F.WIG 7D /r | Vpd:w Hpd Wpd | |
VHSUBPS   | VEX.x.F2.0F.WIG 7D /r | Vps:w Hps Wps | |
VDPPS     | VEX.x.66.0F3A.WIG 40 /r   | Vps:w Hps Wps Ib | |
VDPPD     | VEX.128.66.0F3A.WIG 41 /r | Vpd:w Hpd Wpd Ib | |
VROUNDPS  | VEX.x.66.0F3A.WIG 08 /r   | Vps:w Wps Ib | |
VROUNDPD  | VEX.x.66.0F3A.WIG 09 /r   | Vpd:w Wpd Ib | |
VROUNDSS  | VEX.LIG.66.0F3A.WIG 0A /r | Vss:w Hss Wss Ib | | x=3
VROUNDSD  | VEX.LIG.66.0F3A.WIG 0B /r | Vsd:w Hsd Wsd Ib | | x=3
VUCOMISS  | VEX.LIG.NP.0F.WIG 2E /r   | Vss Wss | compare | x=3
VUCOMISD  | VEX.LIG.66.0F.WIG 2E /r   | Vsd Wsd | compare | x=3
VCOMISS   | VEX.LIG.NP.0F.WIG 2F /r   | Vss Wss | compare | x=3
VCOMISD   | VEX.LIG.66.0F.WIG 2F /r   | Vsd Wsd | compare | x=3

@ f=AVX x=4
${packed('AND', '54')} ${packed('ANDN', '55')} ${packed('OR', '56')} ${packed('XOR', '57')}
${packed('UNPCKL', '14')} ${packed('UNPCKH', '15')}
VRSQRTPS  | VEX.x.NP.0F.WIG 52 /r     | Vps:w Wps | |
VRSQRTSS  | VEX.LIG.F3.0F.WIG 52 /r   | Vss:w Hss Wss | | x=5
VRCPPS    | VEX.x.NP.0F.WIG 53 /r     | Vps:w Wps | |
VRCPSS    | VEX.LIG.F3.0F.WIG 53 /r   | Vss:w Hss Wss | | x=5
VSHUFPS   | VEX.x.NP.0F.WIG C6 /r     | Vps:w Hps Wps Ib | |
VSHUFPD   | VEX.x.66.0F.WIG C6 /r     | Vpd:w Hpd Wpd Ib | |
VBLENDPS  | VEX.x.66.0F3A.WIG 0C /r   | Vps:w Hps Wps Ib | |
VBLENDPD  | VEX.x.66.0F3A.WIG 0D /r   | Vpd:w Hpd Wpd Ib | |
VBLENDVPS | VEX.x.66.0F3A.W0 4A /r    | Vps:w Hps Wps Lx | |
VBLENDVPD | VEX.x.66.0F3A.W0 4B /r    | Vpd:w Hpd Wpd Lx | |
VPERMILPS | VEX.x.66.0F38.W0 0C /r    | Vps:w Hps Wps | |
VPERMILPD | VEX.x.66.0F38.W0 0D /r    | Vpd:w Hpd Wpd | |
VPERMILPS | VEX.x.66.0F3A.W0 04 /r    | Vps:w Wps Ib | |
VPERMILPD | VEX.x.66.0F3A.W0 05 /r    | Vpd:w Wpd Ib | |
VTESTPS   | VEX.x.66.0F38.W0 0E /r    | Vps Wps | w=ZC c=OSAP |
VTESTPD   | VEX.x.66.0F38.W0 0F /r    | Vpd Wpd | w=ZC c=OSAP |

VMOVUPS   | VEX.x.NP.0F.WIG 10 /r | Vps:w Wps | |
VMOVUPS   | VEX.x.NP.0F.WIG 11 /r | Wps:w Vps | |
VMOVUPD   | VEX.x.66.0F.WIG 10 /r | Vpd:w Wpd | |
VMOVUPD   | VEX.x.66.0F.WIG 11 /r | Wpd:w Vpd | |
VMOVAPS   | VEX.x.NP.0F.WIG 28 /r | Vps:w Wps | | x=1 align
VMOVAPS   | VEX.x.NP.0F.WIG 29 /r | Wps:w Vps | | x=1 align
VMOVAPD   | VEX.x.66.0F.WIG 28 /r | Vpd:w Wpd | | x=1 align
VMOVAPD   | VEX.x.66.0F.WIG 29 /r | Wpd:w Vpd | | x=1 align
VMOVNTPS  | VEX.x.NP.0F.WIG 2B /r | Mps:w Vps | | x=1 align
VMOVNTPD  | VEX.x.66.0F.WIG 2B /r | Mpd:w Vpd | | x=1 align
VMOVSLDUP | VEX.x.F3.0F.WIG 12 /r | Vps:w Wps | |
VMOVSHDUP | VEX.x.F3.0F.WIG 16 /r | Vps:w Wps | |
VMOVDDUP  | VEX.128.F2.0F.WIG 12 /r | Vdq:w Wq  | | x=5
VMOVDDUP  | VEX.256.F2.0F.WIG 12 /r | Vqq:w Wqq | | x=5
@ f=AVX x=5
VMOVSS    | VEX.LIG.F3.0F.WIG 10 /r:r | Vss:w Hss Uss | |
VMOVSS    | VEX.LIG.F3.0F.WIG 10 /r:m | Vss:w Mss | |
VMOVSS    | VEX.LIG.F3.0F.WIG 11 /r:r | Uss:w Hss Vss | |
VMOVSS    | VEX.LIG.F3.0F.WIG 11 /r:m | Mss:w Vss | |
VMOVSD    | VEX.LIG.F2.0F.WIG 10 /r:r | Vsd:w Hsd Usd | |
VMOVSD    | VEX.LIG.F2.0F.WIG 10 /r:m | Vsd:w Msd | |
VMOVSD    | VEX.LIG.F2.0F.WIG 11 /r:r | Usd:w Hsd Vsd | |
VMOVSD    | VEX.LIG.F2.0F.WIG 11 /r:m | Msd:w Vsd | |
VMOVLPS   | VEX.128.NP.0F.WIG 12 /r:m | Vdq:w Hdq Mq | |
VMOVHLPS  | VEX.128.NP.0F.WIG 12 /r:r | Vdq:w Hdq Udq | | x=7
VMOVLPS   | VEX.128.NP.0F.WIG 13 /r   | Mq:w Vq | |
VMOVLPD   | VEX.128.66.0F.WIG 12 /r   | Vdq:w Hdq Mq | |
VMOVLPD   | VEX.128.66.0F.WIG 13 /r   | Mq:w Vq | |
VMOVHPS   | VEX.128.NP.0F.WIG 16 /r:m | Vdq:w Hdq Mq | |
VMOVLHPS  | VEX.128.NP.0F.WIG 16 /r:r | Vdq:w Hdq Udq | | x=7
VMOVHPS   | VEX.128.NP.0F.WIG 17 /r   | Mq:w Vq | |
VMOVHPD   | VEX.128.66.0F.WIG 16 /r   | Vdq:w Hdq Mq | |
VMOVHPD   | VEX.128.66.0F.WIG 17 /r   | Mq:w Vq | |
VMOVMSKPS | VEX.x.NP.0F.WIG 50 /r | Gy:w Ups | | x=7
VMOVMSKPD | VEX.x.66.0F.WIG 50 /r | Gy:w Upd | | x=7
VEXTRACTPS | VEX.128.66.0F3A.WIG 17 /r | Ry/Md:w Vdq Ib | |
VINSERTPS  | VEX.128.66.0F3A.WIG 21 /r | Vdq:w Hdq Wss Ib | |
VLDMXCSR  | VEX.LZ.NP.0F.WIG AE /2:m | Md | |
VSTMXCSR  | VEX.LZ.NP.0F.WIG AE /3:m | Md:w | |

@ f=AVX x=3
VCVTSI2SS  | VEX.LIG.F3.0F 2A /r | Vss:w Hss Ey | |
VCVTSI2SD  | VEX.LIG.F2.0F 2A /r | Vsd:w Hsd Ey | |
VCVTTSS2SI | VEX.LIG.F3.0F 2C /r | Gy:w Wss | |
VCVTTSD2SI | VEX.LIG.F2.0F 2C /r | Gy:w Wsd | |
VCVTSS2SI  | VEX.LIG.F3.0F 2D /r | Gy:w Wss | |
VCVTSD2SI  | VEX.LIG.F2.0F 2D /r | Gy:w Wsd | |
VCVTPS2PD  | VEX.x.NP.0F.WIG 5A /r   | Vpd:w Whx | |
VCVTPD2PS  | VEX.x.66.0F.WIG 5A /r   | Vdq:w Wpd | | x=2
VCVTSS2SD  | VEX.LIG.F3.0F.WIG 5A /r | Vsd:w Hsd Wss | |
VCVTSD2SS  | VEX.LIG.F2.0F.WIG 5A /r | Vss:w Hss Wsd | |
VCVTDQ2PS  | VEX.x.NP.0F.WIG 5B /r   | Vps:w Wx | | x=2
VCVTPS2DQ  | VEX.x.66.0F.WIG 5B /r   | Vx:w Wps | | x=2
VCVTTPS2DQ | VEX.x.F3.0F.WIG 5B /r   | Vx:w Wps | | x=2
VCVTTPD2DQ | VEX.x.66.0F.WIG E6 /r   | Vdq:w Wpd | | x=2
VCVTDQ2PD  | VEX.x.F3.0F.WIG E6 /r   | Vpd:w Whx | | x=5
VCVTPD2DQ  | VEX.x.F2.0F.WIG E6 /r   | Vdq:w Wpd | | x=2
VCVTPH2PS  | VEX.x.66.0F38.W0 13 /r  | Vps:w Whx | | x=11 f=F16C
VCVTPS2PH  | VEX.x.66.0F3A.W0 1D /r  | Whx:w Vps Ib | | x=11 f=F16C

@ f=AVX x=6
VBROADCASTSS   | VEX.x.66.0F38.W0 18 /r:m   | Vx:w Md | |
VBROADCASTSS   | VEX.x.66.0F38.W0 18 /r:r   | Vx:w Udq | | f=AVX2
VBROADCASTSD   | VEX.256.66.0F38.W0 19 /r:m | Vqq:w Mq | |
VBROADCASTSD   | VEX.256.66.0F38.W0 19 /r:r | Vqq:w Udq | | f=AVX2
VBROADCASTF128 | VEX.256.66.0F38.W0 1A /r:m | Vqq:w Mdq | |
VINSERTF128  | VEX.256.66.0F3A.W0 18 /r | Vqq:w Hqq Wdq Ib | |
VEXTRACTF128 | VEX.256.66.0F3A.W0 19 /r | Wdq:w Vqq Ib | |
VPERM2F128   | VEX.256.66.0F3A.W0 06 /r | Vqq:w Hqq Wqq Ib | |
VMASKMOVPS   | VEX.x.66.0F38.W0 2C /r:m | Vx:w Hx Mx:cr | |
VMASKMOVPD   | VEX.x.66.0F38.W0 2D /r:m | Vx:w Hx Mx:cr | |
VMASKMOVPS   | VEX.x.66.0F38.W0 2E /r:m | Mx:cw Hx Vx | |
VMASKMOVPD   | VEX.x.66.0F38.W0 2F /r:m | Mx:cw Hx Vx | |
VZEROUPPER   | VEX.128.NP.0F.WIG 77 | | | x=8
VZEROALL     | VEX.256.NP.0F.WIG 77 | | | x=8
`);
