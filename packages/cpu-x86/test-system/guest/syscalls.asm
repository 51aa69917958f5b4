; SYSCALL, SYSRET, SYSENTER, SYSEXIT in all modes; MSRs; RDTSC, RDPMC, UMIP; CPUID.
%include "entry.inc"
%include "lib16.inc"
%include "lib32.inc"
%include "lib64.inc"
%macro WRMSR_ 3 ; number, high, low
  mov ecx, %1
  mov edx, %2
  mov eax, %3
  wrmsr
%endmacro
bits 16
main:
  call enter_pm
bits 32
  ; ---- protected mode
  TRY "syscall in protected mode of an Intel processor", {syscall}
  TRY "sysret in protected mode of an Intel processor", {sysret}
  TRY "sysenter without a code segment", {sysenter}
  TRY "sysexit without a code segment", {sysexit}
  WRMSR_ 0x174, 0, CS32
  WRMSR_ 0x175, 0, 0xB000
  WRMSR_ 0x176, 0, entered
  TRYA "sysenter msrs", {mov ecx, 0x174}, {rdmsr}, {mov ebx, eax}, {mov ecx, 0x176}, {rdmsr}, {sub eax, entered}, {shl eax, 16}, {or eax, ebx}
  TRY "sysenter from CPL 0", {sysenter}
  TRY3 "sysenter from CPL 3", 0x202, {sysenter}
  TRY "sysexit", {mov edx, exited}, {mov ecx, STACK3}, {sysexit}
  TRY3 "sysexit at CPL 3", 2, {mov edx, exited}, {mov ecx, STACK3}, {sysexit}
  TRY "sysexit keeps flags", {push dword 0x202}, {popfd}, {mov edx, exited}, {mov ecx, STACK3}, {sysexit}
  TRY "sysenter with RPL 3 in the msr", {WRMSR_ 0x174, 0, CS32 | 3}, {sysenter}
  WRMSR_ 0x174, 0, CS32

  ; ---- TSC, counters, UMIP
  TRY "rdtsc", {rdtsc}
  TRY3 "rdtsc at CPL 3", 2, {rdtsc}, {xor eax, eax}
  mov eax, cr4
  or eax, 4
  mov cr4, eax
  TRY "rdtsc with TSD", {rdtsc}
  TRY3 "rdtsc with TSD at CPL 3", 2, {rdtsc}
  TRY3 "rdtscp with TSD at CPL 3", 2, {rdtscp}
  mov eax, cr4
  and eax, ~4
  mov cr4, eax
  TRY3 "rdpmc at CPL 3 without PCE", 2, {xor ecx, ecx}, {rdpmc}
  TRYA "rdtscp reads TSC_AUX", {WRMSR_ 0xC0000103, 0, 0x1234}, {rdtscp}, {mov eax, ecx}
  TRYA "tsc is written", {WRMSR_ 0x10, 0x100, 0}, {rdtsc}, {mov eax, edx}
  mov eax, cr4
  or eax, 0x800
  mov cr4, eax
  TRY3 "umip sgdt", 2, {sgdt [SCRATCH]}
  TRY3 "umip sidt", 2, {sidt [SCRATCH]}
  TRY3 "umip sldt", 2, {sldt ax}
  TRY3 "umip str", 2, {str ax}
  TRY3 "umip smsw", 2, {smsw ax}
  TRY "umip sgdt at CPL 0", {sgdt [SCRATCH]}
  mov eax, cr4
  and eax, ~0x800
  mov cr4, eax
  TRY3 "sgdt at CPL 3 without umip", 2, {sgdt [SCRATCH]}, {mov eax, [SCRATCH + 2]}
  TRYA "sidt limit", {sidt [SCRATCH]}, {movzx eax, word [SCRATCH]}
  TRYA "lmsw sets MP EM TS", {mov eax, 0xF}, {lmsw ax}, {smsw eax}, {and eax, 0xF}
  TRYA "lmsw clears MP EM TS but not PE", {xor eax, eax}, {lmsw ax}, {smsw eax}, {and eax, 0xF}
  TRYA "clts", {mov eax, 9}, {lmsw ax}, {clts}, {smsw eax}, {and eax, 0xF}
  TRYA "smsw of 16 bits keeps the upper half", {mov eax, -1}, {smsw ax}, {and eax, 0xFFFF000F}
  TRYA "smsw to memory writes 16 bits", {mov dword [SCRATCH], -1}, {smsw [SCRATCH]}, {mov eax, [SCRATCH]}, {and eax, 0xFFFF000F}
  TRYA "lgdt of 16 bits loads a base of 24 bits", {sgdt [SCRATCH]}, {mov byte [SCRATCH + 5], 0x77}, {o16 lgdt [SCRATCH]}, {sgdt [SCRATCH + 8]}, {mov eax, [SCRATCH + 10]}, {sub eax, gdt}
  lgdt [gdtr]

  ; ---- MSRs
  TRY "rdmsr of an unknown register", {mov ecx, 0x4B564DFF}, {rdmsr}
  TRY "wrmsr of an unknown register", {WRMSR_ 0x4B564DFF, 0, 0}
  TRYA "pat at reset", {mov ecx, 0x277}, {rdmsr}, {xor eax, edx}
  TRY "pat of a reserved type", {WRMSR_ 0x277, 0, 0x02}
  TRY "pat of a reserved bit", {WRMSR_ 0x277, 0, 0x08}
  TRYA "pat", {WRMSR_ 0x277, 0x00070406, 0x00070406}, {rdmsr}
  TRY "apic base of reserved bits", {WRMSR_ 0x1B, 0x80000000, 0xFEE00900}
  TRYA "sysenter cs", {WRMSR_ 0x174, 0, 0x8}, {rdmsr}
  TRY "mtrr default type reserved", {WRMSR_ 0x2FF, 0, 2}
  TRY "star", {WRMSR_ 0xC0000081, 0x00330028, 0}

  ; ---- CPUID, only what every engine must answer
  TRYA "cpuid 1 has FPU TSC MSR PAE CX8 CMOV FXSR SSE SSE2", {mov eax, 1}, {cpuid}, {mov eax, edx}, {and eax, 0x07008171 & ~0x1}
  TRYA "cpuid 80000001 has SYSCALL NX LM", {mov eax, 0x80000001}, {cpuid}, {mov eax, edx}, {and eax, 0x20100000}
  TRYA "cpuid 80000000", {mov eax, 0x80000000}, {cpuid}, {and eax, 0x80000000}
  TRYA "cpuid OSXSAVE follows CR4", {mov eax, 1}, {cpuid}, {mov eax, ecx}, {and eax, 1 << 27}
  TRYA "id flag toggles", {pushfd}, {pop eax}, {xor eax, 0x200000}, {push eax}, {popfd}, {pushfd}, {pop eax}, {and eax, 0x200000}

  ; ---- long mode
  call enter_long
bits 64
  WRMSR_ 0xC0000081, (0x3B << 16) | CS64, 0x1234
  WRMSR_ 0xC0000082, 0, landing
  WRMSR_ 0xC0000083, 0, landing
  WRMSR_ 0xC0000084, 0, 0x4700
  TRY64 "syscall from CPL 0", {xor r11d, r11d}, {syscall}
  TRY3_64 "syscall from CPL 3", 0x202, {syscall}
  TRY3_64 "syscall saves rip and flags", 0x240202, {syscall}
  TRY3_COMPAT "syscall in compatibility mode of an Intel processor", 2, {syscall}
  TRY3_COMPAT "sysret in compatibility mode", 2, {sysret}
  TRY3_64 "sysret at CPL 3", 2, {o64 sysret}
  TRY64 "sysret of 64 bits", {mov ecx, landing}, {mov r11d, 0x202}, {mov rsp, STACK3}, {o64 sysret}
  TRY64 "sysret of 32 bits", {mov ecx, landing}, {mov r11d, 2}, {mov rsp, STACK3}, {sysret}
  TRY64 "sysret ignores RF VM and fixed bits", {mov ecx, landing}, {mov r11d, 0x3FFE92}, {mov rsp, STACK3}, {o64 sysret}
  TRY64 "sysret with TF", {mov ecx, landing}, {mov r11d, 0x102}, {mov rsp, STACK3}, {o64 sysret}
  TRY64 "sysret to an address that is not canonical", {mov rcx, 0x800000000000}, {mov r11d, 2}, {mov rsp, STACK3}, {o64 sysret}
  TRY64 "sysret of 32 bits cuts rcx", {mov rcx, 0x100000000 + landing}, {mov r11d, 2}, {mov rsp, STACK3}, {sysret}
  TRY3_64 "syscall with TF masked", 0x102, {syscall}
  WRMSR_ 0xC0000084, 0, 0
  TRY3_64 "syscall with TF", 2, {push strict qword 0x102}, {popfq}, {syscall}
  mov dword [h_hook], 0
  WRMSR_ 0xC0000080, 0, 0x900
  TRY3_64 "syscall without SCE", 2, {syscall}
  TRY64 "sysret without SCE", {o64 sysret}
  WRMSR_ 0xC0000080, 0, 0x901
  WRMSR_ 0x174, 0, CS64
  WRMSR_ 0x175, 0, 0xB000
  WRMSR_ 0x176, 0, landing
  TRY3_64 "sysenter from 64-bit mode", 0x202, {sysenter}
  TRY3_COMPAT "sysenter from compatibility mode", 0x202, {sysenter}
  TRY64 "sysexit of 32 bits", {mov edx, landing}, {mov ecx, STACK3}, {sysexit}
  TRY64 "sysexit of 64 bits", {mov edx, landing}, {mov ecx, STACK3}, {o64 sysexit}
  TRY64 "sysexit of 64 bits to an address that is not canonical", {mov rdx, 0x800000000000}, {mov ecx, STACK3}, {o64 sysexit}
  TRY64 "sysexit of 64 bits, stack not canonical", {mov rcx, 0x800000000000}, {mov edx, landing}, {o64 sysexit}
  WRMSR_ 0x174, 0, 0
  TRY3_64 "sysenter without a code segment, 64 bits", 2, {sysenter}
  TRY64 "sysexit without a code segment, 64 bits", {o64 sysexit}
  jmp finish

bits 32
entered:
  int 0x41
exited:
  mov eax, esp
  int 0x41
bits 64
landing:
  mov rax, r11
  sub rcx, [t_start]
  shl rcx, 32
  mov eax, eax
  or rax, rcx
  int 0x41
%include "tss.inc"
