; Paging without long mode: 32-bit with 4 MiB pages, PAE; error codes, WP, NX, SMEP, SMAP, reserved bits, borders.
%include "entry.inc"
%include "lib16.inc"
%include "lib32.inc"
bits 16
main:
  call enter_pm
bits 32
%define PD32 TABLES
%define PT32 (TABLES + 0x1000)           ; the first 4 MiB
%define PT32B (TABLES + 0x2000)          ; 400000h on: the pages under test
%define PDPTE (TABLES + 0x3000)
%define PDPAE (TABLES + 0x4000)          ; four
%define PTPAE (TABLES + 0x8000)          ; the first 2 MiB
%define PTPAEB (TABLES + 0x9000)         ; 400000h on
%define FRAME 0x300000                   ; what test pages map
%define PAGE 0x400000

  mov dword [h_hook], 0
  mov edi, TABLES
  xor eax, eax
  mov ecx, 0x10000 / 4
  rep stosd
  mov dword [PD32], PT32 + 7
  mov dword [PD32 + 4], PT32B + 7
  mov edi, PT32
  mov eax, 7
.page:
  stosd
  add eax, 0x1000
  cmp eax, 0x400000
  jb .page
  mov edi, FRAME
  mov ecx, 0x4000
  mov al, 0x90
  rep stosb
  mov byte [FRAME + 0x10], 0xC3          ; RET
  mov word [FRAME + 0x20], 0x40CD        ; INT 40h
  mov word [FRAME + 0xFFF], 0x40CD
  mov eax, PD32
  mov cr3, eax
  mov eax, cr0
  or eax, 0x80000000
  mov cr0, eax

; One page at PAGE with this entry (32-bit paging): every kind of access from CPL 0 and 3, with and without WP.
%macro ACCESSES 2 ; name, how to set the entry: a macro of one parameter
  mov eax, cr0
  and eax, ~0x10000
  mov cr0, eax
  %2
  TRY {%1, ", CPL 0 read"}, {mov eax, [PAGE]}
  TRY {%1, ", CPL 0 write"}, {mov [PAGE + 0x40], eax}
  TRY {%1, ", CPL 0 rmw"}, {add dword [PAGE + 0x40], 0}
  TRY {%1, ", CPL 0 execute"}, {call PAGE + 0x10}
  TRY3 {%1, ", CPL 3 read"}, 2, {mov eax, [PAGE]}, {xor eax, eax}
  TRY3 {%1, ", CPL 3 write"}, 2, {mov [PAGE + 0x40], eax}
  TRY3 {%1, ", CPL 3 rmw"}, 2, {add dword [PAGE + 0x40], 0}
  TRY3 {%1, ", CPL 3 execute"}, 2, {call PAGE + 0x10}
  mov eax, cr0
  or eax, 0x10000
  mov cr0, eax
  TRY {%1, ", CPL 0 write, WP"}, {mov [PAGE + 0x40], eax}
  TRY {%1, ", CPL 0 rmw, WP"}, {add dword [PAGE + 0x40], 0}
%endmacro
%macro SET32 1
  mov dword [PT32B], %1
  invlpg [PAGE]
%endmacro
  ACCESSES "not present", {SET32 0}
  ACCESSES "supervisor read only", {SET32 FRAME + 1}
  ACCESSES "supervisor", {SET32 FRAME + 3}
  ACCESSES "user read only", {SET32 FRAME + 5}
  ACCESSES "user", {SET32 FRAME + 7}
  mov dword [PD32 + 4], PT32B + 1
  ACCESSES "directory supervisor read only", {SET32 FRAME + 7}
  mov dword [PD32 + 4], PT32B + 7

  ; ---- accessed and dirty bits
  T "accessed by read"
  SET32 FRAME + 7
  mov eax, [PAGE]
  P "pte", [PT32B], 8
  E
  T "dirty by write"
  mov [PAGE + 0x40], eax
  P "pte", [PT32B], 8
  P "pde", [PD32 + 4], 8
  E
  T "not accessed when not allowed"
  SET32 FRAME + 1
  TO_R3
  mov eax, [PAGE]
  E
  T "entry afterwards"
  P "pte", [PT32B], 8
  E
  T "prefetch of a missing page"
  SET32 0
  prefetcht0 [PAGE]
  E
  T "dirty of a compare that fails"
  SET32 FRAME + 7
  xor eax, eax
  mov ecx, 5
  cmpxchg [PAGE], ecx
  P "pte", [PT32B], 8
  E

  ; ---- across pages: the second is missing, or read only
  mov dword [PT32B + 4], 0
  TRY "read across", {mov eax, [PAGE + 0xFFE]}
  TRY "write across", {mov [PAGE + 0xFFE], eax}
  TRY3 "read across at CPL 3", 2, {mov eax, [PAGE + 0xFFE]}
  TRY "fetch across", {jmp PAGE + 0xFFF}
  TRY "fetch runs into the next page", {jmp PAGE + 0xFFE}
  T "the write across changed nothing in the first page"
  P "kept", [FRAME + 0xFFC], 8
  E
  TRY3 "push across", 2, {mov esp, PAGE + 0x1002}, {mov eax, [PAGE]}, {push eax}
  SET32 0
  mov dword [PT32B + 4], FRAME + 0x1000 + 7
  invlpg [PAGE + 0x1000]
  TRY "read across, first missing", {mov eax, [PAGE + 0xFFE]}
  TRY "fetch across, first missing", {jmp PAGE + 0xFFF}
  SET32 FRAME + 7
  mov dword [PT32B + 4], FRAME + 0x1000 + 5
  invlpg [PAGE + 0x1000]
  TRY "write across, second read only", {mov [PAGE + 0xFFE], eax}
  T "movs across, registers"
  mov dword [h_hook], show_strings
  mov ecx, 8
  mov esi, SCRATCH
  mov edi, PAGE + 0xFF0
  rep movsd
  E
  mov dword [h_hook], 0

  ; ---- large pages
  mov eax, cr4
  or eax, 0x10                           ; PSE
  mov cr4, eax
%macro SETBIG 1
  mov dword [PD32 + 4], %1
  mov eax, cr3
  mov cr3, eax
%endmacro
  ACCESSES "4 MiB supervisor read only", {SETBIG 0x81}
  TRYA "4 MiB read", {SETBIG 0x87}, {mov eax, [PAGE + RESUME]}
  T "4 MiB accessed and dirty"
  P "pde", [PD32 + 4], 8
  mov eax, [PAGE + SCRATCH + 16]
  mov [PAGE + SCRATCH + 16], eax
  P "pde", [PD32 + 4], 8
  E
  TRY "4 MiB reserved bit 21", {SETBIG 0x200087}, {mov eax, [PAGE]}
  TRY3 "4 MiB reserved bit 21, CPL 3 write", 2, {mov [PAGE], eax}
  mov eax, cr4
  and eax, ~0x10
  mov cr4, eax
  TRY "without PSE bit 7 is ignored", {SETBIG PT32B + 0x87}, {mov eax, [PAGE]}
  SETBIG PT32B + 7

  ; ---- stale entries
  T "invlpg makes a new mapping visible"
  mov dword [FRAME], 0x11111111
  mov dword [FRAME + 0x1000], 0x22222222
  SET32 FRAME + 7
  mov eax, [PAGE]
  mov dword [PT32B], FRAME + 0x1000 + 7
  invlpg [PAGE + 0x123]
  mov ebx, [PAGE]
  P "eax", eax, 8
  P "ebx", ebx, 8
  E
  T "cr3 reload makes a new mapping visible"
  mov dword [PT32B], FRAME + 7
  mov eax, cr3
  mov cr3, eax
  mov ebx, [PAGE]
  P "ebx", ebx, 8
  E
  T "global pages stay when cr3 is reloaded, go with CR4.PGE"
  mov eax, cr4
  or eax, 0x80
  mov cr4, eax
  SET32 FRAME + 0x107
  mov ebx, [PAGE]
  mov dword [PT32B], FRAME + 0x1000 + 7
  mov eax, cr4
  and eax, ~0x80
  mov cr4, eax
  mov ebx, [PAGE]
  P "ebx", ebx, 8
  E
  T "mov cr0 that leaves and enters paging"
  SET32 FRAME + 7
  mov ebx, [PAGE]
  mov dword [PT32B], FRAME + 0x1000 + 7
  mov eax, cr0
  and eax, 0x7FFFFFFF
  mov cr0, eax
  or eax, 0x80000000
  mov cr0, eax
  mov ebx, [PAGE]
  P "ebx", ebx, 8
  E
  mov dword [FRAME], 0x90909090
  mov dword [FRAME + 0x1000], 0x90909090
  TRY "mov cr2", {mov eax, 0x12345678}, {mov cr2, eax}, {mov ebx, cr2}, {P "cr2", ebx, 8}

  ; ---- SMEP and SMAP in 32-bit paging
  jmp part2
%include "paging2.inc"

show_strings:
  P "ecx", [ebp + F_EAX - 4], 8
  P "esi", [ebp + 12], 8
  P "edi", [ebp + 8], 8
  clc
  ret
%include "tss.inc"
