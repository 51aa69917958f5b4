/**
 * Data movement: MOV, PUSH, POP, XCHG, string instructions, conversions, conditional moves, I/O. Intel SDM Vol. 2,
 * chapters 3 to 4, and Vol. 2D, Appendix A, tables; AMD APM Vol. 3, chapter 3.
 */
import { parseTable } from './notation.ts';

/** Rows of this family. */
export const integerData = parseTable('integer-data', `
@ f=I8086
MOV  | 88 /r        | Eb:w Gb     | |
MOV  | 89 /r        | Ev:w Gv     | |
MOV  | 8A /r        | Gb:w Eb     | |
MOV  | 8B /r        | Gv:w Ev     | |
MOV  | 8C /r        | Rv/Mw:w Sw  | |
MOV  | 8E /r        | Sw:w Rv/Mw  | | note=CS_as_destination_is_#UD
MOV  | A0           | AL:w Ob     | |
MOV  | A1           | rAX:w Ov    | |
MOV  | A2           | Ob:w AL     | |
MOV  | A3           | Ov:w rAX    | |
MOV  | B0+r         | Zb:w Ib     | |
MOV  | B8+r         | Zv:w Iv     | |
MOV  | C6 /0        | Eb:w Ib     | |
MOV  | C7 /0        | Ev:w Iz     | |
LEA  | 8D /r:m      | Gv:w M:n    | |
LES  | no64 C4 /r:m | Gv:w Mp     | |
LDS  | no64 C5 /r:m | Gv:w Mp     | |
LSS  | 0F B2 /r:m   | Gv:w Mp     | | f=I386
LFS  | 0F B4 /r:m   | Gv:w Mp     | | f=I386
LGS  | 0F B5 /r:m   | Gv:w Mp     | | f=I386

XCHG | 86 /r        | Eb:rw Gb:rw | | lock
XCHG | 87 /r        | Ev:rw Gv:rw | | lock
XCHG | 90+r         | Zv:rw rAX:rw | |
NOP  | B0 90        |             | |
PAUSE | F3 90       |             | | f=I8086 note=NOP_before_SSE2

@ f=I8086 d64
PUSH | no64 06      | ES          | |
POP  | no64 07      | ES:w        | |
PUSH | no64 0E      | CS          | |
PUSH | no64 16      | SS          | |
POP  | no64 17      | SS:w        | |
PUSH | no64 1E      | DS          | |
POP  | no64 1F      | DS:w        | |
PUSH | 0F A0        | FS          | | f=I386
POP  | 0F A1        | FS:w        | | f=I386
PUSH | 0F A8        | GS          | | f=I386
POP  | 0F A9        | GS:w        | | f=I386
PUSH | 50+r         | Zv          | |
POP  | 58+r         | Zv:w        | |
PUSH | FF /6        | Ev          | |
POP  | 8F /0        | Ev:w        | |
PUSH | 68           | Iz          | | f=I186
PUSH | 6A           | Ibs         | | f=I186
PUSHA  | no64 o16 60 |             | | f=I186
PUSHAD | no64 o32 60 |             | | f=I386
POPA   | no64 o16 61 |             | | f=I186
POPAD  | no64 o32 61 |             | | f=I386
PUSHF  | o16 9C     |             | r=OSZAPCDITNL | v86
PUSHFD | o32 9C     |             | r=OSZAPCDITNLXFGU | v86 f=I386
PUSHFQ | o64 9C     |             | r=OSZAPCDITNLXFGU | v86 f=X64
POPF   | o16 9D     |             | w=OSZAPCDITNL | v86
POPFD  | o32 9D     |             | w=OSZAPCDITNLXU c=R | v86 f=I386
POPFQ  | o64 9D     |             | w=OSZAPCDITNLXU c=R | v86 f=X64
ENTER  | C8         | Iw Ib2      | | f=I186
LEAVE  | C9         |             | | f=I186

@ f=I8086
CBW  | o16 98       |             | |
CWDE | o32 98       |             | | f=I386
CDQE | o64 98       |             | | f=X64
CWD  | o16 99       |             | |
CDQ  | o32 99       |             | | f=I386
CQO  | o64 99       |             | | f=X64
SAHF | 9E           |             | w=SZAPC |
LAHF | 9F           |             | r=SZAPC |
XLATB | D7          | BAb         | |
SALC | no64 D6      |             | r=C | alias

MOVSB | A4          | Yb:w Xb     | r=D | rep
MOVSW | o16 A5      | Yv:w Xv     | r=D | rep
MOVSD | o32 A5      | Yv:w Xv     | r=D | rep f=I386 id=MOVSD_Yd_Xd
MOVSQ | o64 A5      | Yv:w Xv     | r=D | rep f=X64
CMPSB | A6          | Xb Yb       | r=D arith | repe
CMPSW | o16 A7      | Xv Yv       | r=D arith | repe
CMPSD | o32 A7      | Xv Yv       | r=D arith | repe f=I386 id=CMPSD_Xd_Yd
CMPSQ | o64 A7      | Xv Yv       | r=D arith | repe f=X64
STOSB | AA          | Yb:w AL     | r=D | rep
STOSW | o16 AB      | Yv:w rAX    | r=D | rep
STOSD | o32 AB      | Yv:w rAX    | r=D | rep f=I386
STOSQ | o64 AB      | Yv:w rAX    | r=D | rep f=X64
LODSB | AC          | AL:w Xb     | r=D | rep
LODSW | o16 AD      | rAX:w Xv    | r=D | rep
LODSD | o32 AD      | rAX:w Xv    | r=D | rep f=I386
LODSQ | o64 AD      | rAX:w Xv    | r=D | rep f=X64
SCASB | AE          | AL Yb       | r=D arith | repe
SCASW | o16 AF      | rAX Yv      | r=D arith | repe
SCASD | o32 AF      | rAX Yv      | r=D arith | repe f=I386
SCASQ | o64 AF      | rAX Yv      | r=D arith | repe f=X64
INSB  | 6C          | Yb:w DX     | r=D | rep io f=I186
INSW  | o16 6D      | Yz:w DX     | r=D | rep io f=I186
INSD  | o32 o64 6D  | Yz:w DX     | r=D | rep io f=I386
OUTSB | 6E          | DX Xb       | r=D | rep io f=I186
OUTSW | o16 6F      | DX Xz       | r=D | rep io f=I186
OUTSD | o32 o64 6F  | DX Xz       | r=D | rep io f=I386

IN   | E4           | AL:w Ib     | | io
IN   | E5           | zAX:w Ib    | | io
OUT  | E6           | Ib AL       | | io
OUT  | E7           | Ib zAX      | | io
IN   | EC           | AL:w DX     | | io
IN   | ED           | zAX:w DX    | | io
OUT  | EE           | DX AL       | | io
OUT  | EF           | DX zAX      | | io

@ f=I386
MOVZX | 0F B6 /r    | Gv:w Eb     | |
MOVZX | 0F B7 /r    | Gv:w Ew     | |
MOVSX | 0F BE /r    | Gv:w Eb     | |
MOVSX | 0F BF /r    | Gv:w Ew     | |
MOVSXD | only64 o16 63 /r     | Gv:w Ew | | f=X64
MOVSXD | only64 o32 o64 63 /r | Gv:w Ed | | f=X64
SETcc | 0F 90+cc /r | Eb:w        | r=cc |
CMOVcc | 0F 40+cc /r | Gv:cw Ev  | r=cc | f=CMOV

@ f=I486
BSWAP | 0F C8+r     | Zv:rw       | | note=16-bit_result_is_undefined
XADD  | 0F C0 /r    | Eb:rw Gb:rw | arith | lock
XADD  | 0F C1 /r    | Ev:rw Gv:rw | arith | lock
CMPXCHG | 0F B0 /r  | Eb:rcw Gb   | arith | lock
CMPXCHG | 0F B1 /r  | Ev:rcw Gv   | arith | lock
CMPXCHG8B  | Y0 0F C7 /1:m | Mq:rcw  | w=Z | lock f=CX8
CMPXCHG16B | Y1 0F C7 /1:m | Mdq:rcw | w=Z | lock f=CX16 align
MOVBE | NFx 0F 38 F0 /r:m | Gv:w Mv  | | f=MOVBE
MOVBE | NFx 0F 38 F1 /r:m | Mv:w Gv  | | f=MOVBE
MOVNTI | NP 0F C3 /r:m    | My:w Gy  | | f=SSE2
`);
