/**
 * System instructions: descriptor tables, control and debug registers, MSRs, TLB and caches, fast system calls,
 * extended state, protection keys. Intel SDM Vol. 2 (per instruction), Vol. 2D, Appendix A, table A-6, and Vol. 3A, 2.8
 * "System Instruction Summary" and "Serializing Instructions"; AMD APM Vol. 3, chapter 4.
 */
import { parseTable } from './notation.ts';

/** Rows of this family. */
export const system = parseTable('system', `
@ f=I286 noreal
SLDT | 0F 00 /0     | Rv/Mw:w   | | cr4
STR  | 0F 00 /1     | Rv/Mw:w   | | cr4
LLDT | 0F 00 /2     | Ew        | | cpl0 serial
LTR  | 0F 00 /3     | Ew        | | cpl0 serial
VERR | 0F 00 /4     | Ew        | w=Z |
VERW | 0F 00 /5     | Ew        | w=Z |
LAR  | 0F 02 /r     | Gv:cw Rv/Mw | w=Z |
LSL  | 0F 03 /r     | Gv:cw Rv/Mw | w=Z |
ARPL | no64 63 /r   | Ew:rcw Gw | w=Z |

@ f=I286
SGDT | 0F 01 /0:m   | Ms:w      | | f64 cr4
SIDT | 0F 01 /1:m   | Ms:w      | | f64 cr4
LGDT | 0F 01 /2:m   | Ms        | | f64 cpl0 serial
LIDT | 0F 01 /3:m   | Ms        | | f64 cpl0 serial
SMSW | 0F 01 /4     | Rv/Mw:w   | | cr4
LMSW | 0F 01 /6     | Ew        | | cpl0 serial
CLTS | 0F 06        |           | | cpl0
INVLPG | 0F 01 /7:m | M:n       | | cpl0 serial f=I486
INVD   | 0F 08      |           | | cpl0 serial f=I486
WBINVD | 0F 09      |           | | cpl0 serial f=I486
WBNOINVD | F3 0F 09 |           | | cpl0 serial f=WBNOINVD
RSM    | 0F AA      |           | popf | serial f=I386 note=SMM_only

# SDM Vol. 2B, "MOV—Move to/from Control Registers": ModRM.mod is ignored, the operands are always registers.
@ f=I386 n64 cpl0
MOV  | 0F 20 /r:i   | Ry:w Cy   | u=OSZAPC |
MOV  | 0F 21 /r:i   | Ry:w Dy   | u=OSZAPC |
MOV  | 0F 22 /r:i   | Cy:w Ry   | u=OSZAPC | serial
MOV  | 0F 23 /r:i   | Dy:w Ry   | u=OSZAPC | serial

@ f=PENTIUM
WRMSR | 0F 30       |           | | cpl0 serial f=MSR
RDTSC | 0F 31       |           | | cr4 f=TSC
RDMSR | 0F 32       |           | | cpl0 f=MSR
RDPMC | 0F 33       |           | | cr4 f=P6
CPUID | 0F A2       |           | | serial
RDTSCP | 0F 01 =F9  |           | | cr4 f=RDTSCP
SYSENTER | 0F 34    |           | c=IVR | f=SEP note=#GP_in_real-address_mode
SYSEXIT  | Y0 0F 35 |           | | cpl0 f=SEP note=#GP_in_real-address_mode
SYSEXITQ | Y1 0F 35 |           | | cpl0 f=SEP
SYSCALL  | 0F 05    |           | r=OSZAPCDITNLRVXFGU w=OSZAPCDITNLXFGU c=RV | f=SYSCALL
SYSRET   | Y0 0F 07 |           | w=OSZAPCDITNLXFGU c=RV | f=SYSCALL cpl0 noreal
SYSRETQ  | Y1 0F 07 |           | w=OSZAPCDITNLXFGU c=RV | f=SYSCALL cpl0 noreal
SWAPGS   | only64 0F 01 =F8 |   | | cpl0 f=X64
MONITOR  | NP 0F 01 =C8 |       | | f=MONITOR cpl0 note=#UD_when_CPL_>_0
MWAIT    | NP 0F 01 =C9 |       | | f=MONITOR cpl0 note=#UD_when_CPL_>_0
CLAC     | NP 0F 01 =CA |       | c=X | f=SMAP cpl0 note=#UD_when_CPL_>_0
STAC     | NP 0F 01 =CB |       | s=X | f=SMAP cpl0 note=#UD_when_CPL_>_0
XGETBV   | NP 0F 01 =D0 |       | | f=XSAVE
XSETBV   | NP 0F 01 =D1 |       | | f=XSAVE cpl0 nov86
RDPKRU   | NP 0F 01 =EE |       | | f=PKU
WRPKRU   | NP 0F 01 =EF |       | | f=PKU
INVPCID  | 66 0F 38 82 /r:m | Gy Mdq | | f=INVPCID cpl0 nov86 n64 serial
RDPID    | F3 0F C7 /7:r | Ry:w | | f=RDPID n64
RDFSBASE | only64 F3 0F AE /0:r | Ry:w | | f=FSGSBASE
RDGSBASE | only64 F3 0F AE /1:r | Ry:w | | f=FSGSBASE
WRFSBASE | only64 F3 0F AE /2:r | Ry   | | f=FSGSBASE
WRGSBASE | only64 F3 0F AE /3:r | Ry   | | f=FSGSBASE

# SDM Vol. 2D, table A-6, group 15. XSAVE and XSAVEOPT read XSTATE_BV of the area before they write it (Vol. 1, 13.7).
@ f=FXSR y
FXSAVE    | NP Y0 0F AE /0:m | Mfx:w | | align
FXSAVE64  | NP Y1 0F AE /0:m | Mfx:w | | align
FXRSTOR   | NP Y0 0F AE /1:m | Mfx   | | align
FXRSTOR64 | NP Y1 0F AE /1:m | Mfx   | | align
LDMXCSR   | NP 0F AE /2:m    | Md    | | f=SSE x=5
STMXCSR   | NP 0F AE /3:m    | Md:w  | | f=SSE x=5
@ f=XSAVE y align
XSAVE      | NP Y0 0F AE /4:m | M:rw | |
XSAVE64    | NP Y1 0F AE /4:m | M:rw | |
XRSTOR     | NP Y0 0F AE /5:m | M    | |
XRSTOR64   | NP Y1 0F AE /5:m | M    | |
XSAVEOPT   | NP Y0 0F AE /6:m | M:rw | | f=XSAVEOPT
XSAVEOPT64 | NP Y1 0F AE /6:m | M:rw | | f=XSAVEOPT
XRSTORS    | NP Y0 0F C7 /3:m | M    | | f=XSAVES cpl0
XRSTORS64  | NP Y1 0F C7 /3:m | M    | | f=XSAVES cpl0
XSAVEC     | NP Y0 0F C7 /4:m | M:w  | | f=XSAVEC
XSAVEC64   | NP Y1 0F C7 /4:m | M:w  | | f=XSAVEC
XSAVES     | NP Y0 0F C7 /5:m | M:w  | | f=XSAVES cpl0
XSAVES64   | NP Y1 0F C7 /5:m | M:w  | | f=XSAVES cpl0
@ f=SSE2
LFENCE | NP 0F AE /5:r |        | |
MFENCE | NP 0F AE /6:r |        | |
SFENCE | NP 0F AE /7:r |        | | f=SSE
CLFLUSH    | NP 0F AE /7:m | Mb   | | f=CLFSH
CLFLUSHOPT | 66 0F AE /7:m | Mb   | | f=CLFLUSHOPT
CLWB       | 66 0F AE /6:m | Mb   | | f=CLWB
`);
