; Segment limits and access rights in protected mode: data by size at every border, code, stacks, strings.
%include "entry.inc"
%include "lib16.inc"
%include "lib32.inc"
bits 16
main:
  call enter_pm
bits 32
  mov eax, cr4
  or eax, 0x200                          ; OSFXSR
  mov cr4, eax
  fninit

  ; ---- every size around the border, through FS and SS of CPL 3. The border is the first offset that faults, or for
  ; expand-down segments the first one that does not.
%macro AROUND 5 ; name, 1 for SS, border, segment's name, instruction
  mov dword [offset], %3 - 10
%%next:
  S %1, " ", %4, " "
  mov eax, [offset]
  mov cl, 4
  call hex32
  BEGIN_AT %%end
  TO_R3
  mov edi, [offset]
  mov ebx, TD | 3
%if %2
  mov ss, ebx
%else
  mov fs, ebx
%endif
  xor eax, eax
  %5
  mov eax, 1
  DONE
%%end:
  inc dword [offset]
  cmp dword [offset], %3 + 2
  jb %%next
%endmacro
; One segment: name, base, limit, access, flags, border. The name is printed behind that of the access.
%macro SEGMENT 6
  SETD TD, %2, %3, %4, %5
  AROUND "rd1", 0, %6, %1, {mov al, [fs:edi]}
  AROUND "rd2", 0, %6, %1, {mov ax, [fs:edi]}
  AROUND "rd4", 0, %6, %1, {mov eax, [fs:edi]}
  AROUND "rd8", 0, %6, %1, {movq mm0, [fs:edi]}
  AROUND "rd10", 0, %6, %1, {fld tword [fs:edi]}
  AROUND "rd16", 0, %6, %1, {movups xmm0, [fs:edi]}
  AROUND "wr2", 0, %6, %1, {mov [fs:edi], ax}
  AROUND "wr8", 0, %6, %1, {movq [fs:edi], mm0}
  AROUND "rmw4", 0, %6, %1, {add [fs:edi], eax}
  AROUND "ss4", 1, %6, %1, {mov eax, [ss:edi]}
%endmacro
  SEGMENT "up", 0x200000, 0xFFF, 0xF3, 4, 0x1000
  SEGMENT "up pages", 0x200000, 1, 0xF3, 0xC, 0x2000
  SEGMENT "down16", 0x200000, 0xFFF, 0xF7, 0, 0x1000
  jmp part2
align 4
offset: dd 0
%include "limits2.inc"
