; Single step, debug registers, RF, interrupt shadows.
%include "entry.inc"
%include "lib16.inc"
%include "lib32.inc"
bits 16
main:
  call enter_pm
bits 32

; TRACE name, flags, instructions: prints where each #DB came and DR6, goes on until INT 40h.
%macro TRACE 3-*
  mov dword [h_hook], tracer
  mov dword [h_count], 40
  T %1
  push dword %2
  popfd
%rep %0 - 2
  %3
  %rotate 1
%endrep
  int 0x40
  E
%endmacro
%macro TRACE3 3-*
  mov dword [h_hook], tracer
  mov dword [h_count], 40
  T %1
  TO_R3 %2
%rep %0 - 2
  %3
  %rotate 1
%endrep
  int 0x40
  E
%endmacro
  TRACE "tf", 0x102, {nop}, {nop}
  TRACE "tf over rep movsb", 0x102, {mov ecx, 3}, {mov esi, SCRATCH}, {mov edi, SCRATCH + 64}, {rep movsb}, {nop}
  TRACE "tf over rep stosd of nothing", 0x102, {xor ecx, ecx}, {rep stosd}, {nop}
  TRACE "tf over repe cmpsb that stops", 0x102, {mov ecx, 4}, {mov esi, SCRATCH}, {mov edi, SCRATCH}, {repe cmpsb}, {nop}
  TRACE "tf over rep outsb", 0x102, {mov ecx, 2}, {mov dx, 0x80}, {mov esi, SCRATCH}, {rep outsb}, {nop}
  TRACE "tf over popf that clears it", 0x102, {push dword 2}, {popfd}, {nop}, {nop}
  TRACE "tf set by popf", 2, {push dword 0x102}, {popfd}, {nop}, {nop}
  TRACE "tf over pushf shows it", 0x102, {pushfd}, {pop eax}
  TRACE "tf over mov ss", 0x102, {mov eax, ss}, {mov ss, eax}, {nop}, {nop}
  TRACE "tf over pop ss", 0x102, {push ss}, {pop ss}, {nop}, {nop}
  TRACE "tf over mov ss twice", 0x102, {mov eax, ss}, {mov ss, eax}, {mov ss, eax}, {nop}, {nop}
  TRACE "tf over sti", 0x102, {sti}, {cli}, {nop}
  TRACE "tf over jumps", 0x102, {jmp short $ + 4}, {nop}, {nop}, {nop}
  TRACE "tf over call and ret", 0x102, {call $ + 6}, {nop}, {pop eax}, {nop}
  TRACE "tf over loop", 0x102, {mov ecx, 3}, {loop $}, {nop}
  TRACE "tf over int3 is not traced inside", 0x102, {int 0x41}
  TRACE "tf over iret that sets it", 2, {push dword 0x102}, {push dword CS32}, {push dword over_iret}, {iretd}
  TRACE "tf over mov cr0", 0x102, {mov eax, cr0}, {mov cr0, eax}, {nop}
  TRACE "tf over in and out", 0x102, {in al, 0x80}, {out 0x80, al}, {xor eax, eax}
  TRACE "tf over cpuid", 0x102, {xor eax, eax}, {cpuid}, {xor eax, eax}
  TRACE "tf over a faulting instruction", 0x102, {xor eax, eax}, {ud2}
  TRACE "tf over far jump", 0x102, {jmp CS32:$ + 7}, {nop}
  TRACE "tf over mov dr7", 0x102, {xor eax, eax}, {mov dr7, eax}, {nop}
  TRACE "tf over int to a conforming gate", 0x102, {nop}
  TRACE "bs alone set by hand", 2, {mov eax, 0x4000}, {mov dr6, eax}, {nop}
  TRACE3 "tf at CPL 3", 0x102, {nop}, {nop}
  TRACE3 "tf over popf at CPL 3", 0x2, {push dword 0x102}, {popfd}, {nop}

  ; ---- breakpoints: B name, address, DR7, instructions
%macro B 4-*
  mov dword [h_hook], tracer
  mov dword [h_count], 40
  xor eax, eax
  mov dr7, eax
  mov eax, %2
  mov dr0, eax
  mov eax, 0xFFFF0FF0
  mov dr6, eax
  T %1
  mov eax, %3
  mov dr7, eax
%rep %0 - 3
  %4
  %rotate 1
%endrep
  int 0x40
  E
  xor eax, eax
  mov dr7, eax
%endmacro
%define RW(type, len) (1 | (type) << 16 | (len) << 18)
  mov esi, SCRATCH
  B "execute", point, RW(0, 0), {call point}
  B "execute, local and global", point, RW(0, 0) | 2, {call point}
  B "execute, disabled", point, 0, {call point}
  B "execute at the second byte", point + 1, RW(0, 0), {call point}
  B "execute at a rep", point_rep, RW(0, 0), {mov ecx, 3}, {mov edi, SCRATCH + 64}, {call point_rep}
  B "execute after mov ss", point_ss, RW(0, 0), {mov eax, ss}, {call point_ss - 2}
  B "write 1", SCRATCH, RW(1, 0), {mov byte [SCRATCH], 1}, {nop}
  B "write 1, read does not hit", SCRATCH, RW(1, 0), {mov al, [SCRATCH]}, {nop}
  B "write 1, neighbour does not hit", SCRATCH, RW(1, 0), {mov byte [SCRATCH + 1], 1}, {nop}
  B "write 1, dword over it", SCRATCH + 2, RW(1, 0), {mov dword [SCRATCH], 1}, {nop}
  B "write 2", SCRATCH, RW(1, 1), {mov byte [SCRATCH + 1], 1}, {nop}
  B "write 2, unaligned address is aligned", SCRATCH + 1, RW(1, 1), {mov byte [SCRATCH], 1}, {nop}
  B "write 4", SCRATCH, RW(1, 3), {mov byte [SCRATCH + 3], 1}, {nop}
  B "write 4 does not hit 4 further", SCRATCH, RW(1, 3), {mov byte [SCRATCH + 4], 1}, {nop}
  B "write 4 from before", SCRATCH, RW(1, 3), {mov dword [SCRATCH - 3], 1}, {nop}
  B "length 8", SCRATCH, RW(1, 2), {mov byte [SCRATCH + 7], 1}, {nop}
  B "read and write, reads", SCRATCH, RW(3, 0), {mov al, [SCRATCH]}, {nop}
  B "read and write, writes", SCRATCH, RW(3, 0), {mov [SCRATCH], al}, {nop}
  B "read and write, not fetches", point, RW(3, 0), {call point}
  B "read and write, rmw", SCRATCH, RW(3, 3), {add dword [SCRATCH], 1}, {nop}
  B "write, push", SCRATCH + 0x1FC, RW(1, 3), {mov esp, SCRATCH + 0x200}, {push eax}, {pop eax}, {xor eax, eax}, {mov dr7, eax}
  B "write, rep stosb goes on", SCRATCH + 66, RW(1, 0), {mov ecx, 5}, {mov edi, SCRATCH + 64}, {rep stosb}, {nop}
  B "write, rep movsb goes on", SCRATCH + 66, RW(1, 0), {mov ecx, 5}, {mov edi, SCRATCH + 64}, {mov esi, SCRATCH}, {rep movsb}, {nop}
  B "write after mov ss waits", SCRATCH, RW(1, 0), {mov eax, ss}, {mov ss, eax}, {mov [SCRATCH], al}, {nop}
  B "mov ss from watched memory", SCRATCH, RW(3, 0), {mov word [SCRATCH], DS32}, {mov ss, [SCRATCH]}, {nop}, {nop}
  B "two at once", SCRATCH, RW(1, 0) | 4 | 1 << 20, {mov ebx, SCRATCH + 1}, {mov dr1, ebx}, {mov word [SCRATCH], 1}, {nop}
  B "disabled neighbour shows in dr6", SCRATCH, RW(1, 0) | 1 << 20, {mov ebx, SCRATCH + 1}, {mov dr1, ebx}, {mov word [SCRATCH], 1}, {nop}
  B "sgdt writes", SCRATCH, RW(1, 0), {sgdt [SCRATCH]}, {nop}
  B "far pointer reads", SCRATCH + 0x304, RW(3, 0), {lgs eax, [SCRATCH + 0x300]}, {lgs eax, [SCRATCH + 0x308]}, {nop}
  B "general detect, write", SCRATCH, 0x2000, {mov dr0, eax}, {nop}
  B "general detect, read", SCRATCH, 0x2000, {mov ebx, dr6}, {nop}
  B "with single step", SCRATCH, RW(1, 0), {push dword 0x102}, {popfd}, {mov [SCRATCH], al}, {nop}
  B "xchg writes", SCRATCH, RW(1, 0), {xchg [SCRATCH], al}, {nop}
  B "cmpxchg that does not store", SCRATCH, RW(1, 0), {mov byte [SCRATCH], 5}, {mov al, 1}, {cmpxchg [SCRATCH], ah}, {nop}
  B "a fault in the same instruction wins", SCRATCH, RW(3, 3), {xor eax, eax}, {mov fs, eax}, {push dword [SCRATCH]}, {nop}

  ; ---- I/O breakpoints need CR4.DE
  mov eax, cr4
  or eax, 8
  mov cr4, eax
  B "i/o read", 0x80, RW(2, 0), {in al, 0x80}, {xor eax, eax}
  B "i/o write", 0x80, RW(2, 0), {out 0x80, al}, {nop}
  B "i/o of a word over it", 0x81, RW(2, 0), {in ax, 0x80}, {xor eax, eax}
  B "i/o neighbour", 0x82, RW(2, 0), {in ax, 0x80}, {xor eax, eax}
  B "i/o rep outsb goes on", 0x80, RW(2, 0), {mov ecx, 2}, {mov dx, 0x80}, {mov esi, SCRATCH}, {rep outsb}, {nop}
  B "type 2 does not hit memory", SCRATCH, RW(2, 0), {mov [SCRATCH], al}, {nop}
  mov dword [h_hook], 0
  TRY "mov dr4 with DE", {mov eax, dr4}
  TRY "mov dr5 with DE", {mov dr5, eax}
  mov eax, cr4
  and eax, ~8
  mov cr4, eax
  TRYA "mov dr4 is dr6", {mov eax, 0xFFFF0FF3}, {mov dr6, eax}, {mov eax, dr4}
  TRYA "mov dr5 is dr7", {mov eax, 0x700}, {mov dr7, eax}, {mov eax, dr5}
  TRYA "dr6 has fixed bits", {xor eax, eax}, {mov dr6, eax}, {mov eax, dr6}
  TRYA "dr6 of all ones", {mov eax, -1}, {mov dr6, eax}, {mov eax, dr6}, {and eax, 0xFFFEFFFF}
  mov eax, 0xFFFF0FF0
  mov dr6, eax
  TRYA "dr7 has fixed bits", {xor eax, eax}, {mov dr7, eax}, {mov eax, dr7}
  TRYA "dr7 of upper ones", {mov eax, 0xFFFFD000}, {mov dr7, eax}, {mov eax, dr7}
  xor eax, eax
  mov dr7, eax

  ; ---- RF: pushed by faults, not by traps; set by IRET, cleared by the next instruction
  mov dword [h_hook], show_rf
  TRY "rf of #UD", {ud2}
  TRY "rf of #GP", {mov eax, 0x208}, {mov ds, eax}
  TRY "rf of #DE", {xor ecx, ecx}, {div ecx}
  TRY "rf of INT", {int 0x40}
  TRY "rf of INT3", {int3}
  TRY "rf of a single step", {push dword 0x102}, {popfd}, {nop}
  TRY "rf of #GP in a rep", {xor eax, eax}, {mov fs, eax}, {mov ecx, 4}, {fs rep lodsb}
  T "iret sets rf, the instruction clears it"
  push dword 0x10002
  push dword CS32
  push dword .rf
  iretd
.rf:
  pushfd
  pop eax
  P "fl", eax, 8
  E
  T "rf hides an execution breakpoint once"
  mov dword [h_hook], tracer
  mov dword [h_count], 40
  mov eax, .here
  mov dr0, eax
  mov eax, RW(0, 0)
  mov dr7, eax
  push dword 0x10002
  push dword CS32
  push dword .here
  iretd
.here:
  inc edx
  jmp short .again
.again:
  xor eax, eax
  mov dr7, eax
  int 0x40
  E
  T "popf does not set rf"
  mov eax, .hit
  mov dr0, eax
  mov eax, RW(0, 0)
  mov dr7, eax
  push dword 0x10002
  popfd
.hit:
  nop
  xor eax, eax
  mov dr7, eax
  int 0x40
  E
  jmp finish

over_iret:
  nop
  nop
  int 0x40
  nop
point:
  inc edx
  ret
point_rep:
  rep stosb
  ret
  mov ss, eax
point_ss:
  nop
  ret

; Prints each #DB and goes on; anything else is reported as ever.
tracer:
  cmp dword [ebp + F_VECTOR], 0x41
  je .resume
  cmp dword [ebp + F_VECTOR], 1
  jne .report
  dec dword [h_count]
  jz .report
  S " "
  mov eax, [ebp + F_IP]
  sub eax, [t_start]
  mov cl, 4
  call hex32
  S "/"
  mov eax, dr6
  mov cl, 4
  call hex32
  mov eax, 0xFFFF0FF0
  mov dr6, eax
  mov eax, [ebp + F_FL]
  shr eax, 16
  and eax, 1
  mov cl, 1
  call hex32
  or byte [ebp + F_FL + 2], 1            ; RF, so that an execution breakpoint is passed
  mov dword [ebp + 24], SCRATCH          ; EBX
.resume:
  stc
  ret
.report:
  and byte [ebp + F_FL + 1], 0xFE
  clc
  ret
show_rf:
  mov eax, [ebp + F_FL]
  shr eax, 16
  and eax, 1
  P "rf", eax, 1
  clc
  ret
%include "tss.inc"
