; Interrupts and exceptions in protected mode: every type of gate, privilege, error codes, double faults, shutdown.
%include "entry.inc"
%include "lib16.inc"
%include "lib32.inc"
bits 16
main:
  call enter_pm
bits 32
  mov dword [h_hook], show_frame

; Every access byte for the gate of vector 45h, whose target is TD + 8. Counter: access byte 0-7, CPL 8 (0 or 3).
  mov dword [counter], 0
next_gate:
  mov eax, [counter]
  and eax, 0x1F
  cmp eax, 5
  je skip_gate                           ; task gates are in another guest
  S "gate"
  mov eax, [counter]
  mov cl, 3
  call hex32
  SETD TD + 8, 0, 0xFFFFF, 0x9B, 0xC
  SETG IDT + 0x45 * 8, TD + 8, landing, 0, 0
  mov eax, [counter]
  mov [IDT + 0x45 * 8 + 5], al
  test al, 8
  jnz .big
  mov dword [gdt + TD + 8], DLO(IMAGE, 0xFFFFF)
  mov byte [gdt + TD + 12], IMAGE >> 16
  mov word [IDT + 0x45 * 8 + 6], 0
.big:
  BEGIN_AT after_gate
  test byte [counter + 1], 1
  jz .inner
  TO_R3 0x242
.inner:
  int 0x45
after_gate:
skip_gate:
  inc dword [counter]
  cmp dword [counter], 0x200
  jb next_gate

  ; ---- targets of gates
%macro GATE 5-* ; name, target's access, gate's access, gate's selector, instructions
  T %1
  SETD TD + 8, 0, 0xFFFFF, %2, 0xC
  SETG IDT + 0x45 * 8, %4, landing, %3, 0
%rep %0 - 4
  %5
  %rotate 1
%endrep
  E
%endmacro
  GATE "null target", 0x9B, 0xEE, 0, {int 0x45}
  GATE "target beyond the table", 0x9B, 0xEE, 0x208, {int 0x45}
  GATE "target in the local table", 0x9B, 0xEE, 0x84, {int 0x45}
  GATE "target is data", 0x93, 0xEE, TD + 8, {int 0x45}
  GATE "target is a tss", 0x89, 0xEE, TD + 8, {int 0x45}
  GATE "target not present", 0x1B, 0xEE, TD + 8, {int 0x45}
  GATE "target not present from CPL 3", 0x1B, 0xEE, TD + 8, {TO_R3}, {int 0x45}
  GATE "target of DPL 3 from CPL 0", 0xFB, 0xEE, TD + 8, {int 0x45}
  GATE "target of DPL 3 from CPL 3", 0xFB, 0xEE, TD + 8, {TO_R3}, {int 0x45}
  GATE "target of DPL 1 from CPL 3", 0xBB, 0xEE, TD + 8, {mov dword [tss + 12], 0x6000}, {mov dword [tss + 16], TD + 17}, {SETD TD + 16, 0, 0xFFFFF, 0xB3, 0xC}, {TO_R3}, {int 0x45}
  GATE "target conforming of DPL 0 from CPL 3", 0x9F, 0xEE, TD + 8, {TO_R3}, {int 0x45}
  GATE "target conforming of DPL 3 from CPL 0", 0xFF, 0xEE, TD + 8, {int 0x45}
  GATE "trap gate keeps IF", 0x9B, 0xEF, TD + 8, {TO_R3 0x202}, {int 0x45}
  GATE "interrupt gate clears IF", 0x9B, 0xEE, TD + 8, {TO_R3 0x202}, {int 0x45}
  GATE "gate clears NT, TF", 0x9B, 0xEF, TD + 8, {push dword 0x4002}, {popfd}, {int 0x45}
  GATE "inner stack of CPL 1 null", 0xBB, 0xEE, TD + 8, {mov dword [tss + 16], 0}, {TO_R3}, {int 0x45}
  GATE "inner stack of CPL 1 with RPL 0", 0xBB, 0xEE, TD + 8, {mov dword [tss + 16], TD + 16}, {TO_R3}, {int 0x45}
  GATE "inner stack of CPL 1 is code", 0xBB, 0xEE, TD + 8, {mov dword [tss + 16], CS32 | 1}, {TO_R3}, {int 0x45}
  GATE "inner stack of CPL 1 not present", 0xBB, 0xEE, TD + 8, {SETD TD + 16, 0, 0xFFFFF, 0x33, 0xC}, {mov dword [tss + 16], TD + 17}, {TO_R3}, {int 0x45}
  GATE "inner stack of CPL 1 beyond its limit", 0xBB, 0xEE, TD + 8, {SETD TD + 16, 0, 0xFFF, 0xB3, 4}, {TO_R3}, {int 0x45}
  GATE "vector of DPL 0 from CPL 3", 0x9B, 0x8E, TD + 8, {TO_R3}, {int 0x45}
  GATE "vector without a gate", 0x9B, 0x8E, TD + 8, {int 0x51}
  GATE "vector beyond the limit", 0x9B, 0x8E, TD + 8, {lidt [idtr_44]}, {int 0x45}
  lidt [idtr]
  GATE "vector whose gate is cut", 0x9B, 0x8E, TD + 8, {lidt [idtr_cut]}, {int 0x45}
  lidt [idtr]
  GATE "vector beyond the limit from CPL 3", 0x9B, 0xEE, TD + 8, {lidt [idtr_44]}, {TO_R3}, {int 0x45}
  lidt [idtr]

  ; ---- instructions that interrupt
  TRY "int3", {int3}
  TRY "int 3 of two bytes", {db 0xCD, 3}
  TRY "int1", {db 0xF1}
  TRY3 "int1 at CPL 3 needs no DPL", 2, {db 0xF1}
  TRY "into", {mov al, 0x7F}, {inc al}, {into}
  TRY3 "into at CPL 3", 2, {mov al, 0x7F}, {inc al}, {into}
  TRY3 "int3 at CPL 3", 2, {int3}
  TRY3 "int 0 at CPL 3 hits DPL 0", 2, {int 0}
  TRY3 "int 14 at CPL 3 hits DPL 0", 2, {int 14}
  TRY3 "int 2 at CPL 3 hits DPL 0", 2, {int 2}
  mov byte [IDT + 3 * 8 + 5], 0x8E
  mov byte [IDT + 4 * 8 + 5], 0x8E
  TRY3 "int3 at CPL 3 with DPL 0", 2, {int3}
  TRY3 "into at CPL 3 with DPL 0", 2, {mov al, 0x7F}, {inc al}, {into}
  mov byte [IDT + 3 * 8 + 5], 0xEE
  mov byte [IDT + 4 * 8 + 5], 0xEE
  TRY "bound below", {mov eax, 0}, {bound eax, [bounds]}
  TRY "bound at the lower end", {mov eax, 1}, {bound eax, [bounds]}
  TRY "bound at the upper end", {mov eax, 8}, {bound eax, [bounds]}
  TRY "bound above", {mov eax, 9}, {bound eax, [bounds]}
  TRY "bound is signed", {mov eax, -1}, {bound eax, [bounds]}
  TRY "bound with a register", {db 0x62, 0xC0}
  TRY3 "bound at CPL 3", 2, {mov eax, 9}, {bound eax, [bounds]}
  TRY "divide error", {xor ecx, ecx}, {div ecx}
  TRY "divide overflow", {mov edx, 1}, {xor eax, eax}, {mov ecx, 1}, {div ecx}
  TRY "idiv overflow", {mov edx, 0xFFFFFFFF}, {mov eax, 0x80000000}, {mov ecx, -1}, {idiv ecx}
  TRY "aam 0", {aam 0}
  TRY "ud2", {ud2}
  TRY "ud1", {db 0x0F, 0xB9, 0xC0}
  TRY "ud0", {db 0x0F, 0xFF, 0xC0}
  TRY "lock on a register", {db 0xF0, 0x01, 0xC0}
  TRY "lock on mov", {db 0xF0, 0x89, 0x03}
  TRY "lock on cmp", {db 0xF0, 0x39, 0x03}
  TRY "lock on test", {db 0xF0, 0x85, 0x03}
  TRY "lock bts memory", {lock bts dword [value], 1}
  TRY "lock bt memory", {db 0xF0, 0x0F, 0xBA, 0x25}, {dd value}, {db 1}
  TRY "lock xchg memory", {lock xchg [value], eax}
  TRY "lock cmpxchg8b", {lock cmpxchg8b [value]}
  TRY "cmpxchg8b with a register", {db 0x0F, 0xC7, 0xC8}
  TRY "lea with a register", {db 0x8D, 0xC0}
  TRY "lds with a register", {db 0xC5, 0xC0}
  TRY "jmp far with a register", {db 0xFF, 0xE8}
  TRY "call far with a register", {db 0xFF, 0xD8}
  TRY "mov to cs", {db 0x8E, 0xC8}
  TRY "mov from segment 6", {db 0x8C, 0xF0}
  TRY "mov to segment 7", {db 0x8E, 0xF8}
  TRY "mov cr1", {db 0x0F, 0x20, 0xC8}
  TRY "mov cr5", {db 0x0F, 0x20, 0xE8}
  TRY "sixteen bytes", {times 15 db 0x66}, {nop}
  TRY "fifteen bytes", {times 14 db 0x66}, {nop}
  TRY "sixteen bytes of a known instruction", {times 10 db 0x3E}, {mov dword [value], 1}
  TRY "fifteen bytes of a known instruction", {times 5 db 0x3E}, {mov dword [value], 1}
  TRY "undefined opcode needs no further byte", {db 0x0F, 0x04}
  TRY "pop with a nonzero reg field", {db 0x8F, 0xC8}
  TRY "group 3 of FE", {db 0xFE, 0xD8}
  TRY "group 7 of FF", {db 0xFF, 0xF8}
  TRY "mov immediate with reg 1", {db 0xC6, 0xC8, 0}
  TRY "sysexit with no sysenter CS", {sysexit}
  TRY "sysenter with no sysenter CS", {sysenter}

  ; ---- double faults and shutdown. TD + 8 is a code segment that is not present.
  SETD TD + 8, 0, 0xFFFFF, 0x1B, 0xC
%macro BREAK 1 ; the gate of a vector leads to a segment that is not present
  mov word [IDT + %1 * 8 + 2], TD + 8
%endmacro
%macro MEND 1
  mov word [IDT + %1 * 8 + 2], CS32
%endmacro
%macro SECOND 3-* ; name, vector, instructions: the handler of the vector is not reachable
  BREAK %2
  T %1
%rep %0 - 2
  %3
  %rotate 1
%endrep
  E
%endmacro
  SECOND "#NP while delivering #DE is #DF", 0, {xor ecx, ecx}, {div ecx}
  MEND 0
  SECOND "#NP while delivering #UD is #NP", 6, {ud2}
  MEND 6
  SECOND "#NP while delivering #BP is #NP", 3, {int3}
  SECOND "#NP while delivering int 3 is #NP", 3, {db 0xCD, 3}
  MEND 3
  SECOND "#NP while delivering #DB is #NP", 1, {db 0xF1}
  MEND 1
  SECOND "#NP while delivering #GP is #DF", 13, {mov eax, 0x208}, {mov ds, eax}
  SECOND "#GP by INT beyond the limit, then #NP is #DF", 13, {int 0x51}
  MEND 13
  SECOND "#NP while delivering #TS is #DF", 10, {push dword 0x4002}, {popfd}, {iretd}
  MEND 10
  SECOND "#NP while delivering #NP is #DF", 11, {mov eax, TD + 8}, {mov ds, eax}
  MEND 11
  SECOND "#NP while delivering #SS is #DF", 12, {SETD TD, 0, 0xFFFFF, 0x13, 0xC}, {mov eax, TD}, {mov ss, eax}
  MEND 12
  SECOND "#NP while delivering #BR is #NP", 5, {mov eax, 9}, {bound eax, [bounds]}
  MEND 5
  SECOND "#NP while delivering #OF is #NP", 4, {mov al, 0x7F}, {inc al}, {into}
  MEND 4
  BREAK 13
  BREAK 8
  TRY "shutdown, no double fault handler", {mov eax, 0x208}, {mov ds, eax}
  MEND 13
  MEND 8
  TRY "shutdown, empty table", {lidt [idtr_empty]}, {ud2}
  lidt [idtr]
  TRY "shutdown, int with an empty table", {lidt [idtr_empty]}, {int 0x45}
  lidt [idtr]
  TRY "shutdown, no stack at CPL 3", {mov dword [tss + 8], 0}, {TO_R3}, {ud2}
  T "stack fault while delivering at CPL 0"
  SETD TD, 0x300000, 0xFF, 0x93, 4
  mov eax, TD
  mov ss, eax
  mov esp, 8
  ud2
  E
  TRY "after all that", {ud2}
  jmp finish

landing:
  int 0x41

; Prints the six words above what INT 41h pushed.
show_frame:
  cmp dword [ebp + F_VECTOR], 0x41
  jne .done
  test byte [ebp + F_CS], 3
  jnz .done
  S " ["
  mov edx, 5
  lea esi, [ebp + F_SP]
.word:
  cmp esi, STACK_TSS0
  je .stop
  cmp esi, STACK0
  je .stop
  mov eax, [esi]
  mov cl, 8
  call hex32
  S " "
  add esi, 4
  dec edx
  jnz .word
.stop:
  S "]"
.done:
  clc
  ret

align 16
counter: dd 0
value: dd 0, 0, 0, 0
bounds: dd 1, 8
idtr_44: dw 0x44 * 8 + 7
  dd IDT
idtr_cut: dw 0x45 * 8 + 6
  dd IDT
idtr_empty: dw 0
  dd 0
%include "tss.inc"
