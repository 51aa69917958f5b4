; Paging in long mode: pages of 4 KiB, 2 MiB and 1 GiB, reserved bits on each level, NX, SMEP, SMAP, protection keys,
; accesses across pages, the stack of CPL 3, PCIDs.
%include "entry.inc"
%include "lib16.inc"
%include "lib32.inc"
%include "lib64.inc"
bits 16
main:
  call enter_pm
bits 32
  call enter_long
bits 64
%define FRAME 0x300000
%define PAGE 0x400000                    ; by its own page table
%define PTB (TABLES + 0x8000)
  mov edi, PTB
  xor eax, eax
  mov ecx, 0x400
  rep stosd
  mov edi, FRAME
  mov ecx, 0x4000
  mov al, 0x90
  rep stosb
  mov byte [FRAME + 0x10], 0xC3
  mov word [FRAME + 0xFFF], 0x40CD
  mov qword [PD + 16], PTB + 7

%macro SETPTE 2 ; low, high
  mov dword [PTB], %1
  mov dword [PTB + 4], %2
  invlpg [PAGE]
%endmacro
%macro WP_ 1
  mov rax, cr0
%if %1
  or eax, 0x10000
%else
  and eax, ~0x10000
%endif
  mov cr0, rax
%endmacro
%macro ACCESSES64 2
  WP_ 0
  %2
  TRY64 {%1, ", CPL 0 read"}, {mov eax, [PAGE]}
  TRY64 {%1, ", CPL 0 write"}, {mov [PAGE + 0x40], eax}
  TRY64 {%1, ", CPL 0 execute"}, {mov ebx, PAGE + 0x10}, {call rbx}
  TRY3_64 {%1, ", CPL 3 read"}, 2, {mov eax, [PAGE]}, {xor eax, eax}
  TRY3_64 {%1, ", CPL 3 write"}, 2, {mov [PAGE + 0x40], eax}, {xor eax, eax}
  TRY3_64 {%1, ", CPL 3 execute"}, 2, {mov ebx, PAGE + 0x10}, {call rbx}, {xor eax, eax}
  TRY3_64 {%1, ", CPL 3 push"}, 2, {mov esp, PAGE + 0x80}, {push rax}, {xor eax, eax}
  WP_ 1
  TRY64 {%1, ", CPL 0 write, WP"}, {mov [PAGE + 0x40], eax}
  TRY64 {%1, ", CPL 0 rmw, WP"}, {add [PAGE + 0x40], eax}
%endmacro
  ACCESSES64 "not present", {SETPTE 0, 0}
  ACCESSES64 "supervisor read only", {SETPTE FRAME + 1, 0}
  ACCESSES64 "supervisor", {SETPTE FRAME + 3, 0}
  ACCESSES64 "user read only", {SETPTE FRAME + 5, 0}
  ACCESSES64 "user", {SETPTE FRAME + 7, 0}
  ACCESSES64 "NX", {SETPTE FRAME + 7, 0x80000000}
  ACCESSES64 "reserved bit 51", {SETPTE FRAME + 7, 0x00080000}
  ACCESSES64 "software bits 52 to 58 are ignored", {SETPTE FRAME + 7, 0x07F00000}

%macro FLUSH 0
  mov rax, cr3
  mov cr3, rax
%endmacro
%macro ENTRY 4 ; name, address of the entry, low, high: read and CPL 3 write under a changed upper entry
  mov rax, [%2]
  mov [saved], rax
  mov dword [%2], %3
  mov dword [%2 + 4], %4
  FLUSH
  TRY64 {%1, ", read"}, {mov eax, [PAGE]}
  TRY3_64 {%1, ", CPL 3 write"}, 2, {mov [PAGE + 0x40], eax}, {xor eax, eax}
  TRY64 {%1, ", execute"}, {mov ebx, PAGE + 0x10}, {call rbx}
  mov rax, [saved]
  mov [%2], rax
  FLUSH
%endmacro
  SETPTE FRAME + 7, 0
  ENTRY "directory entry not present", PD + 16, 0, 0
  ENTRY "directory entry supervisor", PD + 16, PTB + 3, 0
  ENTRY "directory entry read only", PD + 16, PTB + 5, 0
  ENTRY "directory entry NX", PD + 16, PTB + 7, 0x80000000
  ENTRY "directory entry reserved bit 51", PD + 16, PTB + 7, 0x00080000
  ENTRY "2 MiB page", PD + 16, 0x200087, 0
  ENTRY "2 MiB page, PAT bit", PD + 16, 0x201087, 0
  ENTRY "2 MiB page, reserved bit 13", PD + 16, 0x202087, 0
  ENTRY "2 MiB page, reserved bit 20", PD + 16, 0x300087, 0
  ENTRY "2 MiB page NX", PD + 16, 0x200087, 0x80000000
  mov dword [PDPT + 8], 0x87             ; 1 GiB at 40000000h
  TRYA64 "1 GiB page", {mov eax, [0x40000000 + RESUME]}
  TRY64 "1 GiB page, reserved bit 20", {mov dword [PDPT + 8], 0x100087}, {FLUSH}, {mov eax, [0x40000000 + RESUME]}
  mov dword [PDPT + 8], 0
  TRY64 "PML4 entry with bit 7", {mov dword [PML4 + 8], PDPT + 0x87}, {FLUSH}, {mov rbx, 1 << 39}, {mov eax, [rbx]}
  TRY64 "PML4 entry not present", {mov dword [PML4 + 8], 0}, {FLUSH}, {mov rbx, 1 << 39}, {mov eax, [rbx]}
  TRY64 "PML4 entry reserved bit 51", {mov dword [PML4 + 8], PDPT + 7}, {mov dword [PML4 + 12], 0x80000}, {FLUSH}, {mov rbx, 1 << 39}, {mov eax, [rbx]}
  TRY64 "PML4 entry NX", {mov dword [PML4 + 12], 0x80000000}, {FLUSH}, {mov rbx, (1 << 39) + PAGE + 0x10}, {call rbx}
  mov qword [PML4 + 8], 0
  FLUSH

  ; ---- accessed and dirty bits on all levels
  T64 "accessed and dirty"
  and qword [PML4], ~0x60
  and qword [PDPT], ~0x60
  mov qword [PD + 16], PTB + 7
  SETPTE FRAME + 7, 0
  FLUSH
  mov eax, [PAGE]
  P64 "pte", [PTB], 16
  mov [PAGE + 0x40], eax
  P64 "pte", [PTB], 16
  P64 "pde", [PD + 16], 16
  P64 "pdpte", [PDPT], 16
  P64 "pml4e", [PML4], 16
  E64

  ; ---- across pages
  mov qword [PTB + 8], 0
  invlpg [PAGE + 0x1000]
  TRY64 "read across", {mov rax, [PAGE + 0xFFA]}
  TRY64 "write across", {mov [PAGE + 0xFFA], rax}
  TRY64 "movups across", {movups xmm0, [PAGE + 0xFF8]}
  TRY64 "fetch across", {mov ebx, PAGE + 0xFFF}, {jmp rbx}
  TRY3_64 "pop across at CPL 3", 2, {mov esp, PAGE + 0xFFC}, {pop rax}
  TRY3_64 "call across at CPL 3, stack below a missing page", 2, {mov esp, PAGE + 0x1004}, {call $ + 5}
  TRY64 "cmpxchg16b of a missing page", {cmpxchg16b [PAGE + 0x1000]}
  TRY64 "lock add of a missing page", {lock add [PAGE + 0x1000], eax}
  TRY64 "invlpg of a missing page", {invlpg [PAGE + 0x1000]}
  TRY64 "prefetchw of a missing page", {prefetchw [PAGE + 0x1000]}
  ; ---- SMEP and SMAP: everything but the page becomes the supervisor's
  and byte [PML4 + 256 * 8], ~4
  mov edi, PT
.kernel:
  and byte [rdi], ~4
  add edi, 8
  cmp edi, PT + 0x2000
  jb .kernel
  FLUSH
%macro CR4SET 2
  mov rax, cr4
  or eax, %1
  and eax, ~(%2)
  mov cr4, rax
%endmacro
  CR4SET 0x100000, 0
  TRY64 "smep execute", {mov ebx, PAGE + 0x10}, {call rbx}
  TRY64 "smep and NX execute", {SETPTE FRAME + 7, 0x80000000}, {mov ebx, PAGE + 0x10}, {call rbx}
  TRY64 "smep read", {SETPTE FRAME + 7, 0}, {mov eax, [PAGE]}
  TRY64 "smep ret to a user page", {mov ebx, PAGE + 0x10}, {push rbx}, {ret}
  CR4SET 0x200000, 0x100000
  TRY64 "smap read", {mov eax, [PAGE]}
  TRY64 "smap write", {mov [PAGE + 0x40], eax}
  TRY64 "smap execute", {mov ebx, PAGE + 0x10}, {call rbx}
  TRY64 "smap with AC", {stac}, {mov eax, [PAGE]}, {mov [PAGE + 0x40], eax}
  TRY64 "smap rep movsb to a user page", {mov esi, SCRATCH}, {mov edi, PAGE}, {mov ecx, 4}, {rep movsb}
  TRY64 "smap clears AC on an interrupt", {stac}, {int 0x40}
  TRY64 "smap sgdt to a user page with AC", {stac}, {sgdt [PAGE]}
  TRY64 "smap sgdt to a user page", {sgdt [PAGE]}
  CR4SET 0, 0x300000

  ; ---- protection keys: key 1 on the page
  CR4SET 0x400000, 0
  SETPTE FRAME + 7, 1 << 27
%macro PKRU 1
  xor ecx, ecx
  xor edx, edx
  mov eax, %1
  wrpkru
%endmacro
  TRYA64 "rdpkru", {PKRU 0x12345678}, {xor ecx, ecx}, {mov edx, -1}, {rdpkru}
  TRY64 "rdpkru with ecx", {mov ecx, 1}, {rdpkru}
  TRY64 "wrpkru with edx", {xor ecx, ecx}, {mov edx, 1}, {wrpkru}
  TRY64 "pkey access disabled, CPL 0 read", {PKRU 4}, {mov eax, [PAGE]}
  TRY64 "pkey access disabled, CPL 0 write", {mov [PAGE + 0x40], eax}
  TRY64 "pkey access disabled, execute", {mov ebx, PAGE + 0x10}, {call rbx}
  TRY64 "pkey write disabled, CPL 0 read", {PKRU 8}, {mov eax, [PAGE]}
  TRY64 "pkey write disabled, CPL 0 write, WP", {mov [PAGE + 0x40], eax}
  WP_ 0
  TRY64 "pkey write disabled, CPL 0 write, no WP", {mov [PAGE + 0x40], eax}
  WP_ 1
  TRY64 "pkey of a supervisor page does not count", {SETPTE FRAME + 3, 1 << 27}, {PKRU 0xC}, {mov [PAGE + 0x40], eax}
  PKRU 0
  CR4SET 0, 0x400000
  TRY64 "rdpkru without PKE", {xor ecx, ecx}, {rdpkru}
  ; ---- those of supervisor pages
%macro PKRS 1
  CR4SET 0x1000000, 0
  mov ecx, 0x6E1
  xor edx, edx
  mov eax, %1
  wrmsr
%endmacro
  SETPTE FRAME + 3, 1 << 27
  TRYA64 "pkrs is read", {PKRS 0x12345678}, {mov edx, -1}, {rdmsr}, {add eax, edx}
  TRY64 "pkrs with edx", {PKRS 0}, {mov edx, 1}, {wrmsr}
  TRY64 "pkrs access disabled, CPL 0 read", {PKRS 4}, {mov eax, [PAGE]}
  TRY64 "pkrs access disabled, CPL 0 write", {PKRS 4}, {mov [PAGE + 0x40], eax}
  TRY64 "pkrs access disabled, execute", {PKRS 4}, {mov ebx, PAGE + 0x10}, {call rbx}
  TRY64 "pkrs access disabled, implicit read", {PKRS 4}, {lgdt [PAGE]}
  TRY64 "pkrs write disabled, CPL 0 read", {PKRS 8}, {mov eax, [PAGE]}
  TRY64 "pkrs write disabled, CPL 0 write, WP", {PKRS 8}, {mov [PAGE + 0x40], eax}
  WP_ 0
  TRY64 "pkrs write disabled, CPL 0 write, no WP", {PKRS 8}, {mov [PAGE + 0x40], eax}
  TRY64 "pkrs access disabled, CPL 0 write, no WP", {PKRS 4}, {mov [PAGE + 0x40], eax}
  WP_ 1
  TRY64 "pkrs counts at once", {PKRS 0}, {mov eax, [PAGE]}, {mov [PAGE + 0x40], eax}, {PKRS 8}, {mov eax, [PAGE]}, {mov [PAGE + 0x40], eax}
  TRY64 "pkrs counts no more without PKS", {PKRS 4}, {CR4SET 0, 0x1000000}, {mov eax, [PAGE]}
  TRY64 "pkrs of another key", {PKRS 0xFFFFFFF0}, {mov [PAGE + 0x40], eax}
  TRY64 "pkrs does not rule a user page", {SETPTE FRAME + 7, 1 << 27}, {PKRS 0xC}, {mov [PAGE + 0x40], eax}
  CR4SET 0, 0x1000000
  SETPTE FRAME + 7, 0

  ; ---- PCIDs keep translations apart; INVPCID removes them
  TRYA64 "invpcid of one address", {mov dword [FRAME], 1}, {mov dword [FRAME + 0x1000], 2}, {mov eax, [PAGE]}, {mov dword [PTB], FRAME + 0x1000 + 7}, {mov qword [SCRATCH], 0}, {mov qword [SCRATCH + 8], PAGE}, {xor ebx, ebx}, {invpcid rbx, [SCRATCH]}, {shl eax, 4}, {or eax, [PAGE]}
  TRYA64 "invpcid of all", {mov dword [PTB], FRAME + 7}, {mov ebx, 2}, {invpcid rbx, [SCRATCH]}, {mov eax, [PAGE]}
  TRYA64 "global pages outlive cr3, not a change of PGE", {CR4SET 0x80, 0}, {SETPTE FRAME + 0x107, 0}, {mov ebx, [PAGE]}, {mov dword [PTB], FRAME + 0x1000 + 7}, {CR4SET 0, 0x80}, {mov eax, [PAGE]}

  ; ---- faults while an exception is delivered: #DF has a stack of its own
  SETPTE 0, 0
  mov qword [tss + 36], 0xC000
  mov byte [IDT + 8 * 16 + 4], 1
  TRY64 "#PF while delivering #UD is #PF", {lidt [idtr64]}, {mov dword [IDT + 6 * 16 + 4], 0x8E02}, {mov qword [tss + 44], PAGE + 0x800}, {ud2}
  mov byte [IDT + 6 * 16 + 4], 0
  TRY64 "#PF while delivering #PF is #DF", {mov esp, PAGE + 0x800}, {mov eax, [PAGE]}
  TRY64 "#PF while delivering INT from CPL 0", {mov esp, PAGE + 0x800}, {int 0x40}
  mov qword [tss + 4], PAGE + 0x800
  TRY3_64 "#PF while delivering #UD at CPL 3", 2, {ud2}
  TRY3_64 "#PF while delivering #PF at CPL 3", 2, {mov eax, [PAGE]}
  TRY3_64 "#PF while delivering INT at CPL 3", 2, {int 0x40}
  mov qword [tss + 4], STACK_TSS0
  mov byte [IDT + 8 * 16 + 4], 0
  TRY64 "shutdown, no stack for #DF", {mov esp, PAGE + 0x1800}, {ud2}
  TRY64 "shutdown, page fault on the interrupt table", {lidt [far_idtr]}, {int 0x45}
  lidt [idtr64]
  TRY64 "page fault on the descriptor table", {lgdt [far_gdtr]}, {mov eax, KDS}, {mov fs, eax}
  jmp finish

align 8
saved: dq 0
far_idtr: dw 0xFFF
  dq 0x10000000
far_gdtr: dw 0xFFFF
  dq 0x10000000
%include "tss.inc"
