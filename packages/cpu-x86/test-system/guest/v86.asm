; Virtual-8086 mode with IOPL 3 and less, its extensions (CR4.VME), protected-mode virtual interrupts (CR4.PVI), and the
; I/O permission bitmap.
%include "entry.inc"
%include "lib16.inc"
%include "lib32.inc"
bits 16
main:
  xor ax, ax
  mov es, ax
  mov word [es:0x45 * 4], OFF(redirected) ; where the interrupt redirection bitmap leads
  mov word [es:0x45 * 4 + 2], 0x1000
  call enter_pm
bits 32
  mov dword [h_hook], show_v86

; V name, flags, instructions: in V86 mode; ends with INT 40h.
%macro V 3-*
  T %1
  TO_V86 %2
%rep %0 - 2
  %3
  %rotate 1
%endrep
  mov eax, esp
  int 0x40
bits 32
  E
%endmacro
%macro MATRIX 1 ; prefix of the names: everything that depends on IOPL, with IOPL 3 and 0
  V {%1, " int, IOPL 3"}, 0x3202, {int 0x45}
  V {%1, " int, IOPL 0"}, 0x202, {int 0x45}
  V {%1, " int, IOPL 0, VIF"}, 0x80002, {int 0x45}
  V {%1, " int not redirected, IOPL 3"}, 0x3202, {int 0x46}
  V {%1, " int not redirected, IOPL 0"}, 0x202, {int 0x46}
  V {%1, " int of DPL 0, IOPL 3"}, 0x3002, {int 0x20}
  V {%1, " cli, IOPL 3"}, 0x3202, {cli}
  V {%1, " cli, IOPL 0"}, 0x202, {cli}
  V {%1, " cli, IOPL 0, VIF"}, 0x80202, {cli}
  V {%1, " sti, IOPL 3"}, 0x3002, {sti}, {nop}
  V {%1, " sti, IOPL 0"}, 0x2, {sti}, {nop}
  V {%1, " sti, IOPL 0, VIP"}, 0x100002, {sti}
  V {%1, " sti, IOPL 3, VIP"}, 0x103002, {sti}, {nop}
  V {%1, " pushf, IOPL 3"}, 0x3202, {pushf}, {pop ax}, {mov sp, ax}
  V {%1, " pushf, IOPL 0"}, 0x202, {pushf}, {pop ax}, {mov sp, ax}
  V {%1, " pushf, IOPL 0, VIF"}, 0x80002, {pushf}, {pop ax}, {mov sp, ax}
  V {%1, " pushfd, IOPL 3"}, 0x3202, {pushfd}, {pop eax}, {mov esp, eax}
  V {%1, " pushfd, IOPL 0"}, 0x202, {pushfd}
  V {%1, " popf, IOPL 3"}, 0x3002, {push word 0x4200}, {popf}
  V {%1, " popf, IOPL 3, IOPL stays"}, 0x3202, {push word 0}, {popf}
  V {%1, " popf, IOPL 0, IF"}, 0x2, {push word 0x4200}, {popf}
  V {%1, " popf, IOPL 0, no IF"}, 0x80202, {push word 0}, {popf}
  V {%1, " popf, IOPL 0, IF with VIP"}, 0x100002, {push word 0x200}, {popf}
  V {%1, " popf, IOPL 0, TF"}, 0x2, {push word 0x100}, {popf}
  V {%1, " popfd, IOPL 3"}, 0x3002, {push dword 0x3C7200}, {popfd}
  V {%1, " popfd, IOPL 0"}, 0x2, {push dword 2}, {popfd}
  V {%1, " iret, IOPL 3"}, 0x3202, {push word 0x7002}, {push cs}, {call $ + 3}, {pop bx}, {add bx, 6}, {push bx}, {iret}
  V {%1, " iret, IOPL 0"}, 0x202, {push word 0x7202}, {push cs}, {push word OFF(landing)}, {iret}
  V {%1, " iret, IOPL 0, IF with VIP"}, 0x100002, {push word 0x202}, {push cs}, {push word OFF(landing)}, {iret}
  V {%1, " iretd, IOPL 0"}, 0x202, {push dword 0x7202}, {push dword 0x1000}, {push dword OFF(landing)}, {iretd}
  V {%1, " iretd, IOPL 3"}, 0x3202, {push dword 0x3C7002}, {push dword 0x1000}, {push dword OFF(landing)}, {iretd}
  V {%1, " int3, IOPL 0"}, 0x2, {int3}
  V {%1, " int3, IOPL 3"}, 0x3002, {int3}
  V {%1, " into, IOPL 0"}, 0x2, {mov al, 0x7F}, {inc al}, {into}
  V {%1, " int1, IOPL 0"}, 0x2, {db 0xF1}
%endmacro
  MATRIX "v86"

  ; ---- independent of IOPL
  V "hlt", 0x3002, {hlt}
  V "mov cr0", 0x3002, {mov eax, cr0}
  V "smsw", 0x3002, {smsw ax}, {and ax, 1}, {mov sp, ax}
  V "lmsw", 0x3002, {lmsw ax}
  V "clts", 0x3002, {clts}
  V "mov dr0", 0x3002, {mov eax, dr0}
  V "lgdt", 0x3002, {lgdt [0]}
  V "sgdt", 0x3002, {sgdt [scratch16]}
  V "sldt", 0x3002, {sldt ax}
  V "str", 0x3002, {str ax}
  V "lldt", 0x3002, {lldt ax}
  V "ltr", 0x3002, {ltr ax}
  V "lar", 0x3002, {lar ax, bx}
  V "lsl", 0x3002, {lsl ax, bx}
  V "verr", 0x3002, {verr ax}
  V "arpl", 0x3002, {arpl ax, bx}
  V "invd", 0x3002, {invd}
  V "wbinvd", 0x3002, {wbinvd}
  V "invlpg", 0x3002, {invlpg [0]}
  V "rdmsr", 0x3002, {mov ecx, 0x10}, {rdmsr}
  V "sysenter", 0x3002, {sysenter}
  V "sysexit", 0x3002, {sysexit}
  V "syscall", 0x3002, {syscall}
  V "vex prefix", 0x3002, {db 0xC5, 0xF8, 0x77}
  V "ud2", 0x3002, {ud2}
  V "rsm", 0x3002, {rsm}
  V "segment load", 0x3002, {mov ax, 0x2345}, {mov ds, ax}, {mov es, ax}
  V "limit", 0x3002, {mov ebx, 0x10000}, {mov al, [ebx]}
  V "stack limit", 0x3002, {mov esp, 1}, {push ax}
  V "word at FFFF", 0x3002, {mov bx, 0xFFFF}, {mov ax, [bx]}
  V "write through cs", 0x3002, {mov [cs:scratch16], ax}
  V "jump beyond the limit", 0x3002, {mov eax, 0x10000}, {jmp eax}
  V "far jump", 0x3002, {jmp 0x1100:OFF(landing) - 0x1000}
  V "divide error", 0x3002, {xor cl, cl}, {div cl}
  V "bound", 0x3002, {mov ax, 9}, {bound ax, [bounds]}
  V "single step", 0x3102, {nop}
  T "gate of DPL 3 must lead to CPL 0"
  SETD TD, 0, 0xFFFFF, 0xBB, 0xC         ; CPL 1
  mov word [IDT + 0x47 * 8 + 2], TD
  TO_V86 0x3002
  int 0x47
bits 32
  E
  T "gate must not lead to conforming code"
  SETD TD, 0, 0xFFFFF, 0x9F, 0xC
  TO_V86 0x3002
  int 0x47
bits 32
  E
  T "iret of 16 bits does not load VM"
  TO_CS16
  push dword 0x23002
  push word CS16
  push word OFF(.here)
  iret
.here:
  TO_CS32
  add esp, 2
  E
  TRY3 "iret to v86 at CPL 3", 0x3002, {push dword 0x23002}, {push dword UCS32}, {push dword landing32}, {iretd}
  TRY "popf does not load VM", {push dword 0x20002}, {popfd}, {int 0x40}

  ; ---- I/O permission bitmap: name, flags, port, instructions. Bits of ports 0 to 1Fh in [tss + TSS_IO].
%macro IO 3-*
  T "v86 ", %1
  TO_V86 %2
%rep %0 - 2
  %3
  %rotate 1
%endrep
  mov eax, 0
  int 0x40
bits 32
  E
%rotate 2
  T "CPL 3 ", %1
  TO_R3 %2
%rep %0 - 2
  %3
  %rotate 1
%endrep
  xor eax, eax
  DONE
  E
%endmacro
  mov dword [tss + TSS_IO], 0xFFFF00F0
  IO "in 0, allowed, IOPL 0", 2, {in al, 0x10 - 0x10}
  IO "in 4, denied, IOPL 0", 2, {in al, 4}
  IO "in 4, denied, IOPL 3", 0x3002, {in al, 4}
  IO "word at 3, denied half, IOPL 0", 2, {in ax, 3}
  IO "word at 7, denied half, IOPL 0", 2, {in ax, 7}
  IO "word at 8, allowed", 2, {in ax, 8}
  IO "dword at C, allowed", 2, {in eax, 12}
  IO "dword at D, crosses to denied", 2, {in eax, 13}
  IO "out 4 denied", 2, {out 4, al}
  IO "ins denied", 2, {mov dx, 4}, {insb}
  IO "outs denied", 2, {mov dx, 4}, {outsb}
  IO "rep ins of nothing", 2, {mov dx, 4}, {xor ecx, ecx}, {rep insb}
  mov dword [tss + TSS_IO + 8188], 0xFF7FFFFF
  mov word [tss + TSS_IO + 8188], -1
  mov dword [tss + TSS_IO + 8188], 0x7FFFFFFF
  mov byte [tss + TSS_IO + 8192], 0xFF
  IO "port FFFF, allowed", 2, {mov dx, 0xFFFF}, {in al, dx}
  IO "word at FFFF", 2, {mov dx, 0xFFFF}, {in ax, dx}
  mov word [tss + 0x66], 0x2200          ; beyond the limit
  IO "bitmap beyond the limit", 2, {in al, 0}
  mov word [tss + 0x66], 0x68 + 32 + 8192
  IO "bitmap of one byte, port 0", 2, {in al, 0}
  IO "bitmap of one byte, its second byte is beyond the limit", 2, {in al, 8}
  mov word [tss + 0x66], TSS_IO
  mov byte [gdt + TSS32 + 5], 0x89
  mov word [gdt + TSS32], TSS_IO + 1
  mov eax, TSS32
  ltr ax
  IO "limit cuts the bitmap, port 7", 2, {in al, 0}
  IO "limit cuts the bitmap, port 8 needs the next byte", 2, {in al, 8}
  mov byte [gdt + TSS32 + 5], 0x89
  mov word [gdt + TSS32], 0x66
  mov eax, TSS32
  ltr ax
  IO "limit before the bitmap's address", 2, {in al, 0}
  mov word [gdt + TSS32], TSS_IO + 8192
  mov dword [gdt + TSS32], DLO(ABS(tss), TSS_IO + 8192)
  mov byte [gdt + TSS32 + 5], 0x89
  mov eax, TSS32
  ltr ax

  ; ---- CR4.VME: bit 45h of the redirection bitmap is clear, all others set
  mov edi, tss + TSS_REDIRECT
  mov eax, -1
  mov ecx, 8
  rep stosd
  and byte [tss + TSS_REDIRECT + (0x45 >> 3)], ~(1 << (0x45 & 7))
  mov eax, cr4
  or eax, 1
  mov cr4, eax
  MATRIX "vme"
  mov eax, cr4
  or eax, 3                              ; PVI as well
  mov cr4, eax
  TRY3 "pvi cli, IOPL 0", 0x80202, {cli}
  TRY3 "pvi sti, IOPL 0", 0x202, {sti}
  TRY3 "pvi sti, IOPL 0, VIP", 0x100202, {sti}
  TRY3 "pvi sti, IOPL 3", 0x3002, {sti}
  TRY3 "pvi cli, IOPL 3", 0x83202, {cli}
  TRY3 "pvi pushf shows IF", 0x80202, {pushfd}, {pop eax}
  TRY3 "pvi popf, IOPL 0", 0x80202, {push dword 2}, {popfd}
  TRY3 "pvi iret, IOPL 0", 0x80202, {push dword 2}, {push dword UCS32}, {push dword landing32}, {iretd}
  jmp finish

bits 16
redirected:
  mov ax, 0x7777
  mov bp, sp
  mov bx, [bp + 4]                       ; the flags
  mov ax, bx
  int 0x40
landing:
  mov ax, 0x5555
  int 0x40
align 4
scratch16: dd 0, 0
bounds: dw 1, 8
bits 32
landing32:
  int 0x41

; Prints the segments that V86 mode left, and ESP.
show_v86:
  test byte [ebp + F_FL + 2], 2
  jz .done
  P "esp", [ebp + F_SP], 8
  P "ax", [ebp + F_EAX], 4
  P "es", [ebp + F_SS + 4], 4
  P "ds", [ebp + F_SS + 8], 4
  mov eax, ds
.done:
  clc
  ret
%include "tss.inc"
