; Long mode: entry, canonical addresses, segments, interrupts and IRET, IST, page faults.
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
  TRYA64 "efer", {mov ecx, 0xC0000080}, {rdmsr}
  TRYA64 "cr8", {mov eax, 5}, {mov cr8, rax}, {xor eax, eax}, {mov rax, cr8}
  TRY64 "cr8 reserved bits", {mov eax, 0x10}, {mov cr8, rax}
  TRYA64 "cr8 cleared", {xor eax, eax}, {mov cr8, rax}, {mov rax, cr8}
  TRY64 "dr7 upper bits", {mov rax, 1 << 40}, {mov dr7, rax}
  TRY64 "dr6 upper bits", {mov rax, 1 << 40}, {mov dr6, rax}
  TRYA64 "dr0 keeps 64 bits", {mov rax, 0x123456789ABCDEF0}, {mov dr0, rax}, {xor eax, eax}, {mov rax, dr0}
  TRY64 "mov cr9", {db 0x44, 0x0F, 0x20, 0xC8}
  TRY64 "mov dr8", {db 0x44, 0x0F, 0x21, 0xC0}
  TRYA64 "mov cr0 reads 64 bits", {mov rax, -1}, {mov rax, cr0}
  TRYA64 "smsw of 64 bits", {mov rax, -1}, {smsw rax}
  TRYA64 "str of 32 bits", {mov rax, -1}, {str eax}

  ; ---- instructions that are gone
  TRY64 "push es", {db 0x06}
  TRY64 "pop ds", {db 0x1F}
  TRY64 "into", {db 0xCE}
  TRY64 "bound is evex", {db 0x62, 0, 0, 0, 0, 0}
  TRY64 "daa", {db 0x27}
  TRY64 "aam", {db 0xD4, 10}
  TRY64 "pusha", {db 0x60}
  TRY64 "far jmp immediate", {db 0xEA, 0, 0, 0, 0, 0, 0}
  TRY64 "far call immediate", {db 0x9A, 0, 0, 0, 0, 0, 0}
  TRY64 "82 is gone", {db 0x82, 0xC0, 0}
  TRY64 "salc is gone", {db 0xD6}
  TRY64 "lds is vex", {db 0xC5, 0x00, 0x00, 0x00}
  TRY64 "arpl is movsxd", {db 0x63, 0xC0}
  TRY64 "two rex prefixes", {db 0x48, 0x48, 0x90}
  TRY64 "rex before a legacy prefix", {db 0x48, 0x66, 0x90}
  TRY64 "sixteen bytes", {times 15 db 0x66}, {nop}
  TRY64 "sixteen bytes with an immediate", {times 6 db 0x3E}, {mov rax, 0x123456789ABCDEF0}
  TRY64 "fifteen bytes with an immediate", {times 5 db 0x3E}, {mov rax, 0x123456789ABCDEF0}
  TRY64 "cmpxchg16b unaligned", {cmpxchg16b [SCRATCH + 8]}
  TRY64 "cmpxchg16b aligned", {cmpxchg16b [SCRATCH]}
  TRY64 "movaps unaligned", {mov rax, cr4}, {or eax, 0x200}, {mov cr4, rax}, {movaps xmm0, [SCRATCH + 8]}

  ; ---- canonical addresses
%define BAD 0x0000800000000000
  TRY64 "read", {mov rbx, BAD}, {mov eax, [rbx]}
  TRY64 "write", {mov rbx, BAD}, {mov [rbx], eax}
  TRY64 "read by rbp", {mov rbp, BAD}, {mov eax, [rbp]}
  TRY64 "read by rsp", {mov rsp, BAD}, {mov eax, [rsp]}
  TRY64 "read by rbp with ds prefix", {mov rbp, BAD}, {mov eax, [ds:rbp]}
  TRY64 "read through ss prefix", {mov rbx, BAD}, {mov eax, [ss:rbx]}
  TRY64 "push", {mov rsp, BAD + 8}, {push rax}
  TRY3_64 "push at CPL 3", 2, {mov rsp, BAD + 8}, {push rax}
  TRY3_64 "pop at CPL 3", 2, {mov rsp, BAD}, {pop rax}
  TRY3_64 "push at the top of the lower half at CPL 3", 2, {mov rsp, BAD}, {push rax}
  TRY3_64 "call at CPL 3", 2, {mov rsp, BAD + 8}, {call $ + 5}
  TRY3_64 "ret at CPL 3", 2, {mov rsp, BAD}, {ret}
  TRY3_64 "enter at CPL 3", 2, {mov rsp, BAD + 8}, {enter 8, 0}
  TRY3_64 "leave at CPL 3", 2, {mov rbp, BAD}, {leave}
  TRY64 "read across the hole", {mov rbx, BAD - 4}, {mov rax, [rbx]}
  TRY64 "read just below", {mov rbx, BAD - 8}, {mov rax, [rbx]}
  TRY64 "read from the top across zero", {mov rbx, -4}, {mov rax, [rbx]}
  TRY64 "jmp", {mov rbx, BAD}, {jmp rbx}
  TRY64 "call", {mov rbx, BAD}, {call rbx}
  TRY64 "ret", {mov rbx, BAD}, {push rbx}, {ret}
  TRY64 "jmp memory", {mov rbx, BAD}, {mov [SCRATCH], rbx}, {jmp [SCRATCH]}
  TRY64 "far jmp", {mov rbx, BAD}, {mov [SCRATCH], rbx}, {mov word [SCRATCH + 8], CS64}, {jmp far qword [SCRATCH]}
  TRY64 "far ret", {mov rbx, BAD}, {push strict qword CS64}, {push rbx}, {o64 retf}
  TRY64 "iretq", {mov rbx, BAD}, {push strict qword KDS}, {push rsp}, {push strict qword 2}, {push strict qword CS64}, {push rbx}, {iretq}
  TRY64 "iretq to CPL 3", {mov rbx, BAD}, {push strict qword UDS}, {push rsp}, {push strict qword 2}, {push strict qword UCS64}, {push rbx}, {iretq}
  TRY64 "fs base by wrmsr", {mov ecx, 0xC0000100}, {xor eax, eax}, {mov edx, 0x8000}, {wrmsr}
  TRY64 "kernel gs base by wrmsr", {mov ecx, 0xC0000102}, {xor eax, eax}, {mov edx, 0x8000}, {wrmsr}
  TRY64 "lstar by wrmsr", {mov ecx, 0xC0000082}, {xor eax, eax}, {mov edx, 0x8000}, {wrmsr}
  TRY64 "cstar by wrmsr", {mov ecx, 0xC0000083}, {xor eax, eax}, {mov edx, 0x8000}, {wrmsr}
  TRY64 "sysenter eip by wrmsr", {mov ecx, 0x176}, {xor eax, eax}, {mov edx, 0x8000}, {wrmsr}
  TRY64 "invlpg", {mov rbx, BAD}, {invlpg [rbx]}
  TRY64 "prefetch", {mov rbx, BAD}, {prefetcht0 [rbx]}
  TRY64 "clflush", {mov rbx, BAD}, {clflush [rbx]}
  TRY64 "lea", {mov rbx, BAD}, {lea rax, [rbx]}
  TRY64 "stosb", {mov rdi, BAD}, {stosb}
  TRY64 "rep movsb of nothing", {mov rdi, BAD}, {xor ecx, ecx}, {rep movsb}
  TRY64 "upper half", {mov rbx, 0xFFFF800000000000 + SCRATCH}, {mov eax, [rbx]}
  TRY3_64 "upper half at CPL 3", 2, {mov rbx, 0xFFFF800000000000 + SCRATCH}, {mov eax, [rbx]}
  TRY64 "32-bit address wraps", {mov ebx, 0xFFFFFFFF}, {mov rax, [ebx + SCRATCH + 1]}
  jmp part2
%include "long2.inc"
%include "tss.inc"
