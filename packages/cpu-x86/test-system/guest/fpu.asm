; Availability of x87, MMX, SSE and AVX by CR0 and CR4; #MF, #XM, #AC.
%include "entry.inc"
%include "lib16.inc"
%include "lib32.inc"
bits 16
main:
  call enter_pm
bits 32
%macro SET 2 ; CR0 bits (EM MP TS NE), CR4 bits
  mov eax, cr0
  and eax, ~0x2E
  or eax, %1
  mov cr0, eax
  mov eax, cr4
  and eax, ~0x40600
  or eax, %2
  mov cr4, eax
%endmacro
; What each kind of instruction does under these bits.
%macro KINDS 3
  SET %2, %3
  TRY {%1, " fninit"}, {fninit}
  TRY {%1, " fnop"}, {fnop}
  TRY {%1, " wait"}, {db 0x9B}
  TRY {%1, " fnstsw"}, {fnstsw ax}
  TRY {%1, " fxsave"}, {fxsave [save]}
  TRY {%1, " fxrstor"}, {fxrstor [image_area]}
  TRY {%1, " emms"}, {emms}
  TRY {%1, " movq mm"}, {movq mm0, [save]}
  TRY {%1, " addps"}, {addps xmm0, xmm0}
  TRY {%1, " paddb xmm"}, {paddb xmm0, xmm0}
  TRY {%1, " ldmxcsr"}, {ldmxcsr [mxcsr]}
  TRY {%1, " cvtpi2ps"}, {cvtpi2ps xmm0, mm0}
  TRY {%1, " movnti"}, {movnti [save], eax}
  TRY {%1, " sfence"}, {sfence}
  TRY {%1, " prefetch"}, {prefetcht0 [save]}
  TRY {%1, " pause"}, {pause}
  TRY {%1, " crc32"}, {crc32 eax, al}
  TRY {%1, " popcnt"}, {popcnt eax, eax}
  TRY {%1, " vaddps"}, {vaddps xmm0, xmm0, xmm0}
  TRY {%1, " vzeroupper"}, {vzeroupper}
  TRY {%1, " andn"}, {andn eax, eax, eax}
  TRY {%1, " xgetbv"}, {xor ecx, ecx}, {xgetbv}
  TRY {%1, " xsave"}, {mov eax, 1}, {xor edx, edx}, {xsave [save]}
%endmacro
  KINDS "plain", 0, 0
  KINDS "OSFXSR", 0, 0x200
  KINDS "EM", 4, 0x200
  KINDS "TS", 8, 0x200
  KINDS "TS MP", 0xA, 0x200
  KINDS "EM TS MP", 0xE, 0x200
  KINDS "MP", 2, 0x200
  KINDS "OSXSAVE", 0, 0x40200
  KINDS "OSXSAVE TS", 8, 0x40200
  SET 0, 0x40200
  xor ecx, ecx
  xor edx, edx
  mov eax, 3
  xsetbv
  TRY "vaddps without YMM in XCR0", {vaddps xmm0, xmm0, xmm0}
  xor ecx, ecx
  xor edx, edx
  mov eax, 7
  xsetbv
  TRY "vaddps", {vaddps xmm0, xmm0, xmm0}
  TRY "vaddps without OSFXSR", {SET 0, 0x40000}, {vaddps xmm0, xmm0, xmm0}
  TRY "vaddps with EM", {SET 4, 0x40200}, {vaddps xmm0, xmm0, xmm0}
  TRY "vaddps with TS", {SET 8, 0x40200}, {vaddps xmm0, xmm0, xmm0}
  SET 0x20, 0x600

  ; ---- #MF
  TRY "x87 divide by zero, unmasked", {fninit}, {fldcw [cw_zero]}, {fldz}, {fld1}, {fdivrp st1}, {fnop}
  TRY "x87 wait", {db 0x9B}
  TRY "x87 fnstsw does not wait", {fnstsw ax}, {and eax, 0x8080}, {P "sw", eax, 4}
  TRY "x87 fnclex does not wait", {fnclex}, {db 0x9B}
  TRY "mmx with a pending x87 exception", {fninit}, {fldcw [cw_zero]}, {fldz}, {fld1}, {fdivrp st1}, {movq mm0, [save]}
  TRY "sse with a pending x87 exception", {addps xmm0, xmm0}
  TRY "fxsave with a pending x87 exception", {fxsave [save]}
  TRY "fninit clears it", {fninit}, {db 0x9B}
  TRY3 "#MF at CPL 3", 2, {fninit}, {fldcw [cw_zero]}, {fldz}, {fld1}, {fdivrp st1}, {fnop}
  fninit
  ; ---- #XM
  TRY "#XM divide by zero", {ldmxcsr [mxcsr_open]}, {xorps xmm0, xmm0}, {movaps xmm1, [ones]}, {divps xmm1, xmm0}
  TRY "#XM flags", {stmxcsr [save]}, {mov eax, [save]}, {P "mxcsr", eax, 8}
  TRY "#XM leaves the register", {movd eax, xmm1}, {P "xmm1", eax, 8}
  TRY "#XM is #UD without OSXMMEXCPT", {SET 0x20, 0x200}, {ldmxcsr [mxcsr_open]}, {divps xmm1, xmm0}
  TRY "ldmxcsr of a reserved bit", {ldmxcsr [mxcsr_bad]}
  TRY "fxrstor of a reserved bit", {mov eax, [mxcsr_bad]}, {mov [image_area + 24], eax}, {fxrstor [image_area]}
  mov dword [image_area + 24], 0x1F80
  TRY "fxsave unaligned", {fxsave [save + 8]}
  TRY "movaps unaligned", {movaps xmm0, [save + 4]}
  TRY "movaps at the end of a page", {movaps xmm0, [SCRATCH + 0xFF0]}
  TRY "movups unaligned", {movups xmm0, [save + 4]}
  TRY "addps unaligned", {addps xmm0, [save + 4]}
  TRY "movntps unaligned", {movntps [save + 4], xmm0}
  TRY "lddqu unaligned", {lddqu xmm0, [save + 4]}
  TRY "movq xmm unaligned", {movq xmm0, [save + 4]}
  TRY "pcmpestri unaligned", {pcmpestri xmm0, [save + 4], 0}

  ; ---- #AC
  mov eax, cr0
  or eax, 0x40000
  mov cr0, eax
  TRY "ac at CPL 0", {push dword 0x40002}, {popfd}, {mov eax, [save + 1]}
  TRY3 "ac off", 2, {mov eax, [save + 1]}, {xor eax, eax}
%macro AC 2-*
  T %1
  TO_R3 0x40002
%rep %0 - 1
  %2
  %rotate 1
%endrep
  xor eax, eax
  DONE
  E
%endmacro
  AC "ac dword", {mov eax, [save + 1]}
  AC "ac dword at 2", {mov eax, [save + 2]}
  AC "ac dword at 4", {mov eax, [save + 4]}
  AC "ac word", {mov ax, [save + 1]}
  AC "ac byte", {mov al, [save + 1]}
  AC "ac write", {mov [save + 2], eax}
  AC "ac qword mmx at 4", {movq mm0, [save + 4]}
  AC "ac movups at 4", {movups xmm0, [save + 4]}
  AC "ac movaps at 8 is #GP", {movaps xmm0, [save + 8]}
  AC "ac fld tword at 4", {fld tword [save + 4]}
  AC "ac fld tword at 8", {fld tword [save + 8]}
  AC "ac fild qword at 4", {fild qword [save + 4]}
  AC "ac push", {sub esp, 2}, {push eax}
  AC "ac push of 16 bits", {sub esp, 2}, {push ax}
  AC "ac movsd", {mov esi, save + 2}, {mov edi, SCRATCH}, {movsd}
  AC "ac xchg", {xchg [save + 1], eax}
  AC "ac lock add", {lock add [save + 2], eax}
  AC "ac cmpxchg8b at 4", {cmpxchg8b [save + 4]}
  AC "ac bound at 4", {xor eax, eax}, {bound eax, [far_pointer + 4]}
  AC "ac lds at 4", {les eax, [far_pointer + 2]}
  AC "ac enter", {enter 6, 0}, {push eax}
  AC "ac lgdt needs CPL 0 anyhow", {lgdt [save + 1]}
  AC "ac sgdt", {sgdt [save + 1]}
  AC "ac int", {sub esp, 2}, {nop}
  AC "ac fetch", {jmp short $ + 3}, {nop}, {nop}
  AC "ac popf clears", {push dword 2}, {popfd}, {mov eax, [save + 1]}
  AC "ac across the page border, second page present", {mov eax, [SCRATCH + 0xFFE]}
  mov eax, cr0
  and eax, ~0x40000
  mov cr0, eax
  AC "ac flag without AM", {mov eax, [save + 1]}
  jmp finish

align 64
save: times 1024 db 0
image_area: dw 0x37F, 0, 0, 0
  times 16 db 0
  dd 0x1F80, 0xFFFF
  times 480 db 0
ones: dd 1.0, 1.0, 1.0, 1.0
mxcsr: dd 0x1F80
mxcsr_open: dd 0x1D80
mxcsr_bad: dd 0x80001F80
cw_zero: dw 0x37B
align 4
far_pointer: dd 0, 0
  dd 0, 0
%include "tss.inc"
