; Real-address mode: limits, interrupts, wrap-around, unreal mode, ways in and out of protected mode.
%include "entry.inc"
%include "lib16.inc"
%include "lib32.inc"
bits 16
main:
  call set_ivt
  lidt [ivtr]

  ; What lies there is found by those who do not check.
  mov ax, 0x2000
  mov es, ax
  mov word [es:0x800], 0x45CD            ; int 45h
  mov ax, 0x1000
  mov es, ax

  ; ---- limits: every size at the border of 64 KiB, in a data segment and on the stack
%macro LIMIT 3-* ; name, EBX, instructions
  T16 %1
  mov ebx, %2
  mov eax, 1
%rep %0 - 2
  %3
  %rotate 1
%endrep
  P16 "eax", eax, 8
  E16
%endmacro
  LIMIT "byte read FFFF", 0xFFFF, {mov al, [ebx]}
  LIMIT "byte read 10000", 0x10000, {mov al, [ebx]}
  LIMIT "word read FFFE", 0xFFFE, {mov ax, [ebx]}
  LIMIT "word read FFFF", 0xFFFF, {mov ax, [ebx]}
  LIMIT "dword read FFFC", 0xFFFC, {mov eax, [ebx]}
  LIMIT "dword read FFFD", 0xFFFD, {mov eax, [ebx]}
  LIMIT "dword read FFFF 16-bit address", 0xFFFF, {mov eax, [bx]}
  LIMIT "word read bx wraps", 0xFFFE, {mov ax, [bx + 2]}
  LIMIT "word write FFFF", 0xFFFF, {mov [ebx], ax}
  LIMIT "word read ss FFFF", 0xFFFF, {mov ax, [ss:ebx]}
  LIMIT "word write ss FFFF", 0xFFFF, {mov [ss:ebx], ax}
  LIMIT "byte read fs 10000", 0x10000, {mov al, [fs:ebx]}
  LIMIT "byte read cs 10000", 0x10000, {mov al, [cs:ebx]}
  LIMIT "byte write cs", OFF(scratch16), {mov [cs:ebx], al}
  LIMIT "dword read negative", -4, {mov eax, [ebx]}
  LIMIT "fild qword FFF9", 0xFFF9, {fild qword [ebx]}
  LIMIT "fld tword FFF7", 0xFFF7, {fld tword [ebx]}
  LIMIT "movsw source", 0, {mov si, 0xFFFF}, {mov di, OFF(scratch16)}, {movsw}
  LIMIT "movsw destination", 0, {mov di, 0xFFFF}, {mov si, OFF(scratch16)}, {movsw}
  LIMIT "stosd destination", 0, {mov di, 0xFFFD}, {stosd}
  LIMIT "xlat wraps", 0, {mov bx, 0xFFFF}, {mov al, 2}, {xlatb}, {mov al, 0}
  LIMIT "bt beyond", 0x80, {bt [0xFFF0], ebx}
  LIMIT "bound in range", 0, {mov ax, 5}, {bound ax, [bounds]}
  LIMIT "bound out of range", 0, {mov ax, 9}, {bound ax, [bounds]}
  LIMIT "lds", OFF(far_pointer), {lds si, [bx]}
  LIMIT "lds FFFD", 0xFFFD, {lds si, [bx]}

%macro STACK 3-* ; name, SP, instructions
  T16 %1
  mov ax, 0x3000
  mov ss, ax
  mov esp, %2
%rep %0 - 2
  %3
  %rotate 1
%endrep
  mov ecx, esp
  xor dx, dx
  mov ss, dx
  mov esp, STACK0 - 64
  P16 "esp", ecx, 8
  E16
%endmacro
  STACK "push at sp=1", 1, {push ax}
  STACK "push at sp=0", 0, {push ax}
  STACK "push dword at sp=2", 2, {push eax}
  STACK "push dword at sp=0", 0, {push eax}
  STACK "push at esp=12340000", 0x12340000, {push ax}
  STACK "pop at sp=FFFE", 0xFFFE, {pop ax}
  STACK "pop at sp=FFFF", 0xFFFF, {pop ax}
  STACK "pop dword at sp=FFFE", 0xFFFE, {pop eax}
  STACK "pop at sp=FFFD", 0xFFFD, {pop ax}
  STACK "call at sp=0", 0, {call $ + 3}
  STACK "call at sp=1", 1, {call $ + 3}
  STACK "ret at sp=FFFF", 0xFFFF, {ret}
  STACK "far call at sp=2", 2, {call 0x1000:OFF(landing)}
  STACK "iret at sp=FFFC", 0xFFFC, {iret}
  STACK "int at sp=4", 4, {int 0x41}
  STACK "int at sp=6", 6, {int 0x41}
  STACK "pusha at sp=10", 16, {pusha}
  STACK "pusha at sp=6", 6, {pusha}
  STACK "popa at sp=FFF8", 0xFFF8, {popa}
  STACK "enter wraps", 1, {enter 4, 0}
  STACK "leave", 0x100, {mov bp, 0xFFFF}, {leave}
  STACK "push sp", 0x100, {push sp}, {pop ax}, {mov sp, ax}
  STACK "pop to memory by sp", 0x100, {push word 0x55}, {pop word [esp + 4]}, {mov sp, [esp + 2]}
  T16 "jmp near out of the limit"
  db 0x66, 0xE9
  dd 0x10800 - OFF($ + 4)
  E16
  T16 "jmp dword register out of the limit"
  mov eax, 0x10800
  jmp eax
  E16
  T16 "ret dword out of the limit"
  push dword 0x10800
  o32 ret
  E16
  T16 "far jmp dword out of the limit"
  jmp dword 0x1000:0x10800
  E16
  T16 "iret dword out of the limit"
  push dword 2
  push dword 0x1000
  push dword 0x10800
  iretd
  E16
  T16 "execution wraps at the end of the segment"
  mov ax, 0x2000
  mov es, ax
  mov byte [es:0xFFFF], 0x90
  mov word [es:0], 0x43CD                ; int 43h
  jmp 0x2000:0xFFFF
  E16
  T16 "short jump across the end of the segment"
  mov ax, 0x2000
  mov es, ax
  mov dword [es:0xFFFC], 0x04EBF990      ; nop; stc; jmp short $+6: to 0004 if it wraps
  mov word [es:4], 0x44CD                ; int 44h
  jmp 0x2000:0xFFFD
  E16

  ; ---- software interrupts and exceptions
  T16 "int 41"
  mov eax, 0x11
  int 0x41
  E16
  T16 "int3"
  int3
  E16
  T16 "int1"
  db 0xF1
  E16
  T16 "into"
  mov al, 0x7F
  inc al
  into
  E16
  T16 "into without overflow"
  xor al, al
  into
  E16
  T16 "divide error"
  xor bl, bl
  div bl
  E16
  T16 "ud2"
  ud2
  E16
  T16 "lock nop"
  db 0xF0, 0x90
  E16
  T16 "lock add register"
  db 0xF0, 0x01, 0xC0
  E16
  T16 "lock add memory"
  lock add [scratch16], ax
  E16
  T16 "lock cmp memory"
  db 0xF0, 0x39, 0x06, 0x00, 0x00
  E16
  T16 "fifteen bytes"
  times 14 db 0x66
  nop
  E16
  T16 "sixteen bytes"
  times 15 db 0x66
  nop
  E16
  T16 "sixteen bytes with an operand"
  times 11 db 0x2E
  mov word [0], 0
  E16
  T16 "interrupt vector beyond the limit"
  lidt [short_ivtr]
  int 0x41
  E16
  lidt [ivtr]
  T16 "interrupt vector at the border"
  lidt [border_ivtr]
  int 0x40
  E16
  lidt [ivtr]
  T16 "interrupt clears IF TF and AC"
  push dword 0x40300
  popfd
  int 0x42
  E16
  T16 "single step"
  push word 0x102
  popf
  nop
  nop
  E16
  T16 "pushf"
  push word 0x7FD7 & ~0x100
  popf
  pushf
  pop ax
  P16 "fl", ax, 4
  E16
  T16 "pushfd after popfd of all bits"
  push dword 0xFFFFFEFF & ~0x40000
  popfd
  pushfd
  pop eax
  P16 "fl", eax, 8
  E16
  T16 "iret of 16 bits keeps the upper flags"
  push dword 0x40002
  popfd
  push word 2
  push cs
  push word OFF(.here)
  iret
.here:
  pushfd
  pop eax
  P16 "fl", eax, 8
  E16

  ; ---- instructions that real mode does not know
%macro UNKNOWN 2-*
  T16 %1
  mov ax, 0
%rep %0 - 1
  %2
  %rotate 1
%endrep
  E16
%endmacro
  UNKNOWN "lldt", {lldt ax}
  UNKNOWN "ltr", {ltr ax}
  UNKNOWN "sldt", {sldt ax}
  UNKNOWN "str", {str ax}
  UNKNOWN "lar", {lar bx, ax}
  UNKNOWN "lsl", {lsl bx, ax}
  UNKNOWN "verr", {verr ax}
  UNKNOWN "verw", {verw ax}
  UNKNOWN "arpl", {arpl bx, ax}
  UNKNOWN "sysenter", {sysenter}
  UNKNOWN "sysexit", {sysexit}
  UNKNOWN "syscall", {syscall}
  UNKNOWN "vex prefix", {db 0xC5, 0xF8, 0x77}
  UNKNOWN "smsw", {smsw ax}
  UNKNOWN "lmsw", {lmsw ax}
  UNKNOWN "clts", {clts}
  UNKNOWN "rdpmc of a missing counter", {mov ecx, 0x7F}, {rdpmc}
  UNKNOWN "rdmsr of a missing register", {mov ecx, 0x12345678}, {rdmsr}
  UNKNOWN "mov cr1", {db 0x0F, 0x20, 0xC8}
  UNKNOWN "mov cr0 with PG without PE", {mov eax, 0x80000000}, {mov cr0, eax}
  UNKNOWN "mov cr0 with NW without CD", {mov eax, 0x20000010}, {mov cr0, eax}
  mov eax, 0x60000010
  mov cr0, eax
  UNKNOWN "mov to cs", {db 0x8E, 0xC8}
  UNKNOWN "mov from segment 6", {db 0x8C, 0xF0}

  ; ---- into protected mode and back
  T16 "cs.base stays in protected mode until a far jump"
  mov eax, cr0
  or al, 1
  mov cr0, eax
  mov ax, cs
  mov bx, ds
  mov ecx, cr0
  and ecx, ~1
  mov cr0, ecx
  P16 "cs", ax, 4
  P16 "ds", bx, 4
  E16
  T16 "limits set in protected mode last in real mode"
  lgdt [gdtr]
  mov eax, cr0
  or al, 1
  mov cr0, eax
  mov bx, DS32
  mov gs, bx
  and al, ~1
  mov cr0, eax
  mov eax, [gs:IMAGE + OFF(marker)]
  P16 "at", eax, 8
  xor bx, bx
  mov gs, bx
  mov eax, [gs:IMAGE + OFF(marker)]
  P16 "reloaded", eax, 8
  E16
  T16 "smsw in protected mode by lmsw, which cannot leave"
  smsw ax
  or al, 1
  lmsw ax
  xor ax, ax
  lmsw ax
  mov eax, cr0
  mov ebx, eax
  and ebx, ~1
  mov cr0, ebx
  P16 "cr0", eax, 8
  E16
  T16 "small limit from protected mode holds in real mode"
  mov eax, cr0
  or al, 1
  mov cr0, eax
  mov dword [gdt + TD], DLO(0, 0xFFF)
  mov dword [gdt + TD + 4], DHI(0, 0xFFF, 0x93, 0)
  mov bx, TD
  mov gs, bx
  and al, ~1
  mov cr0, eax
  mov al, [gs:0xFFF]
  mov al, [gs:0x1000]
  E16
  T16 "selector changes in real mode keep the limit"
  xor ax, ax
  mov gs, ax
  mov al, [gs:0x1000]
  E16
  mov eax, cr0
  or al, 1
  mov cr0, eax
  mov bx, DS16
  mov gs, bx
  and al, ~1
  mov cr0, eax
  xor bx, bx
  mov gs, bx

  ; ---- protected mode of 32 and 16 bits and back
  call enter_pm
bits 32
  T "protected mode of 32 bits"
  mov eax, cs
  P "cs", eax, 4
  E
  T "protected mode of 16 bits"
  TO_CS16
  mov ax, cs
  push dword OFF(.back)
  ret 2
.back:
  TO_CS32
  P "cs", eax, 4
  E
  T "call from 16 bits to 32 bits and back"
  TO_CS16
  call dword CS32:.callee
  jmp .called
bits 32
.callee:
  mov eax, 0x1234
  o32 retf
bits 16
.called:
  TO_CS32
  P "eax", eax, 8
  E
  T "exception in 16-bit code"
  TO_CS16
  ud2
bits 32
  E
  call leave_pm
bits 16
  T16 "real mode again"
  mov ax, cs
  P16 "cs", ax, 4
  E16
  T16 "exception in real mode again"
  ud2
  E16

  ; ---- shutdown
  T16 "triple fault"
  lidt [null_ivtr]
  int 3
  E16
  T16 "reset leaves real mode"
  mov eax, cr0
  P16 "cr0", eax, 8
  E16
  jmp finish

landing:
  int 0x46

align 16
null_ivtr: dw 0
  dd 0
short_ivtr: dw 0x40
  dd 0
border_ivtr: dw 0x102
  dd 0
bounds: dw 1, 8
far_pointer: dw 0x1234, 0x5678
marker: dd 0xCAFEF00D
scratch16: dd 0, 0, 0, 0
%include "tss.inc"
