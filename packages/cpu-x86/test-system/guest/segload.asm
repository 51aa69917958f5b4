; Loads of every type of descriptor into every segment register, LDTR and TR; LAR, LSL, VERR, VERW; ARPL.
%include "entry.inc"
%include "lib16.inc"
%include "lib32.inc"
%include "cases.inc"
bits 16
main:
  call enter_pm
bits 32

  FOR_ALL "mov ds", 0, {mov ds, ebp}
  FOR_ALL "mov es", 0, {mov es, ebp}
  FOR_ALL "mov fs", 0, {mov fs, ebp}
  FOR_ALL "mov ss", 0, {mov ss, ebp}
  FOR_ALL "lar", 1, {lar ebx, ebp}, {lahf}, {and eax, 0x4000}, {xor ebx, eax}
  FOR_ALL "lsl", 1, {lsl ebx, ebp}, {lahf}, {and eax, 0x4000}, {xor ebx, eax}
  FOR_ALL "verr", 1, {verr bp}, {setz bl}
  FOR_ALL "verw", 1, {verw bp}, {setz bl}
  FOR_ALL "lldt", 0, {lldt bp}
  FOR_ALL "ltr", 0, {ltr bp}
  mov eax, LDTSEL
  lldt ax

  ; ---- the other ways of loading
  SETD TD, 0, 0xFFFFF, 0x93, 0xC
  SETD TD + 8, 0, 0xFFFFF, 0x73, 0xC
  SETD TD + 16, 0x1234, 0xFFFFF, 0x92, 0xC
  TRY "lds of a not present segment", {lds eax, [pointer_np]}
  TRYA "lss", {mov edx, esp}, {mov [pointer_ss], edx}, {lss esp, [pointer_ss]}, {mov eax, ss}
  TRY "lss of a null selector", {lss esp, [pointer_null]}
  TRYA "les of a null selector", {les eax, [pointer_null]}, {mov eax, es}
  TRYA "pop es", {push dword TD}, {pop es}, {mov eax, es}
  TRYA "pop es beyond the table", {push dword 0x208}, {pop es}, {mov eax, es}
  TRY "pop ss of a code segment", {push dword CS32}, {pop ss}
  TRYA "pop fs of null with RPL 3", {push dword 3}, {pop fs}, {mov eax, fs}
  TRY "pop of 32 bits uses the low half", {push dword 0x12340000 + TD}, {pop gs}
  TRY "pop fault keeps esp", {mov [value], esp}, {push dword 0x208}, {pop gs}
  TRY "ldt selector beyond its limit", {mov eax, 0x84}, {mov ds, eax}
  TRY "ldt null descriptor", {mov eax, 4}, {mov ds, eax}
  T "ldt descriptor"
  mov dword [ldt + 8], DLO(0, 0xFFFF)
  mov dword [ldt + 12], DHI(0, 0xFFFF, 0x92, 0)
  mov eax, 0x0C
  mov fs, eax
  P "access", [ldt + 12], 8
  E
  TRY "ldt of null", {xor eax, eax}, {lldt ax}, {mov eax, 0x0C}, {mov fs, eax}
  TRYA "sldt of null", {sldt eax}
  TRY "lldt from the local table", {mov eax, 0x0C}, {lldt ax}
  TRY "ltr of null", {xor eax, eax}, {ltr ax}
  TRY "ltr from the local table", {mov eax, 0x0C}, {ltr ax}
  TRY "ltr beyond the table", {mov eax, 0x208}, {ltr ax}
  TRY "lldt beyond the table", {mov eax, 0x208}, {lldt ax}
  T "accessed bit"
  mov eax, TD + 16
  P "before", [gdt + TD + 20], 8
  mov gs, eax
  P "after", [gdt + TD + 20], 8
  E
  T "ltr sets busy"
  SETD TD + 24, ABS(tss), 0x67, 0x89, 0
  mov eax, TD + 24
  ltr ax
  P "desc", [gdt + TD + 28], 8
  str eax
  P "str", eax, 8
  E
  TRY "ltr of the busy one", {mov eax, TD + 24}, {ltr ax}
  TRYA "str to memory writes 16 bits", {mov dword [value], -1}, {str [value]}, {mov eax, [value]}
  TRYA "sldt to memory writes 16 bits", {mov dword [value], -1}, {sldt [value]}, {mov eax, [value]}
  TRYA "sldt of 16 bits keeps the upper half", {mov eax, -1}, {sldt ax}
  TRYA "str of 16 bits keeps the upper half", {mov eax, -1}, {str ax}
  TRYA "mov to 32-bit register from ds", {mov eax, -1}, {mov eax, ds}
  TRYA "mov to 16-bit register from ds", {mov eax, -1}, {mov ax, ds}
  TRYA "push ds writes", {push dword -1}, {pop eax}, {push ds}, {pop eax}
  TRYA "segment limit byte granular border", {mov eax, 0x1FF & ~7}, {lar ebx, eax}, {mov eax, ebx}
  TRY "gdt limit cuts a descriptor", {lgdt [cut_gdtr]}, {mov eax, TD}, {mov fs, eax}
  lgdt [gdtr]
  TRY "gdt limit ends at a descriptor", {lgdt [fit_gdtr]}, {mov eax, TD}, {mov fs, eax}
  lgdt [gdtr]

  ; ---- ARPL, LAR, LSL, VERR, VERW on special selectors
%macro SELECTOR 2
  T "lar lsl verr verw of ", %1
  mov ebp, %2
  xor ebx, ebx
  lar eax, ebp
  setz bl
  lsl eax, ebp
  setz bh
  shl ebx, 16
  verr bp
  setz bl
  verw bp
  setz bh
  P "zf", ebx, 8
  E
%endmacro
  SELECTOR "null", 0
  SELECTOR "null with RPL 3", 3
  SELECTOR "beyond the table", 0x208
  SELECTOR "the local table", 0x0C
  SELECTOR "flat data", DS32
  SELECTOR "flat code", CS32
  TRYA "lsl page granular", {mov ebp, DS32}, {lsl eax, ebp}
  TRYA "lsl of 16 bits", {mov ebp, DS32}, {mov eax, 0x12345678}, {lsl ax, bp}
  TRYA "lar of 16 bits", {mov ebp, DS32}, {mov eax, 0x12345678}, {lar ax, bp}
  TRYA "arpl raises", {mov eax, 0x100}, {mov ebx, 2}, {arpl ax, bx}, {mov ecx, 0}, {setz cl}, {shl ecx, 16}, {or eax, ecx}
  TRYA "arpl keeps", {mov eax, 0x103}, {mov ebx, 2}, {arpl ax, bx}, {mov ecx, 0}, {setz cl}, {shl ecx, 16}, {or eax, ecx}
  TRYA "arpl to memory", {mov dword [value], 0x77770100}, {mov ebx, 3}, {arpl [value], bx}, {mov eax, [value]}
  TRY3 "arpl at CPL 3", 2, {mov eax, 0x100}, {mov ebx, 2}, {arpl ax, bx}
  TRY3 "lldt at CPL 3", 2, {lldt ax}
  TRY3 "ltr at CPL 3", 2, {ltr ax}
  TRY3 "ss of CPL 0 at CPL 3", 2, {mov ebx, DS32}, {mov ss, ebx}
  TRY3 "ss with wrong RPL at CPL 3", 2, {mov ebx, UDS & ~3}, {mov ss, ebx}
  TRY "ss with RPL 3 at CPL 0", {mov eax, UDS}, {mov ss, eax}
  TRY3 "null ds at CPL 3", 2, {xor ebx, ebx}, {mov ds, ebx}
  T "outer return clears segments that are too inner"
  mov eax, DS32
  mov ds, eax
  mov es, eax
  mov fs, eax
  mov eax, UDS
  mov gs, eax
  push dword UDS
  push dword STACK3
  push dword UCS32
  push dword .outer
  retf
.outer:
  mov eax, ds
  shl eax, 16
  mov ax, gs
  DONE
  E
  T "conforming code stays in ds at an outer return"
  SETD TD, 0, 0xFFFFF, 0x9F, 0xC
  mov eax, TD
  mov fs, eax
  push dword UDS
  push dword STACK3
  push dword 2
  push dword UCS32
  push dword .outer2
  iretd
.outer2:
  mov eax, fs
  DONE
  E
  jmp finish

align 16
value: dd 0, 0
pointer_np: dd 0
  dw TD + 8
pointer_ss: dd 0
  dw DS32
pointer_null: dd 0
  dw 0
cut_gdtr: dw 0x86
  dd gdt
fit_gdtr: dw 0x87
  dd gdt
%include "tss.inc"
