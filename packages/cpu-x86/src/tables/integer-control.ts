/**
 * Control transfer, flag control, no-operation and hint space. Intel SDM Vol. 2, chapters 3 to 4, and Vol. 2D,
 * Appendix A, tables; AMD APM Vol. 3, chapter 3. Near branches ignore 66 in 64-bit mode on Intel and
 * honour it on AMD (`f64`, see `Row.sizeRule`).
 */
import { parseTable } from './notation.ts';

/** Rows of this family. */
export const integerControl = parseTable('integer-control', `
@ f=I8086 f64
Jcc  | 70+cc        | Jb          | r=cc | bnd
Jcc  | 0F 80+cc     | Jz          | r=cc | bnd f=I386
JMP  | E9           | Jz          |      | bnd
JMP  | EB           | Jb          |      |
JMP  | FF /4        | Ev          |      | bnd
CALL | E8           | Jz          |      | bnd
CALL | FF /2        | Ev          |      | bnd
RET  | C2           | Iw          |      | bnd
RET  | C3           |             |      | bnd
LOOPNE | E0         | Jb          | r=Z  |
LOOPE  | E1         | Jb          | r=Z  |
LOOP   | E2         | Jb          |      |
JCXZ   | a16 E3     | Jb          |      |
JECXZ  | a32 E3     | Jb          |      | f=I386
JRCXZ  | a64 E3     | Jb          |      | f=X64

@ f=I8086
JMP  | no64 EA      | Ap          | |
CALL | no64 9A      | Ap          | |
JMP  | FF /5:m      | Mp          | |
CALL | FF /3:m      | Mp          | |
RETF | CA           | Iw          | |
RETF | CB           |             | |
INT3 | CC           |             | w=ITNRVX |
INT  | CD           | Ib          | w=ITNRVX | v86
INTO | no64 CE      |             | r=O w=ITNRVX |
INT1 | F1           |             | w=ITNRVX | f=I386
IRET  | o16 CF      |             | r=N w=OSZAPCDITNL | v86 serial
IRETD | o32 CF      |             | r=N w=OSZAPCDITNLRVXFGU | v86 serial f=I386
IRETQ | o64 CF      |             | r=N w=OSZAPCDITNLRVXFGU | v86 serial f=X64
BOUND | no64 62 /r:m | Gv Ma      | | f=I186

CMC  | F5           |             | r=C w=C |
CLC  | F8           |             | c=C |
STC  | F9           |             | s=C |
CLI  | FA           |             | w=IF | iopl
STI  | FB           |             | w=IF | iopl
CLD  | FC           |             | c=D |
STD  | FD           |             | s=D |
HLT  | F4           |             |     | cpl0

UD2  | 0F 0B        |             | | f=I186
UD1  | 0F B9 /r     | Gv:n Ev:n   | | f=I186 note=no_memory_is_read
UD0  | 0F FF /r     | Gv:n Ev:n   | | f=I186 note=no_memory_is_read

# The hint space (SDM Vol. 2B, "NOP"; Vol. 2D, table A-3, note 1): what is not a hint that we know does nothing.
@ f=P6
NOP  | 0F 18 /r     | Ev:n Gv:n   | | id=NOP_0F18 alias
NOP  | 0F 19 /r     | Ev:n Gv:n   | | id=NOP_0F19 alias
NOP  | 0F 1A /r     | Ev:n Gv:n   | | id=NOP_0F1A alias
NOP  | 0F 1B /r     | Ev:n Gv:n   | | id=NOP_0F1B alias
NOP  | 0F 1C /r     | Ev:n Gv:n   | | id=NOP_0F1C alias
NOP  | 0F 1D /r     | Ev:n Gv:n   | | id=NOP_0F1D alias
NOP  | 0F 1E /r     | Ev:n Gv:n   | | id=NOP_0F1E alias
NOP  | 0F 1F /r     | Ev:n Gv:n   | | id=NOP_0F1F alias
NOP  | 0F 1F /0     | Ev:n        | |
PREFETCHNTA | 0F 18 /0:m | Mb:n   | | f=SSE
PREFETCHT0  | 0F 18 /1:m | Mb:n   | | f=SSE
PREFETCHT1  | 0F 18 /2:m | Mb:n   | | f=SSE
PREFETCHT2  | 0F 18 /3:m | Mb:n   | | f=SSE
NOP  | 0F 0D /r     | Ev:n Gv:n   | | id=NOP_0F0D alias note=also_memory_when_PREFETCHW_is_missing
PREFETCH    | 0F 0D /0:m | Mb:n   | | f=PREFETCHW
PREFETCHW   | 0F 0D /1:m | Mb:n   | | f=PREFETCHW
# AMD APM Vol. 3, "PREFETCHlevel": the reserved members of the group are aliases of PREFETCH, /3 one of PREFETCHW.
PREFETCH    | 0F 0D /2:m | Mb:n   | | f=PREFETCHW alias id=PREFETCH_Mb_2
PREFETCHW   | 0F 0D /3:m | Mb:n   | | f=PREFETCHW alias id=PREFETCHW_Mb_3
PREFETCH    | 0F 0D /4:m | Mb:n   | | f=PREFETCHW alias id=PREFETCH_Mb_4
PREFETCH    | 0F 0D /5:m | Mb:n   | | f=PREFETCHW alias id=PREFETCH_Mb_5
PREFETCH    | 0F 0D /6:m | Mb:n   | | f=PREFETCHW alias id=PREFETCH_Mb_6
PREFETCH    | 0F 0D /7:m | Mb:n   | | f=PREFETCHW alias id=PREFETCH_Mb_7
ENDBR64 | F3 0F 1E =FA   |        | | f=CET_IBT
ENDBR32 | F3 0F 1E =FB   |        | | f=CET_IBT
`);
