/**
 * AVX (128-bit) and AVX2 (256-bit) integer instructions. Intel SDM Vol. 2, chapters 3 to 5, exception classes Vol. 2A,
 * 2.5; AMD APM Vol. 4.
 */
import { parseTable } from './notation.ts';

/** Both vector lengths of one encoding: 128 bits need AVX, 256 bits AVX2. `Vx` and its kin become `Vdq` or `Vqq`. */
function lengths(name: string, pp: string, map: string, opcode: string, operands: string, tail = ''): string {
  const sized = (to: string): string => operands.replace(/\b([HLMUVW])x\b/g, `$1${to}`);
  const half = (to: string[]): string => sized(to[0] ?? '').replaceAll('hx', to[1] ?? '').replaceAll('qx', to[2] ?? '').replaceAll('ex', to[3] ?? '');
  return `
    ${name} | VEX.128.${pp}.${map}.WIG ${opcode} | ${half(['dq', 'q', 'd', 'w'])} | | f=AVX ${tail}
    ${name} | VEX.256.${pp}.${map}.WIG ${opcode} | ${half(['qq', 'dq', 'q', 'd'])} | | f=AVX2 ${tail}`;
}

/** `NAME=opcode` pairs that share map and operands, all with prefix 66. */
function each(map: string, operands: string, list: string, tail = ''): string {
  return list.trim().split(/\s+/).map((pair) => {
    const [name = '', opcode = ''] = pair.split('=');
    return lengths(name, '66', map, `${opcode} /r`, operands, tail);
  }).join('');
}

/** Shifts by an immediate: the destination is VEX.vvvv. */
function immediateShift(name: string, opcode: string, digit: number): string {
  return lengths(name, '66', '0F', `${opcode} /${digit}`, 'Hx:w Ux Ib', 'x=7');
}

/** Rows of this family. */
export const avxInteger = parseTable('avx-integer', `
@ x=4
${each('0F', 'Vx:w Hx Wx', `
  VPUNPCKLBW=60 VPUNPCKLWD=61 VPUNPCKLDQ=62 VPACKSSWB=63 VPCMPGTB=64 VPCMPGTW=65 VPCMPGTD=66 VPACKUSWB=67
  VPUNPCKHBW=68 VPUNPCKHWD=69 VPUNPCKHDQ=6A VPACKSSDW=6B VPUNPCKLQDQ=6C VPUNPCKHQDQ=6D VPCMPEQB=74 VPCMPEQW=75
  VPCMPEQD=76 VPADDQ=D4 VPMULLW=D5 VPSUBUSB=D8 VPSUBUSW=D9 VPMINUB=DA VPAND=DB VPADDUSB=DC VPADDUSW=DD VPMAXUB=DE
  VPANDN=DF VPAVGB=E0 VPAVGW=E3 VPMULHUW=E4 VPMULHW=E5 VPSUBSB=E8 VPSUBSW=E9 VPMINSW=EA VPOR=EB VPADDSB=EC
  VPADDSW=ED VPMAXSW=EE VPXOR=EF VPMULUDQ=F4 VPMADDWD=F5 VPSADBW=F6 VPSUBB=F8 VPSUBW=F9 VPSUBD=FA VPSUBQ=FB
  VPADDB=FC VPADDW=FD VPADDD=FE`)}
${each('0F', 'Vx:w Hx Wdq', 'VPSRLW=D1 VPSRLD=D2 VPSRLQ=D3 VPSRAW=E1 VPSRAD=E2 VPSLLW=F1 VPSLLD=F2 VPSLLQ=F3')}
${each('0F38', 'Vx:w Hx Wx', `
  VPSHUFB=00 VPHADDW=01 VPHADDD=02 VPHADDSW=03 VPMADDUBSW=04 VPHSUBW=05 VPHSUBD=06 VPHSUBSW=07 VPSIGNB=08 VPSIGNW=09
  VPSIGND=0A VPMULHRSW=0B VPMULDQ=28 VPCMPEQQ=29 VPACKUSDW=2B VPCMPGTQ=37 VPMINSB=38 VPMINSD=39 VPMINUW=3A
  VPMINUD=3B VPMAXSB=3C VPMAXSD=3D VPMAXUW=3E VPMAXUD=3F VPMULLD=40`)}
${each('0F38', 'Vx:w Wx', 'VPABSB=1C VPABSW=1D VPABSD=1E')}
${each('0F38', 'Vx:w Whx', 'VPMOVSXBW=20 VPMOVSXWD=23 VPMOVSXDQ=25 VPMOVZXBW=30 VPMOVZXWD=33 VPMOVZXDQ=35', 'x=5')}
${each('0F38', 'Vx:w Wqx', 'VPMOVSXBD=21 VPMOVSXWQ=24 VPMOVZXBD=31 VPMOVZXWQ=34', 'x=5')}
${each('0F38', 'Vx:w Wex', 'VPMOVSXBQ=22 VPMOVZXBQ=32', 'x=5')}
${each('0F38', 'Vx:w Mx', 'VMOVNTDQA=2A', 'x=1 align')}
${each('0F3A', 'Vx:w Hx Wx Ib', 'VPBLENDW=0E VPALIGNR=0F VMPSADBW=42')}
${immediateShift('VPSRLW', '71', 2)} ${immediateShift('VPSRAW', '71', 4)} ${immediateShift('VPSLLW', '71', 6)}
${immediateShift('VPSRLD', '72', 2)} ${immediateShift('VPSRAD', '72', 4)} ${immediateShift('VPSLLD', '72', 6)}
${immediateShift('VPSRLQ', '73', 2)} ${immediateShift('VPSRLDQ', '73', 3)} ${immediateShift('VPSLLQ', '73', 6)}
${immediateShift('VPSLLDQ', '73', 7)}
${lengths('VPSHUFD', '66', '0F', '70 /r', 'Vx:w Wx Ib')}
${lengths('VPSHUFHW', 'F3', '0F', '70 /r', 'Vx:w Wx Ib')}
${lengths('VPSHUFLW', 'F2', '0F', '70 /r', 'Vx:w Wx Ib')}
${lengths('VPMOVMSKB', '66', '0F', 'D7 /r', 'Gy:w Ux', 'x=7')}

@ f=AVX x=4
VPBLENDVB | VEX.128.66.0F3A.W0 4C /r | Vdq:w Hdq Wdq Ldq | |
VPBLENDVB | VEX.256.66.0F3A.W0 4C /r | Vqq:w Hqq Wqq Lqq | | f=AVX2
VMOVDQA   | VEX.x.66.0F.WIG 6F /r | Vx:w Wx | | x=1 align
VMOVDQA   | VEX.x.66.0F.WIG 7F /r | Wx:w Vx | | x=1 align
VMOVDQU   | VEX.x.F3.0F.WIG 6F /r | Vx:w Wx | |
VMOVDQU   | VEX.x.F3.0F.WIG 7F /r | Wx:w Vx | |
VMOVNTDQ  | VEX.x.66.0F.WIG E7 /r | Mx:w Vx | | x=1 align
VLDDQU    | VEX.x.F2.0F.WIG F0 /r | Vx:w Mx | |
VPTEST    | VEX.x.66.0F38.WIG 17 /r | Vx Wx | w=ZC c=OSAP |
VMASKMOVDQU | VEX.128.66.0F.WIG F7 /r | DIdq:w Vdq Udq | |
VPHMINPOSUW | VEX.128.66.0F38.WIG 41 /r | Vdq:w Wdq | |
VPCMPESTRM | VEX.128.66.0F3A 60 /r | Vdq Wdq Ib | w=OSZC c=AP | y
VPCMPESTRI | VEX.128.66.0F3A 61 /r | Vdq Wdq Ib | w=OSZC c=AP | y
VPCMPISTRM | VEX.128.66.0F3A.WIG 62 /r | Vdq Wdq Ib | w=OSZC c=AP |
VPCMPISTRI | VEX.128.66.0F3A.WIG 63 /r | Vdq Wdq Ib | w=OSZC c=AP |
@ f=AVX x=5
VMOVD    | VEX.128.66.0F.Y0 6E /r | Vdq:w Ey | |
VMOVQ    | VEX.128.66.0F.Y1 6E /r | Vdq:w Ey | |
VMOVD    | VEX.128.66.0F.Y0 7E /r | Ey:w Vdq | |
VMOVQ    | VEX.128.66.0F.Y1 7E /r | Ey:w Vdq | |
VMOVQ    | VEX.128.F3.0F.WIG 7E /r | Vq:w Wq | |
VMOVQ    | VEX.128.66.0F.WIG D6 /r | Wq:w Vq | |
VPINSRW  | VEX.128.66.0F C4 /r | Vdq:w Hdq Ry/Mw Ib | |
VPEXTRW  | VEX.128.66.0F C5 /r | Gy:w Udq Ib | |
VPEXTRB  | VEX.128.66.0F3A 14 /r | Ry/Mb:w Vdq Ib | |
VPEXTRW  | VEX.128.66.0F3A 15 /r | Ry/Mw:w Vdq Ib | |
VPEXTRD  | VEX.128.66.0F3A.Y0 16 /r | Ey:w Vdq Ib | |
VPEXTRQ  | VEX.128.66.0F3A.Y1 16 /r | Ey:w Vdq Ib | |
VPINSRB  | VEX.128.66.0F3A 20 /r | Vdq:w Hdq Ry/Mb Ib | |
VPINSRD  | VEX.128.66.0F3A.Y0 22 /r | Vdq:w Hdq Ey Ib | |
VPINSRQ  | VEX.128.66.0F3A.Y1 22 /r | Vdq:w Hdq Ey Ib | |

@ f=AVX2 x=4
VPBLENDD  | VEX.x.66.0F3A.W0 02 /r | Vx:w Hx Wx Ib | |
VPSRLVD   | VEX.x.66.0F38.W0 45 /r | Vx:w Hx Wx | |
VPSRLVQ   | VEX.x.66.0F38.W1 45 /r | Vx:w Hx Wx | |
VPSRAVD   | VEX.x.66.0F38.W0 46 /r | Vx:w Hx Wx | |
VPSLLVD   | VEX.x.66.0F38.W0 47 /r | Vx:w Hx Wx | |
VPSLLVQ   | VEX.x.66.0F38.W1 47 /r | Vx:w Hx Wx | |
VPERMPS   | VEX.256.66.0F38.W0 16 /r | Vqq:w Hqq Wqq | |
VPERMD    | VEX.256.66.0F38.W0 36 /r | Vqq:w Hqq Wqq | |
VPERMQ    | VEX.256.66.0F3A.W1 00 /r | Vqq:w Wqq Ib | |
VPERMPD   | VEX.256.66.0F3A.W1 01 /r | Vqq:w Wqq Ib | |
@ f=AVX2 x=6
VPBROADCASTD | VEX.x.66.0F38.W0 58 /r | Vx:w Wd | |
VPBROADCASTQ | VEX.x.66.0F38.W0 59 /r | Vx:w Wq | |
VPBROADCASTB | VEX.x.66.0F38.W0 78 /r | Vx:w Wb | |
VPBROADCASTW | VEX.x.66.0F38.W0 79 /r | Vx:w Ww | |
VBROADCASTI128 | VEX.256.66.0F38.W0 5A /r:m | Vqq:w Mdq | |
VINSERTI128  | VEX.256.66.0F3A.W0 38 /r | Vqq:w Hqq Wdq Ib | |
VEXTRACTI128 | VEX.256.66.0F3A.W0 39 /r | Wdq:w Vqq Ib | |
VPERM2I128   | VEX.256.66.0F3A.W0 46 /r | Vqq:w Hqq Wqq Ib | |
VPMASKMOVD   | VEX.x.66.0F38.W0 8C /r:m | Vx:w Hx Mx:cr | |
VPMASKMOVQ   | VEX.x.66.0F38.W1 8C /r:m | Vx:w Hx Mx:cr | |
VPMASKMOVD   | VEX.x.66.0F38.W0 8E /r:m | Mx:cw Hx Vx | |
VPMASKMOVQ   | VEX.x.66.0F38.W1 8E /r:m | Mx:cw Hx Vx | |
# SDM Vol. 2A, 2.3.12 "Vector SIB". Destination, mask and index must be three registers, else #UD.
@ f=AVX2 x=12
VPGATHERDD | VEX.x.66.0F38.W0 90 /r:x | Vx:rcw Md-x:cr Hx:rw | |
VPGATHERDQ | VEX.x.66.0F38.W1 90 /r:x | Vx:rcw Mq-hx:cr Hx:rw | |
VPGATHERQD | VEX.x.66.0F38.W0 91 /r:x | Vdq:rcw Md-x:cr Hdq:rw | |
VPGATHERQQ | VEX.x.66.0F38.W1 91 /r:x | Vx:rcw Mq-x:cr Hx:rw | |
VGATHERDPS | VEX.x.66.0F38.W0 92 /r:x | Vx:rcw Md-x:cr Hx:rw | |
VGATHERDPD | VEX.x.66.0F38.W1 92 /r:x | Vx:rcw Mq-hx:cr Hx:rw | |
VGATHERQPS | VEX.x.66.0F38.W0 93 /r:x | Vdq:rcw Md-x:cr Hdq:rw | |
VGATHERQPD | VEX.x.66.0F38.W1 93 /r:x | Vx:rcw Mq-x:cr Hx:rw | |
`);
