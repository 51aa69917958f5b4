; Hardware task switches: JMP, CALL, IRET, INT through task gates, 16-bit and 32-bit task state segments, faults.
%include "entry.inc"
%include "lib16.inc"
%include "lib32.inc"
bits 16
main:
  call enter_pm
bits 32
  mov dword [h_hook], show_task
  jmp tests

%define TSS_A (SCRATCH + 0x1000)         ; a 32-bit one, selector TD
%define TSS_B (SCRATCH + 0x1200)         ; a 16-bit one, selector TD + 8
%define GATE TD + 16                     ; a task gate to TD
%define TASK_STACK 0xE000
%define TSS_F(vector) (SCRATCH + 0x1800 + ((vector) - 10) * 0x80) ; selectors TD + 32 on: the handlers of 10 to 13

; Fresh task state segments, and the main task running. Keeps nothing.
fresh:
  mov edi, TSS_A
  mov ecx, 0x300
  xor eax, eax
  rep stosd
  mov dword [TSS_A + 4], STACK_TSS0
  mov dword [TSS_A + 8], DS32
  mov dword [TSS_A + 32], task
  mov dword [TSS_A + 36], 2
  mov dword [TSS_A + 40], 0xAAAA0001     ; EAX
  mov dword [TSS_A + 44], 0xAAAA0002
  mov dword [TSS_A + 56], TASK_STACK
  mov dword [TSS_A + 72], DS32           ; ES
  mov dword [TSS_A + 76], CS32
  mov dword [TSS_A + 80], DS32
  mov dword [TSS_A + 84], DS32
  mov dword [TSS_A + 100], 0x680000
  mov word [TSS_B + 2], STACK_TSS0
  mov word [TSS_B + 4], DS32
  mov word [TSS_B + 14], OFF(task16)
  mov word [TSS_B + 16], 2
  mov word [TSS_B + 18], 0xBB01
  mov word [TSS_B + 26], TASK_STACK
  mov word [TSS_B + 34], DS32
  mov word [TSS_B + 36], CS16
  mov word [TSS_B + 38], DS32
  mov word [TSS_B + 40], DS32
  SETD TD, TSS_A, 0x67, 0x89, 0
  SETD TD + 8, TSS_B, 0x2B, 0x81, 0
  mov dword [gdt + GATE], TD << 16
  mov dword [gdt + GATE + 4], 0xE500
%assign i 10
%rep 4
  mov dword [TSS_F(i) + 32], task_fault
  mov dword [TSS_F(i) + 36], 2
  mov dword [TSS_F(i) + 40], i
  mov dword [TSS_F(i) + 56], TASK_STACK - 0x800
  mov dword [TSS_F(i) + 72], DS32
  mov dword [TSS_F(i) + 76], CS32
  mov dword [TSS_F(i) + 80], DS32
  mov dword [TSS_F(i) + 84], DS32
  mov dword [TSS_F(i) + 100], 0x680000
  SETD TD + 32 + (i - 10) * 8, TSS_F(i), 0x67, 0x89, 0
  %assign i i + 1
%endrep
  mov byte [gdt + TSS32 + 5], 0x89
  mov eax, TSS32
  ltr ax
  mov word [tss], 0
  xor ebx, ebx
  ret

tests:
%macro TASK 2-*
  call fresh
  T %1
%rep %0 - 1
  %2
  %rotate 1
%endrep
  E
%endmacro
  TASK "jmp tss", {jmp TD:0}
  TASK "call tss", {call TD:0}
  TASK "jmp tss with RPL 3", {jmp (TD | 3):0}
  TASK "call tss of 16 bits", {call TD + 8:0}
  TASK "jmp tss of 16 bits", {jmp TD + 8:0}
  TASK "call gate", {call GATE:0}
  TASK "jmp gate", {jmp GATE:0}
  TASK "jmp busy tss", {mov byte [gdt + TD + 5], 0x8B}, {jmp TD:0}
  TASK "call the own tss", {call TSS32:0}
  TASK "jmp tss not present", {mov byte [gdt + TD + 5], 9}, {jmp TD:0}
  TASK "jmp tss of DPL 0 from CPL 3", {TO_R3}, {jmp TD:0}
  TASK "jmp tss of DPL 3 from CPL 3", {mov byte [gdt + TD + 5], 0xE9}, {TO_R3}, {jmp (TD | 3):0}
  TASK "call gate of DPL 3 from CPL 3", {TO_R3}, {call GATE:0}
  TASK "call gate of DPL 0 from CPL 3", {mov byte [gdt + GATE + 5], 0x85}, {TO_R3}, {call GATE:0}
  TASK "gate not present", {mov byte [gdt + GATE + 5], 0x65}, {call GATE:0}
  TASK "gate to a busy tss", {mov byte [gdt + TD + 5], 0x8B}, {call GATE:0}
  TASK "gate to a tss not present", {mov byte [gdt + TD + 5], 9}, {call GATE:0}
  TASK "gate to code", {mov word [gdt + GATE + 2], CS32}, {call GATE:0}
  TASK "gate to null", {mov word [gdt + GATE + 2], 0}, {call GATE:0}
  TASK "gate to the local table", {mov word [gdt + GATE + 2], TD | 4}, {call GATE:0}
  TASK "tss limit too small", {mov word [gdt + TD], 0x66}, {jmp TD:0}
  TASK "tss limit of 16 bits too small", {mov word [gdt + TD + 8], 0x2A}, {jmp TD + 8:0}
  TASK "task gate in the IDT", {mov dword [IDT + 0x45 * 8], TD << 16}, {mov dword [IDT + 0x45 * 8 + 4], 0xE500}, {int 0x45}
  TASK "task gate in the IDT for an error code", {call ud_gate}, {mov eax, 0x208}, {mov ds, eax}
  call restore_gate
  TASK "task gate in the IDT from CPL 3", {TO_R3}, {int 0x45}
  TASK "task gate of DPL 0 in the IDT from CPL 3", {mov byte [IDT + 0x45 * 8 + 5], 0x85}, {TO_R3}, {int 0x45}
  mov byte [IDT + 0x45 * 8 + 5], 0xE5
  TASK "task gate in the IDT to a busy tss", {mov byte [gdt + TD + 5], 0x8B}, {int 0x45}
  TASK "task gate in the IDT, tss of 16 bits", {mov word [IDT + 0x45 * 8 + 2], TD + 8}, {int 0x45}
  mov word [IDT + 0x45 * 8 + 2], TD

  ; ---- what is wrong in the new task: the handlers are tasks, as SDM 3A 6.15 asks for
  mov esi, IDT + 10 * 8
  mov edi, saved
  mov ecx, 8
  rep movsd
%assign i 10
%rep 4
  mov dword [IDT + i * 8], (TD + 32 + (i - 10) * 8) << 16
  mov dword [IDT + i * 8 + 4], 0x8500
  %assign i i + 1
%endrep
  TASK "new cs null", {mov dword [TSS_A + 76], 0}, {jmp TD:0}
  TASK "new cs is data", {mov dword [TSS_A + 76], DS32}, {jmp TD:0}
  TASK "new cs not present", {SETD TD + 24, 0, 0xFFFFF, 0x1B, 0xC}, {mov dword [TSS_A + 76], TD + 24}, {jmp TD:0}
  TASK "new cs of RPL 3 with DPL 0", {mov dword [TSS_A + 76], CS32 | 3}, {mov dword [TSS_A + 80], UDS}, {mov dword [TSS_A + 84], UDS}, {mov dword [TSS_A + 72], UDS}, {jmp TD:0}
  TASK "new cs beyond the table", {mov dword [TSS_A + 76], 0x208}, {jmp TD:0}
  TASK "new ss null", {mov dword [TSS_A + 80], 0}, {jmp TD:0}
  TASK "new ss is code", {mov dword [TSS_A + 80], CS32}, {jmp TD:0}
  TASK "new ss of the user", {mov dword [TSS_A + 80], UDS}, {jmp TD:0}
  TASK "new ss not present", {SETD TD + 24, 0, 0xFFFFF, 0x13, 0xC}, {mov dword [TSS_A + 80], TD + 24}, {jmp TD:0}
  TASK "new ds null", {mov dword [TSS_A + 84], 0}, {jmp TD:0}
  TASK "new ds not present", {mov dword [TSS_A + 84], TD + 24}, {jmp TD:0}
  TASK "new fs is a system segment", {mov dword [TSS_A + 88], TD}, {jmp TD:0}
  TASK "new gs beyond the table", {mov dword [TSS_A + 92], 0x208}, {jmp TD:0}
  TASK "new ldt is data", {mov dword [TSS_A + 96], DS32}, {jmp TD:0}
  TASK "new ldt not present", {SETD TD + 24, ABS(ldt), 0x7F, 2, 0}, {mov dword [TSS_A + 96], TD + 24}, {jmp TD:0}
  TASK "new ldt", {mov dword [TSS_A + 96], LDTSEL}, {jmp TD:0}
  TASK "new task at CPL 3", {mov dword [TSS_A + 76], UCS32}, {mov dword [TSS_A + 80], UDS}, {mov dword [TSS_A + 84], UDS}, {mov dword [TSS_A + 72], UDS}, {mov dword [TSS_A + 32], task3}, {jmp TD:0}
  TASK "eip beyond the limit", {SETD TD + 24, 0, 0xFFF, 0x9B, 4}, {mov dword [TSS_A + 76], TD + 24}, {jmp TD:0}
  mov esi, saved
  mov edi, IDT + 10 * 8
  mov ecx, 8
  rep movsd
  TASK "T bit", {mov byte [TSS_A + 100], 1}, {jmp TD:0}
  TASK "flags of the new task", {mov dword [TSS_A + 36], 0x3ED7 & ~0x100}, {jmp TD:0}
  TASK "trap flag of the new task", {mov dword [TSS_A + 36], 0x102}, {jmp TD:0}

  ; ---- there and back
  T "call, iret"
  call fresh
  mov dword [TSS_A + 32], task_back
  mov ebx, 0x12345678
  stc
  call TD:0
  setc al
  movzx eax, al
  P "carry", eax, 1
  P "ebx", ebx, 8
  call show_state
  E
  T "call twice, the task goes on behind its iret"
  call fresh
  mov dword [TSS_A + 32], task_back
  call TD:0
  call TD:0
  call show_state
  E
  T "jmp there and jmp back"
  call fresh
  mov dword [TSS_A + 32], task_jump
  jmp TD:0
  call show_state
  E
  T "call of 16 bits, iret"
  call fresh
  mov word [TSS_B + 14], OFF(task16_back)
  mov ebx, 0x12345678
  call TD + 8:0
  P "ebx", ebx, 8
  call show_state
  E
  T "int, iret"
  call fresh
  mov dword [IDT + 0x45 * 8], TD << 16
  mov dword [IDT + 0x45 * 8 + 4], 0xE500
  mov dword [TSS_A + 32], task_back
  int 0x45
  call show_state
  E
  T "iret to a task that is not busy"
  call fresh
  mov word [tss], TD
  push dword 0x4002
  popfd
  iretd
  E
  T "task switch sets CR0.TS"
  call fresh
  clts
  mov dword [TSS_A + 32], task_back
  call TD:0
  mov eax, cr0
  and eax, 8
  P "ts", eax, 1
  E
  clts
  T "task switch clears the local breakpoints"
  call fresh
  mov eax, 0xFF
  mov dr7, eax
  mov dword [TSS_A + 32], task_back
  call TD:0
  mov eax, dr7
  P "dr7", eax, 8
  E
  xor eax, eax
  mov dr7, eax
  T "double fault through a task gate"
  call fresh
  mov dword [IDT + 8 * 8], TD << 16
  mov dword [IDT + 8 * 8 + 4], 0x8500
  mov dword [TSS_A + 32], task_error
  mov dword [IDT + 13 * 8 + 4], 0
  mov esp, 0x12345678
  mov eax, 0x208
  mov ds, eax
  E
  jmp finish

ud_gate:
  mov eax, [IDT + 13 * 8]
  mov [saved], eax
  mov eax, [IDT + 13 * 8 + 4]
  mov [saved + 4], eax
  mov dword [IDT + 13 * 8], TD << 16
  mov dword [IDT + 13 * 8 + 4], 0x8500
  mov dword [TSS_A + 32], task_error
  ret
restore_gate:
  mov eax, [saved]
  mov [IDT + 13 * 8], eax
  mov eax, [saved + 4]
  mov [IDT + 13 * 8 + 4], eax
  ret

; The error code is on the stack, the vector in EAX.
task_fault:
  pop ebx
  P "handler", eax, 2
  P "e", ebx, 4
  str ecx
  P "tr", ecx, 4
  P "link", [TSS_F(10)], 4
  P "link", [TSS_F(11)], 4
  P "link", [TSS_F(12)], 4
  P "link", [TSS_F(13)], 4
  mov eax, [TSS_A + 32]
  sub eax, task
  P "a.eip", eax, 4
  P "a.cs", [TSS_A + 76], 4
  P "a.ss", [TSS_A + 80], 4
  P "a.esp", [TSS_A + 56], 4
  P "a.ds", [TSS_A + 84], 4
  call show_state
  jmp t_recover32
task_error:
  pop eax
task:
  int 0x41
task3:
  int 0x41
task_back:
  P "eax", eax, 8
  iretd
  P "again", eax, 8
  iretd
task_jump:
  jmp TSS32:0
bits 16
task16:
  movzx esp, sp                          ; the upper halves are undefined
  movzx eax, ax
  int 0x41
task16_back:
  iret
bits 32

; What a task switch left: for INT 41h and faults alike.
show_task:
  call show_state
  P "bx", [ebp + 24], 4
  clc
  ret
show_state:
  xor eax, eax
  str ax
  P "tr", eax, 4
  sldt ax
  P "ldtr", eax, 4
  xor eax, eax
  mov ax, [TSS_A]
  P "a.link", eax, 4
  mov ax, [TSS_B]
  P "b.link", eax, 4
  mov al, [gdt + TSS32 + 5]
  mov ah, [gdt + TD + 5]
  shl eax, 8
  mov al, [gdt + TD + 13]
  P "busy", eax, 6
  mov eax, [tss + 36]
  and eax, 0x4000
  P "old.nt", eax, 4
  pushfd
  pop eax
  and eax, 0x4300
  P "fl", eax, 4
  ret

align 16
saved: times 8 dd 0
%include "tss.inc"
