; Combinations of bits in CR0, CR3, CR4, EFER and the debug registers that must fault. QEMU checks hardly any of them
; and would not survive: Bochs alone is asked.
%include "entry.inc"
%include "lib16.inc"
%include "lib32.inc"
%include "lib64.inc"
bits 16
main:
  call enter_pm
bits 32
%macro CR 3 ; name, register, value to be ORed
  TRY %1, {mov eax, %2}, {mov ebx, eax}, {or eax, %3}, {mov %2, eax}, {mov ecx, %2}, {mov %2, ebx}, {P "now", ecx, 8}
%endmacro
%macro CRVALUE 3
  TRY %1, {mov ebx, %2}, {mov eax, %3}, {mov %2, eax}, {mov ecx, %2}, {mov %2, ebx}, {P "now", ecx, 8}
%endmacro
  CRVALUE "cr0, NW without CD", cr0, 0x20000011
  CRVALUE "cr0, NW and CD", cr0, 0x60000011
  CRVALUE "cr0, reserved bits are ignored", cr0, 0x6FF8FFD1 & ~0x10000
  CRVALUE "cr0, ET stays", cr0, 0x60000001
  CRVALUE "cr0, PG without PE", cr0, 0xE0000010
  CR "cr4, bit 31", cr4, 0x80000000
  CR "cr4, bit 12 (LA57)", cr4, 0x1000
  CR "cr4, bit 15", cr4, 0x8000
  CR "cr4, bit 19", cr4, 0x80000
  CR "cr4, PCIDE outside long mode", cr4, 0x20000
  CR "cr4, VME PVI TSD DE", cr4, 0xF
  CR "cr4, PSE PAE MCE PGE", cr4, 0xF0
  CR "cr4, PCE OSFXSR OSXMMEXCPT UMIP", cr4, 0xF00
  CR "cr4, FSGSBASE OSXSAVE", cr4, 0x50000
  CR "cr4, SMEP SMAP PKE", cr4, 0x700000
  TRY "LME with PAE off, paging on", {mov ecx, 0xC0000080}, {mov eax, 0x100}, {xor edx, edx}, {wrmsr}, {mov eax, cr0}, {or eax, 0x80000000}, {mov cr0, eax}
  TRY "EFER of reserved bits", {mov ecx, 0xC0000080}, {mov eax, 0x2}, {xor edx, edx}, {wrmsr}
  TRY "EFER of upper bits", {mov ecx, 0xC0000080}, {mov eax, 0}, {mov edx, 1}, {wrmsr}
  call enter_long
bits 64
  TRY64 "LME off while active", {mov ecx, 0xC0000080}, {xor edx, edx}, {mov eax, 0x801}, {wrmsr}
  TRY64 "PAE off while active", {mov rax, cr4}, {and eax, ~0x20}, {mov cr4, rax}
  TRY64 "LA57 toggled while active", {mov rax, cr4}, {or eax, 0x1000}, {mov cr4, rax}
  TRY64 "PE off with PG", {mov rax, cr0}, {and eax, ~1}, {mov cr0, rax}
  TRY64 "PG off in 64-bit code", {mov rax, cr0}, {btr rax, 31}, {mov cr0, rax}
  TRY64 "cr0 upper bits", {mov rax, cr0}, {bts rax, 40}, {mov cr0, rax}
  TRY64 "cr4 upper bits", {mov rax, cr4}, {bts rax, 40}, {mov cr4, rax}
  TRY64 "cr4 reserved bit 15", {mov rax, cr4}, {bts rax, 15}, {mov cr4, rax}
  TRY64 "cr3 reserved upper bits", {mov rax, cr3}, {bts rax, 62}, {mov cr3, rax}
  TRY64 "cr3 bit 63 without PCIDE", {mov rax, cr3}, {bts rax, 63}, {mov cr3, rax}
  TRY64 "cr0, upper bits", {mov rax, cr0}, {bts rax, 63}, {mov cr0, rax}
  TRY64 "cr0, NW without CD in long mode", {mov rax, cr0}, {and eax, ~0x40000000}, {or eax, 0x20000000}, {mov cr0, rax}
  TRY64 "cr3, bit 52", {mov rax, cr3}, {bts rax, 52}, {mov cr3, rax}
  TRYA64 "cr3, low bits", {mov rax, cr3}, {mov rbx, rax}, {or eax, 0x18}, {mov cr3, rax}, {mov rax, cr3}, {mov cr3, rbx}
  TRY64 "pcide with pcid not 0", {mov rax, cr3}, {or eax, 1}, {mov cr3, rax}, {mov rax, cr4}, {bts rax, 17}, {mov cr4, rax}
  TRY64 "pcide", {mov rax, cr3}, {and eax, 0xFFFFF000}, {mov cr3, rax}, {mov rax, cr4}, {bts rax, 17}, {mov cr4, rax}
  TRY64 "cr3, bit 63 with pcide", {mov rax, cr3}, {bts rax, 63}, {mov cr3, rax}, {mov rax, cr3}, {bt rax, 63}, {setc al}, {and eax, 1}, {P64 "bit", rax, 1}
  TRY64 "pg off with pcide in compatibility mode", {call compat_off}
  TRY64 "invpcid of a reserved type", {mov eax, 4}, {invpcid rax, [SCRATCH]}
  TRY64 "invpcid of a reserved bit", {mov dword [SCRATCH], 0x1000}, {xor eax, eax}, {invpcid rax, [SCRATCH]}
  TRY64 "invpcid of an address that is not canonical", {mov dword [SCRATCH], 0}, {mov rbx, 0x800000000000}, {mov [SCRATCH + 8], rbx}, {invpcid rax, [SCRATCH]}
  TRY64 "invpcid all", {mov eax, 2}, {invpcid rax, [SCRATCH]}
  mov rax, cr4
  btr rax, 17
  mov cr4, rax
  TRY64 "invpcid of a pcid without pcide", {mov qword [SCRATCH + 8], 0}, {mov dword [SCRATCH], 1}, {xor eax, eax}, {invpcid rax, [SCRATCH]}
  TRY64 "xsetbv without OSXSAVE", {xor ecx, ecx}, {xor edx, edx}, {mov eax, 1}, {xsetbv}
  mov rax, cr4
  bts rax, 18
  mov cr4, rax
  TRY64 "xsetbv of x87 off", {xor ecx, ecx}, {xor edx, edx}, {xor eax, eax}, {xsetbv}
  TRY64 "xsetbv of AVX without SSE", {xor ecx, ecx}, {xor edx, edx}, {mov eax, 5}, {xsetbv}
  TRY64 "xsetbv of a reserved bit", {xor ecx, ecx}, {mov edx, 0x80000000}, {mov eax, 1}, {xsetbv}
  TRY64 "xsetbv of register 1", {mov ecx, 1}, {xor edx, edx}, {mov eax, 1}, {xsetbv}
  TRYA64 "xsetbv and xgetbv", {xor ecx, ecx}, {xor edx, edx}, {mov eax, 7}, {xsetbv}, {xgetbv}
  TRY3_64 "xsetbv at CPL 3", 2, {xor ecx, ecx}, {xor edx, edx}, {mov eax, 1}, {xsetbv}
  TRY3_64 "xgetbv at CPL 3", 2, {xor ecx, ecx}, {xgetbv}
  TRY64 "lgdt base not canonical", {lgdt [bad_gdtr]}
  TRY64 "lidt base not canonical", {lidt [bad_gdtr]}
  jmp finish

bad_gdtr: dw 0xFFFF
  dq 0x0000800000000000

compat_off:
  push strict qword CS32
  lea rax, [.small]
  push rax
  o64 retf
bits 32
.small:
  mov eax, cr0
  and eax, 0x7FFFFFFF
  mov cr0, eax
  ret
%include "tss.inc"
