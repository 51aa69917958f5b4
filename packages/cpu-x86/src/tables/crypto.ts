/**
 * AES-NI, PCLMULQDQ and SHA with their VEX forms. Intel SDM Vol. 2, chapters 3 to 4, and Vol. 2D, Appendix A, tables A-4
 * and A-5; AMD APM Vol. 4. The 256-bit forms need VAES and VPCLMULQDQ.
 */
import { parseTable } from './notation.ts';

const ROUNDS = 'AESENC=DC AESENCLAST=DD AESDEC=DE AESDECLAST=DF'.split(' ').map((pair) => pair.split('='));

/** Rows of this family. */
export const crypto = parseTable('crypto', `
@ f=AES x=4
AESIMC | 66 0F 38 DB /r | Vdq:w Wdq | | align
${ROUNDS.map(([name, opcode]) => `${name} | 66 0F 38 ${opcode} /r | Vdq:rw Wdq | | align`).join('\n')}
AESKEYGENASSIST | 66 0F 3A DF /r | Vdq:w Wdq Ib | | align
PCLMULQDQ | 66 0F 3A 44 /r | Vdq:rw Wdq Ib | | align f=PCLMULQDQ

@ f=AES+AVX x=4
VAESIMC | VEX.128.66.0F38.WIG DB /r | Vdq:w Wdq | |
${ROUNDS.map(([name, opcode]) => `
V${name} | VEX.128.66.0F38.WIG ${opcode} /r | Vdq:w Hdq Wdq | |
V${name} | VEX.256.66.0F38.WIG ${opcode} /r | Vqq:w Hqq Wqq | | f=VAES`).join('')}
VAESKEYGENASSIST | VEX.128.66.0F3A.WIG DF /r | Vdq:w Wdq Ib | |
VPCLMULQDQ | VEX.128.66.0F3A.WIG 44 /r | Vdq:w Hdq Wdq Ib | | f=PCLMULQDQ+AVX
VPCLMULQDQ | VEX.256.66.0F3A.WIG 44 /r | Vqq:w Hqq Wqq Ib | | f=VPCLMULQDQ

@ f=SHA x=4
SHA1NEXTE   | NP 0F 38 C8 /r | Vdq:rw Wdq | | align
SHA1MSG1    | NP 0F 38 C9 /r | Vdq:rw Wdq | | align
SHA1MSG2    | NP 0F 38 CA /r | Vdq:rw Wdq | | align
SHA256RNDS2 | NP 0F 38 CB /r | Vdq:rw Wdq XMM0 | | align
SHA256MSG1  | NP 0F 38 CC /r | Vdq:rw Wdq | | align
SHA256MSG2  | NP 0F 38 CD /r | Vdq:rw Wdq | | align
SHA1RNDS4   | NP 0F 3A CC /r | Vdq:rw Wdq Ib | | align
`);
