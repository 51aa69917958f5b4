/**
 * Instructions of the virtualization extensions. Intel SDM Vol. 3C, chapter "VMX Instruction Reference"; AMD APM Vol. 3,
 * chapter 4, and Vol. 2, chapter 15. VMX instructions report through the flags: VMsucceed clears the six status flags,
 * VMfailInvalid sets CF, VMfailValid sets ZF (SDM Vol. 3C, "Conventions").
 */
import { parseTable } from './notation.ts';

/** Rows of this family. */
export const virtualization = parseTable('virtualization', `
@ f=VMX n64
VMCALL   | NP 0F 01 =C1      |         | w=ZC c=OSAP |
VMFUNC   | NP 0F 01 =D4      |         | w=OSZAPC    |
@ f=VMX noreal cpl0 n64
VMLAUNCH | NP 0F 01 =C2      |         | w=ZC c=OSAP |
VMRESUME | NP 0F 01 =C3      |         | w=ZC c=OSAP |
VMXOFF   | NP 0F 01 =C4      |         | w=ZC c=OSAP |
VMREAD   | NP 0F 78 /r       | Ey:w Gy | w=ZC c=OSAP |
VMWRITE  | NP 0F 79 /r       | Gy Ey   | w=ZC c=OSAP |
VMPTRLD  | NP 0F C7 /6:m     | Mq      | w=ZC c=OSAP |
VMPTRST  | NP 0F C7 /7:m     | Mq:w    | c=OSZAPC    |
VMCLEAR  | 66 0F C7 /6:m     | Mq      | w=ZC c=OSAP |
VMXON    | F3 0F C7 /6:m     | Mq      | w=ZC c=OSAP |
INVEPT   | 66 0F 38 80 /r:m  | Gy Mdq  | w=ZC c=OSAP | f=VMX+EPT serial
INVVPID  | 66 0F 38 81 /r:m  | Gy Mdq  | w=ZC c=OSAP | f=VMX+VPID serial

# rAX is the implied operand of VMRUN, VMLOAD, VMSAVE and INVLPGA; its width is the address size.
@ f=SVM
VMMCALL  | 0F 01 =D9 | | |
@ f=SVM noreal cpl0
VMRUN    | 0F 01 =D8 | | r=OSZAPCDITNLRVXFGU |
VMLOAD   | 0F 01 =DA | | |
VMSAVE   | 0F 01 =DB | | |
STGI     | 0F 01 =DC | | |
CLGI     | 0F 01 =DD | | |
SKINIT   | 0F 01 =DE | | c=OSZAPCDITNLRVXFGU | f=SKINIT
INVLPGA  | 0F 01 =DF | | |
`);
