/**
 * SSE on XMM registers. Intel SDM Vol. 2, chapters 3 to 4, and Vol. 2D, Appendix A, table A-3; exception classes as SDM
 * Vol. 2A, 2.5 gives them for the VEX forms, which the legacy forms share apart from alignment (legacy packed operands
 * must be aligned); AMD APM Vol. 4.
 */
import { parseTable } from './notation.ts';

/** Packed and scalar single forms of one operation. */
function both(name: string, opcode: string, access: 'w' | 'rw'): string {
  return `
    ${name}PS | NP 0F ${opcode} /r | Vps:${access} Wps | | align
    ${name}SS | F3 0F ${opcode} /r | Vss:rw Wss | | x=3`;
}

/** Rows of this family. */
export const sse = parseTable('sse', `
@ f=SSE x=2
${both('ADD', '58', 'rw')} ${both('MUL', '59', 'rw')} ${both('SUB', '5C', 'rw')} ${both('MIN', '5D', 'rw')}
${both('DIV', '5E', 'rw')} ${both('MAX', '5F', 'rw')} ${both('SQRT', '51', 'w')}
CMPPS    | NP 0F C2 /r | Vps:rw Wps Ib | | align
CMPSS    | F3 0F C2 /r | Vss:rw Wss Ib | | x=3
UCOMISS  | NP 0F 2E /r | Vss Wss | compare | x=3
COMISS   | NP 0F 2F /r | Vss Wss | compare | x=3

@ f=SSE x=4
RSQRTPS  | NP 0F 52 /r | Vps:w Wps   | | align
RSQRTSS  | F3 0F 52 /r | Vss:rw Wss  | | x=5
RCPPS    | NP 0F 53 /r | Vps:w Wps   | | align
RCPSS    | F3 0F 53 /r | Vss:rw Wss  | | x=5
ANDPS    | NP 0F 54 /r | Vps:rw Wps  | | align
ANDNPS   | NP 0F 55 /r | Vps:rw Wps  | | align
ORPS     | NP 0F 56 /r | Vps:rw Wps  | | align
XORPS    | NP 0F 57 /r | Vps:rw Wps  | | align
UNPCKLPS | NP 0F 14 /r | Vps:rw Wps  | | align
UNPCKHPS | NP 0F 15 /r | Vps:rw Wps  | | align
SHUFPS   | NP 0F C6 /r | Vps:rw Wps Ib | | align

MOVUPS   | NP 0F 10 /r | Vps:w Wps   | |
MOVUPS   | NP 0F 11 /r | Wps:w Vps   | |
MOVAPS   | NP 0F 28 /r | Vps:w Wps   | | align x=1
MOVAPS   | NP 0F 29 /r | Wps:w Vps   | | align x=1
MOVNTPS  | NP 0F 2B /r | Mps:w Vps   | | align x=1
# A load from memory clears the upper 96 bits; a move between registers keeps them.
MOVSS    | F3 0F 10 /r:r | Vss:rw Uss | | x=5
MOVSS    | F3 0F 10 /r:m | Vss:w Mss  | | x=5
MOVSS    | F3 0F 11 /r:r | Uss:rw Vss | | x=5
MOVSS    | F3 0F 11 /r:m | Mss:w Vss  | | x=5
MOVLPS   | NP 0F 12 /r:m | Vq:rw Mq  | | x=5
MOVHLPS  | NP 0F 12 /r:r | Vps:rw Ups | | x=7
MOVLPS   | NP 0F 13 /r   | Mq:w Vq   | | x=5
MOVHPS   | NP 0F 16 /r:m | Vq:rw Mq  | | x=5
MOVLHPS  | NP 0F 16 /r:r | Vps:rw Ups | | x=7
MOVHPS   | NP 0F 17 /r   | Mq:w Vq   | | x=5
MOVMSKPS | NP 0F 50 /r   | Gy:w Ups  | | x=7
CVTPI2PS  | NP 0F 2A /r | Vps:rw Qq  | | x=mmx
CVTSI2SS  | F3 0F 2A /r | Vss:rw Ey  | | x=3
CVTTPS2PI | NP 0F 2C /r | Pq:w Wq    | | x=mmx
CVTTSS2SI | F3 0F 2C /r | Gy:w Wss   | | x=3
CVTPS2PI  | NP 0F 2D /r | Pq:w Wq    | | x=mmx
CVTSS2SI  | F3 0F 2D /r | Gy:w Wss   | | x=3
`);
