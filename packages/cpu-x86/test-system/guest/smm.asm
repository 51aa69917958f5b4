; System-management mode: entry from every mode, the state save area, RSM.
; An SMI comes from port B2h, once the chipset's function 1.3 allows it; our harness needs no such permission.
%include "entry.inc"
%include "lib16.inc"
%include "lib32.inc"
%include "lib64.inc"
%define APM 0xB2
%define SAVED(offset) es:dword (0x8000 + (offset))
bits 16
main:
  call set_ivt
  lidt [ivtr]
  mov eax, 0x80000B58
  mov dx, 0xCF8
  out dx, eax
  mov dx, 0xCFF
  in al, dx
  or al, 2
  out dx, al
  mov ax, 0x3000
  mov es, ax
  mov byte [es:0x8000], 0xEA             ; jmp 1000h:handler
  mov word [es:0x8001], OFF(handler)
  mov word [es:0x8003], 0x1000
  mov ax, 0x1000
  mov es, ax

  T16 "smi in real mode"
  mov eax, 0x55
  cmp eax, eax
  out APM, al
  P16 "eax", eax, 8
  E16
  T16 "smi with interrupts and flags"
  mov eax, 0x55
  stc
  std
  out APM, al
  pushfd
  pop eax
  cld
  P16 "flags", ax, 4
  E16

; Memory that is not used is overwritten on the way into other modes.
%macro INSTALL 0
  mov byte [0x38000], 0xEA
  mov dword [0x38001], OFF(handler) | (0x1000 << 16)
%endmacro
  call enter_pm
bits 32
  INSTALL
  TRYA "smi in protected mode", {mov eax, 0x55}, {out APM, al}
  TRYA "es after smi", {mov eax, 0x55}, {out APM, al}, {mov eax, es}
  TRYA "cr0 after smi", {mov eax, 0x55}, {out APM, al}, {mov eax, cr0}
  TRYA "debug registers after smi", {mov eax, 0x700}, {mov dr7, eax}, {mov eax, 0x55}, {out APM, al}, {mov eax, dr7}
  TRY "rsm outside", {rsm}

  call enter_long
bits 64
  INSTALL
  TRYA64 "smi in long mode", {mov rax, 0x1122334400000055}, {out APM, al}
  TRYA64 "r15 after smi", {mov r15, 0x123456789ABCDEF0}, {mov eax, 0x55}, {out APM, al}, {mov rax, r15}
  TRYA64 "efer after smi", {mov eax, 0x55}, {out APM, al}, {mov ecx, 0xC0000080}, {rdmsr}
  TRYA64 "cr3 after smi", {mov eax, 0x55}, {out APM, al}, {mov rax, cr3}
  TRYA64 "gs base after smi", {mov ecx, 0xC0000101}, {mov eax, 0x1234}, {mov edx, 0x7F}, {wrmsr}, {mov eax, 0x55}, {out APM, al}, {mov ecx, 0xC0000101}, {rdmsr}
  jmp finish

bits 16
; In system-management mode: prints how it is, and what was saved; the saved RAX gets another low half.
handler:
  mov ebp, esp
  mov esp, 0x2F000
  pushfd
  pop ebx
  mov eax, cr0
  P16 "smm cr0", eax, 8
  P16 "flags", ebx, 8
  mov eax, cr4
  P16 "cr4", eax, 8
  mov ax, ds
  P16 "ds", ax, 4
  mov ax, ss
  P16 "ss", ax, 4
  mov ax, 0x3000
  mov es, ax
  mov ax, 0x1000
  mov ds, ax
  mov eax, [SAVED(0x7F78)]
  P16 "rip", eax, 8
  mov eax, [SAVED(0x7F70)]
  P16 "rflags", eax, 8
  mov eax, [SAVED(0x7F58)]
  P16 "cr0", eax, 8
  mov eax, [SAVED(0x7F50)]
  P16 "cr3", eax, 8
  mov eax, [SAVED(0x7F48)]
  P16 "cr4", eax, 8
  mov eax, [SAVED(0x7ED0)]
  P16 "efer", eax, 8
  mov ax, [SAVED(0x7E10)]
  P16 "cs", ax, 4
  mov eax, [SAVED(0x7E14)]
  P16 "limit", eax, 8
  mov eax, [SAVED(0x7FF8)]
  P16 "rax", eax, 8
  mov eax, [SAVED(0x7F00)]
  P16 "smbase", eax, 8
  mov dword [SAVED(0x7FF8)], 0x12345678
  rsm
%include "tss.inc"
