; Far transfers of control in protected mode: every type of descriptor as a target, privilege levels, call gates.
%include "entry.inc"
%include "lib16.inc"
%include "lib32.inc"
%include "cases.inc"
bits 16
main:
  call enter_pm
bits 32
  mov dword [h_hook], show_stack

; All types of descriptor as the target; TD lies flat, but for task state segments, which are left out here.
%macro TARGETS 2-* ; name, instructions
  mov dword [counter], 0
%%next:
  mov eax, [counter]
  and eax, 0x1F
  cmp eax, 1
  je %%skip
  cmp eax, 9
  je %%skip
  S %1
  call make_case
  mov eax, [counter]
  and eax, 0x10
  jz %%system
  mov dword [gdt + TD], DLO(0, 0xFFFFF)
  mov byte [gdt + TD + 6], 0xCF
  mov byte [gdt + TD + 7], 0
  mov word [gdt + TD + 2], 0
  mov byte [gdt + TD + 4], 0
%%system:
  mov [target + 4], ebp
  mov dword [target], landing
  BEGIN_AT %%end
  test byte [counter + 1], 1
  jz %%inner
  TO_R3
%%inner:
  mov [saved_esp], esp
%rep %0 - 1
  %2
  %rotate 1
%endrep
%%end:
%%skip:
  inc dword [counter]
  cmp dword [counter], 0x200
  jb %%next
%endmacro

  TARGETS "jmp", {jmp far [target]}
  TARGETS "call", {call far [target]}
  TARGETS "retf", {push dword UDS}, {push dword STACK3 - 64}, {push ebp}, {push dword landing}, {retf}
  TARGETS "iret", {push dword UDS}, {push dword STACK3 - 64}, {push dword 2}, {push ebp}, {push dword landing}, {iretd}

  ; ---- call gates: the target is TD + 8, the gate TD. Counter: gate's DPL 0, RPL 1, CPL 2, target's DPL 3,
  ; conforming 4, target's present 5, gate's present 6, 16 bits 7.
%macro GATES 2
  mov dword [counter], 0
%%next:
  S %1
  call make_gate
  BEGIN_AT %%end
  test byte [counter], 4
  jz %%inner
  TO_R3
%%inner:
  push dword 0x11111111
  push dword 0x22222222
  mov [saved_esp], esp
  %2
%%end:
  inc dword [counter]
  cmp dword [counter], 0x100
  jb %%next
%endmacro
  GATES "call gate", {call far [target]}
  GATES "jmp gate", {jmp far [target]}

  ; ---- details of gates
%macro GATE 6-* ; name, target descriptor's access, gate's access, gate's count, gate's selector, instructions
  T %1
%if (%3 & 15) == 4
  SETD TD + 8, IMAGE, 0xFFFFF, %2, 0xC
%else
  SETD TD + 8, 0, 0xFFFFF, %2, 0xC
%endif
  SETG gdt + TD, %5, landing, %3, %4
%if (%3 & 15) == 4
  mov word [gdt + TD + 6], 0
%endif
  mov dword [target], 0x99999999
  mov dword [target + 4], TD | 3
%rep %0 - 5
  %6
  %rotate 1
%endrep
  E
%endmacro
  GATE "gate to a null selector", 0x9B, 0xEC, 0, 0, {call far [target]}
  GATE "gate to null with RPL 3", 0x9B, 0xEC, 0, 3, {call far [target]}
  GATE "gate beyond the table", 0x9B, 0xEC, 0, 0x208, {call far [target]}
  GATE "gate to the local table", 0x9B, 0xEC, 0, 0x84, {call far [target]}
  GATE "gate to data", 0x93, 0xEC, 0, TD + 8, {call far [target]}
  GATE "gate to a gate", 0xEC, 0xEC, 0, TD + 8, {call far [target]}
  GATE "gate to a tss", 0x89, 0xEC, 0, TD + 8, {call far [target]}
  GATE "gate with RPL 3 in its selector", 0x9B, 0xEC, 0, TD + 11, {TO_R3}, {mov [saved_esp], esp}, {call far [target]}
  GATE "31 parameters", 0x9B, 0xEC, 31, TD + 8, {TO_R3}, {times 31 push eax}, {mov [saved_esp], esp}, {call far [target]}
  GATE "count has 5 bits", 0x9B, 0xEC, 0xE2, TD + 8, {TO_R3}, {push dword 0x1111}, {push dword 0x2222}, {mov [saved_esp], esp}, {call far [target]}
  GATE "16-bit gate, 3 words", 0x9B, 0xE4, 3, TD + 8, {TO_R3}, {push dword 0x1111}, {push dword 0x2222}, {mov [saved_esp], esp}, {call far [target]}
  GATE "upper offset of a 16-bit gate is ignored", 0x9B, 0xE4, 0, TD + 8, {mov word [gdt + TD + 6], 0x11}, {call far [target]}
  GATE "16-bit gate to the same level", 0x9B, 0xE4, 3, TD + 8, {mov [saved_esp], esp}, {call far [target]}
  ; To CPL 1, so that the fault is delivered on the stack of CPL 0.
  mov dword [tss + 12], 0x6000
%macro INNER 2
  GATE %1, 0xBB, 0xEC, 0, TD + 8, {mov dword [tss + 16], %2}, {TO_R3}, {call far [target]}
%endmacro
  SETD TD + 16, 0, 0xFFFFF, 0xB3, 0xC
  INNER "inner stack", (TD + 16) | 1
  INNER "inner stack null", 0
  INNER "inner stack null with RPL 1", 1
  INNER "inner stack with RPL 0", TD + 16
  INNER "inner stack with RPL 3", (TD + 16) | 3
  INNER "inner stack of DPL 3", UDS & ~2
  INNER "inner stack of DPL 0", DS32 | 1
  INNER "inner stack is code", CS32 | 1
  INNER "inner stack beyond the table", 0x209
  INNER "inner stack in the local table beyond its limit", 0x85
  SETD TD + 16, 0, 0xFFFFF, 0x33, 0xC
  INNER "inner stack not present", (TD + 16) | 1
  SETD TD + 16, 0, 0xFFFFF, 0xB1, 0xC
  INNER "inner stack read only", (TD + 16) | 1
  SETD TD + 16, 0, 0xFFF, 0xB3, 4
  INNER "inner stack beyond its limit", (TD + 16) | 1
  mov dword [gdt + TSS32], DLO(ABS(tss), 0xE)
  mov byte [gdt + TSS32 + 6], 0
  mov byte [gdt + TSS32 + 5], 0x89
  mov eax, TSS32
  ltr ax
  INNER "task state too short for the inner stack", (TD + 16) | 1
  mov dword [gdt + TSS32], DLO(ABS(tss), 0x1FFF)
  mov byte [gdt + TSS32 + 5], 0x89
  mov eax, TSS32
  ltr ax
  GATE "inner stack of CPL 0 is bad, double fault is not delivered either", 0x9B, 0xEC, 0, TD + 8, {mov dword [tss + 8], 0}, {TO_R3}, {call far [target]}
  mov dword [h_hook], show_stack

  ; ---- returns
  jmp part2
%include "transfer2.inc"

; Where calls and jumps arrive: CPL 0 or 3, on any stack.
landing:
  int 0x41

; Prints where the stack is and what is on it.
show_stack:
  mov ebx, [ebp + F_VECTOR]
  cmp ebx, 0x41
  jne .done
  test byte [ebp + F_CS], 3
  jnz .outer
  lea esi, [ebp + F_SP]                  ; of the same level: what was below the frame
  jmp .dump
.outer:
  mov esi, [ebp + F_SP]
.dump:
  P "esp", esi, 8
  S " ["
  mov edx, 6
.word:
  cmp esi, STACK3
  je .stop
  cmp esi, STACK_TSS0
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

make_gate:
  mov eax, [counter]
  mov cl, 2
  call hex32
  mov ecx, 0x8400                        ; gate
  test al, 0x40
  jz .gate_present
  and ch, 0x7F
.gate_present:
  test al, 0x80
  jnz .small
  or ch, 0x0C
.small:
  test al, 1
  jz .gate_dpl
  or ch, 0x60
.gate_dpl:
  mov cl, 2                              ; parameters
  mov edx, landing
  and edx, 0xFFFF0000
  or edx, ecx
  mov [gdt + TD + 4], edx
  mov edx, landing
  and edx, 0xFFFF
  or edx, (TD + 8) << 16
  mov [gdt + TD], edx
  mov ebp, TD
  test al, 2
  jz .rpl
  or ebp, 3
.rpl:
  mov dword [gdt + TD + 8], DLO(0, 0xFFFFF)
  mov edx, DHI(0, 0xFFFFF, 0x9A, 0xC)
  test al, 8
  jz .dpl
  or dh, 0x60
.dpl:
  test al, 0x10
  jz .conforming
  or dh, 4
.conforming:
  test al, 0x20
  jz .present
  and dh, 0x7F
.present:
  test al, 0x80
  jz .flat
  mov word [gdt + TD + 6], 0
  mov dword [gdt + TD + 8], DLO(IMAGE, 0xFFFFF)
  and edx, 0x00FFFF00
  or edx, 0x00C00001 | 0xF0000
.flat:
  mov [gdt + TD + 12], edx
  mov [target + 4], ebp
  mov dword [target], 0x55555555
  ret

align 16
target: dd 0, 0
saved_esp: dd 0
value: dd 0, 0
%include "tss.inc"
