/**
 * Tests on which QEMU 7.2 and Bochs 2.7 differ, or are both wrong, and what the manuals say. SDM is the Intel 64 and
 * IA-32 Architectures Software Developer's Manual, APM the AMD64 Architecture Programmer's Manual.
 */
export type KnownDifference = {
  readonly guest: string;
  /** The test's name, or names. */
  readonly test: string | RegExp;
  /** Holds only where an oracle says this. */
  readonly qemu?: RegExp;
  readonly bochs?: RegExp;
  /** Why: the manual's section, and what the wrong one does. */
  readonly why: string;
} & ({ readonly wrong: 'qemu' | 'bochs' } | { readonly is: string } | { readonly either: true } | { readonly matches: RegExp }
  | { readonly fix: (bochs: string) => string });

/** Guests whose tests QEMU's TCG does not implement and that it would not end: Bochs alone is asked. */
export const bochsOnly: readonly string[] = ['control', 'smm'];

const LIMITS = 'SDM 3A 5.3: QEMU does not check segment limits';
const RIGHTS = 'SDM 3A 5.4, 5.5: QEMU does not check the type of a loaded segment, nor null segments';
const fault = /v=0[CD]/;

/** Differences that one cause explains in several guests or lines. */
const limits: readonly KnownDifference[] = [
  { guest: 'real', test: /^(byte|word|dword) (read|write)|^(fild|fld|movs|stos|lds|push|pop|ret|leave)|at sp=|wraps?/, bochs: fault, wrong: 'qemu', why: `${LIMITS} (real-address mode: SDM 3A 20.1.1)` },
  { guest: 'real', test: /^(push|call) at sp=1$|^enter wraps$/, bochs: /^reset$/, wrong: 'qemu', why: 'SDM 2B PUSH: with SP = 1 the processor shuts down; QEMU wraps' },
  { guest: 'real', test: /out of the limit$|^execution wraps/, bochs: /v=0D/, wrong: 'qemu', why: `${LIMITS}; SDM 2A JMP: #GP when the offset is beyond the limit` },
  { guest: 'real', test: /^small limit|keep the limit$/, bochs: /v=0D/, wrong: 'qemu', why: `${LIMITS}; SDM 3A 9.9.2: hidden parts last in real mode` },
  { guest: 'limits', test: /^(rd|wr|rmw|ss)\d+ (up|down)|^(down16|down32|limit 0) /, bochs: fault, wrong: 'qemu', why: LIMITS },
  { guest: 'limits', test: /^(read only|execute and read|null|write through|clflush|read of execute-only)/, bochs: /v=0D/, wrong: 'qemu', why: RIGHTS },
  { guest: 'limits', test: /beyond|limit|across|below|at 2$|at 0 |at 1001|at FF|at 0$|^call near|bad frame|^e[bs]p uses|before the stack|far call at 4|of 16 bits$/, bochs: fault, wrong: 'qemu', why: `${LIMITS} of code and stacks` },
  { guest: 'limits', test: /^(rep|repne|movs) /, bochs: /v=0D/, wrong: 'qemu', why: `${LIMITS}; SDM 2B REP: the registers show the iteration that faulted` },
  { guest: 'v86', test: /^(limit|stack limit|word at FFFF|jump beyond the limit)$/, bochs: fault, wrong: 'qemu', why: `${LIMITS} (SDM 3A 20.2)` },
  { guest: 'transfer', test: 'inner stack beyond its limit', wrong: 'qemu', why: 'SDM 2A CALL: #SS(new SS) when the stack has no room' },
  { guest: 'interrupts', test: 'inner stack of CPL 1 beyond its limit', wrong: 'qemu', why: 'SDM 2A INT n: #SS(new SS) when the stack has no room' },
  { guest: 'interrupts', test: 'stack fault while delivering at CPL 0', wrong: 'qemu', why: LIMITS },
  { guest: 'long', test: 'limits hold in compatibility mode', wrong: 'qemu', why: RIGHTS },
  { guest: 'tasks', test: 'eip beyond the limit', wrong: 'qemu', why: 'SDM 3A 7.3: the fault is the new task\'s, its EIP is saved; QEMU saves the old one' },
];

const privilege: readonly KnownDifference[] = [
  { guest: 'segload', test: 'ltr of null', wrong: 'qemu', why: 'SDM 2A LTR: #GP(0) for a null selector; QEMU accepts it' },
  { guest: 'segload', test: 'push ds writes', either: true, why: 'SDM 2B PUSH: a segment register is zero-extended or only 16 bits are written' },
  { guest: 'transfer', test: /^call gate[19][57]$/, wrong: 'qemu', why: 'SDM 2A CALL: CS(RPL) is CPL for conforming code; QEMU leaves RPL 0' },
  { guest: 'transfer', test: /^jmp gate[23AB][0-9A-F]$/, bochs: /v=0B/, wrong: 'qemu', why: 'SDM 2A JMP: #NP when the target is not present; QEMU raises #GP' },
  { guest: 'transfer', test: 'upper offset of a 16-bit gate is ignored', wrong: 'qemu', why: 'SDM 2A CALL: the offset of a 16-bit gate is cut to 16 bits' },
  { guest: 'transfer', test: 'inner stack not present', wrong: 'qemu', why: 'SDM 2A CALL: #SS(new SS); QEMU raises #TS' },
  { guest: 'interrupts', test: 'inner stack of CPL 1 not present', wrong: 'qemu', why: 'SDM 2A INT n: #SS(new SS); QEMU raises #TS' },
  { guest: 'transfer', test: 'stack segment not present retf', wrong: 'qemu', why: 'SDM 2B RET: #SS(selector); QEMU raises #NP' },
  { guest: 'transfer', test: 'stack segment not present iret', matches: /^v=0[BC] e=0080 /, why: 'SDM 2A IRET lists #NP(selector), its operation and APM 3 IRET #SS(selector)' },
  { guest: 'transfer', test: 'iret flags at CPL 0', wrong: 'qemu', why: 'SDM 2A IRET: at CPL 0 VIF and VIP are loaded' },
  { guest: 'interrupts', test: /^#NP while delivering #(UD|DB|BR)/, wrong: 'qemu', why: 'SDM 3A 6.13: EXT is set while an exception, not INT n, INT3 or INTO, is delivered' },
  { guest: 'v86', test: 'gate of DPL 3 must lead to CPL 0', wrong: 'qemu', why: 'SDM 2A INT n: from V86 mode #GP(new CS) unless DPL is 0' },
  { guest: 'v86', test: 'iret to v86 at CPL 3', wrong: 'qemu', why: 'SDM 2A IRET: VM is loaded at CPL 0 only' },
];

const opcodes: readonly KnownDifference[] = [
  { guest: 'real', test: 'int1', wrong: 'qemu', why: 'SDM 2A INT1: #DB; QEMU raises #UD' },
  { guest: 'interrupts', test: /^int1/, wrong: 'qemu', why: 'SDM 2A INT1: #DB, DPL is not checked; QEMU raises #UD' },
  { guest: 'v86', test: /int1, IOPL 0$/, wrong: 'qemu', why: 'SDM 2A INT1: #DB whatever IOPL is; QEMU raises #UD' },
  { guest: 'interrupts', test: /^lock (on (mov|test)|bt memory)$/, wrong: 'qemu', why: 'SDM 2A LOCK: #UD for what does not modify memory' },
  { guest: 'interrupts', test: /^(pop with a nonzero reg field|mov immediate with reg 1)$/, wrong: 'qemu', why: 'SDM 2D table A-6: groups 1A and 11 define reg 0 only' },
  { guest: 'real', test: 'rdpmc of a missing counter', wrong: 'qemu', why: 'SDM 2B RDPMC: #GP for a counter that does not exist; QEMU has no RDPMC' },
  { guest: 'real', test: 'rdmsr of a missing register', wrong: 'qemu', why: 'SDM 2B RDMSR: #GP; QEMU reads 0' },
  { guest: 'real', test: /^mov cr0 with (PG without PE|NW without CD)$/, wrong: 'qemu', why: 'SDM 2B MOV CR: #GP; QEMU does not check' },
];

const tasks: readonly KnownDifference[] = [
  { guest: 'tasks', test: 'gate to the local table', wrong: 'qemu', why: 'SDM 2A CALL: #GP(TSS selector); QEMU raises #TS' },
  { guest: 'tasks', test: /^new (cs|ds|fs|gs|ldt|ss) /, wrong: 'qemu', why: 'SDM 3A 7.3, table 7-1: the fault is the new task\'s, its EIP is saved, #SS for a stack not present' },
  { guest: 'tasks', test: 'T bit', wrong: 'qemu', why: 'SDM 3B 17.3.1.5: #DB with BT before the first instruction; QEMU ignores T' },
  { guest: 'tasks', test: 'call, iret', wrong: 'qemu', why: 'SDM 3A 7.3: all flags are saved in the old task; QEMU loses the carry' },
];

const io: readonly KnownDifference[] = [
  { guest: 'v86', test: 'v86 rep ins of nothing', matches: /v=0D e=0000/, why: 'SDM 2A INS, 2B REP: no iteration, no check; the oracles check once' },
  { guest: 'v86', test: 'CPL 3 rep ins of nothing', matches: /^v=(0D e=0000|40) /, why: 'SDM 2A INS, 2B REP: no iteration, no check; the oracles check once' },
];

const vme: readonly KnownDifference[] = [
  { guest: 'v86', test: /^(vme|pvi) /, wrong: 'qemu', why: 'SDM 3A 20.3, 20.4: QEMU has neither VME nor PVI' },
];

/** RF of a trap at the same address as the one before. */
function resumed(line: string): string {
  let last = '';
  return line.replaceAll(/\b([0-9A-F]{4})\/([0-9A-F]{4})0/g, (entry: string, at: string, dr6: string) => {
    const again = at === last;
    last = at;
    return again ? `${at}/${dr6}1` : entry;
  });
}
const RF = 'SDM 3B 17.3.1.1: RF is pushed set by a trap after any iteration of a repeated string instruction but the last; the oracles clear it';

const debug: readonly KnownDifference[] = [
  { guest: 'debug', test: 'tf over mov ss twice', either: true, why: 'SDM 3A 6.8.3: only the first of consecutive loads of SS is sure to inhibit' },
  { guest: 'debug', test: 'tf over sti', wrong: 'qemu', why: 'SDM 2B STI: only maskable interrupts are held back' },
  { guest: 'debug', test: 'execute at a rep', wrong: 'qemu', why: 'SDM 3B 17.3.1.1: RF stays set through all iterations' },
  { guest: 'debug', test: 'execute after mov ss', wrong: 'qemu', why: 'SDM 3A 6.8.3: instruction breakpoints are held back after a load of SS' },
  { guest: 'debug', test: 'mov ss from watched memory', wrong: 'qemu', why: 'SDM 3A 6.8.3: the data breakpoint waits for the next instruction' },
  { guest: 'debug', test: 'write 2, unaligned address is aligned', wrong: 'qemu', why: 'SDM 3B 17.2.5: the lower bits of the address are ignored' },
  { guest: 'debug', test: 'two at once', wrong: 'qemu', why: 'SDM 3B 17.2.3: B0 to B3 of all conditions met' },
  { guest: 'debug', test: 'disabled neighbour shows in dr6', either: true, why: 'SDM 3B 17.2.3: a disabled breakpoint may show' },
  { guest: 'debug', test: /^general detect/, wrong: 'qemu', why: 'SDM 3B 17.2.4: GD; QEMU ignores it' },
  { guest: 'debug', test: 'with single step', wrong: 'qemu', why: 'SDM 3B 17.2.3: both causes come in one exception' },
  { guest: 'debug', test: /^tf over repe? (movsb|outsb|cmpsb)/, fix: resumed, why: RF },
  { guest: 'debug', test: /^write, rep (stosb|movsb) goes on$/, fix: (line) => line.replace('/0FF10', '/0FF11'), why: RF },
  { guest: 'debug', test: 'i/o rep outsb goes on', fix: (line) => line.replace('/0FF10', '/0FF11'), why: `${RF}; QEMU traps once` },
  { guest: 'debug', test: /^dr[67] of /, wrong: 'qemu', why: 'SDM 3B 17.2.3, 17.2.4: reserved bits are fixed' },
  { guest: 'debug', test: /^rf of #/, wrong: 'qemu', why: 'SDM 3B 17.3.1.1: faults push RF set' },
];

const paging: readonly KnownDifference[] = [
  { guest: 'paging', test: / rmw(, WP)?$/, wrong: 'qemu', why: 'SDM 3A 4.7: the access is a write; QEMU reads first and reports a read' },
  { guest: 'paging', test: /reserved|NX without NXE/, wrong: 'qemu', why: 'SDM 3A 4.7: P is set when RSVD is; SDM 3A 4.4.1: reserved bits of a PDPTE are #GP at MOV CR3' },
  { guest: 'paging64', test: /reserved bit|^PML4 entry with bit 7$/, wrong: 'qemu', why: 'SDM 3A 4.7: P is set when RSVD is' },
  { guest: 'paging64', test: / rmw, WP$|^(cmpxchg16b|lock add) of a missing page$/, wrong: 'qemu', why: 'SDM 3A 4.7: the access is a write; QEMU reads first and reports a read' },
  { guest: 'paging64', test: /^pkey (access disabled, CPL 0|of a supervisor page)/, wrong: 'bochs', why: 'SDM 3A 4.6.2: PKRU governs every data access to user-mode addresses, at any CPL, and no other' },
  { guest: 'paging64', test: /^pkrs /, bochs: /^v=0D/, wrong: 'bochs', why: 'SDM 3A 4.6.2: the processor that Bochs models has no PKS' },
  { guest: 'paging64', test: /^invpcid of /, wrong: 'qemu', why: 'SDM 2A INVPCID: this QEMU has none' },
  { guest: 'paging', test: 'pae pointers are loaded by mov cr3 alone', wrong: 'qemu', why: 'SDM 3A 4.4.1: the PDPTE registers; QEMU reads the table on each walk' },
];

const long: readonly KnownDifference[] = [
  { guest: 'long', test: /^read by rbp|^(push|pop|call|ret|enter|leave) at CPL 3$/, bochs: /v=0C/, wrong: 'qemu', why: 'SDM 3A 6.15, interrupt 12: #SS for a reference by RSP or RBP that is not canonical' },
  { guest: 'long', test: 'read across the hole', wrong: 'qemu', why: 'SDM 1 3.3.7.1: all bytes must be canonical, checked before paging' },
  { guest: 'long', test: /^(jmp|call|ret|jmp memory|far jmp|far ret|iretq|iretq to CPL 3|gate's offset not canonical|gate's target not canonical)$/, wrong: 'qemu', why: 'SDM 2A JMP, CALL, IRET, 2B RET: #GP(0) of the instruction that branches; QEMU faults at the target' },
  { guest: 'long', test: /by wrmsr$|^wrfsbase not canonical$/, qemu: /^ok$/, wrong: 'qemu', why: 'SDM 2D WRMSR, WRFSBASE: #GP(0) for an address that is not canonical' },
  { guest: 'long', test: 'clflush', wrong: 'qemu', why: 'SDM 2A CLFLUSH: checked as a read of a byte' },
  { guest: 'long', test: 'cr8 reserved bits', wrong: 'qemu', why: 'SDM 2B MOV CR: #GP(0) for reserved bits' },
  { guest: 'long', test: 'null ss with RPL 3 at CPL 0', wrong: 'qemu', why: 'SDM 2B MOV: a null SS must have RPL = CPL' },
  { guest: 'long', test: 'jmp to a segment with L and D', wrong: 'qemu', why: 'SDM 3A 3.4.5: #GP for L = D = 1' },
  { guest: 'long', test: 'lldt with a type in the upper half', wrong: 'qemu', why: 'SDM 3A 7.2.3, 3.5.2: bits 12 to 8 of the third doubleword must be 0' },
  { guest: 'long', test: 'lar of a 16-bit tss', wrong: 'qemu', why: 'SDM 2A LAR, table 3-53: not valid in IA-32e mode' },
  { guest: 'long', test: /^int with ist [17]$/, wrong: 'qemu', why: 'SDM 3A 6.14.4: SS becomes null only when CPL changes' },
  { guest: 'long', test: /^ist not canonical$|^int from CPL 3 with ist$/, wrong: 'bochs', why: 'SDM 2A INT n: #SS(EXT), no selector in the error code' },
  { guest: 'long', test: /^(gate of 16 bits|task gate|gate not present|gate of DPL 0 from CPL 3)$/, wrong: 'qemu', why: 'SDM 3A 6.13: the index is the vector; QEMU multiplies it by 16 instead of 8' },
  { guest: 'long', test: 'iretd of 32 bits', wrong: 'bochs', why: 'SDM 2A IRET: in 64-bit mode ESP and SS are popped for every operand size' },
];

const syscalls: readonly KnownDifference[] = [
  { guest: 'syscalls', test: 'tsc is written', wrong: 'qemu', why: 'SDM 3B 17.17: the counter takes the value; QEMU ignores it' },
  { guest: 'syscalls', test: /^(rd|wr)msr of an unknown register$|^(pat|apic base) of |^mtrr default type reserved$/, qemu: /^ok$/, wrong: 'qemu', why: 'SDM 2B RDMSR, 2D WRMSR: #GP(0) for what does not exist and for reserved bits' },
  { guest: 'syscalls', test: /^(syscall|sysret) in compatibility mode/, wrong: 'qemu', why: 'SDM 2B SYSCALL, SYSRET: #UD unless CS.L is 1' },
  { guest: 'syscalls', test: 'sysret ignores RF VM and fixed bits', wrong: 'qemu', why: 'SDM 2B SYSRET: R11 AND 3C7FD7H, VIF and VIP are loaded' },
  { guest: 'syscalls', test: /^(sysret with TF|syscall with TF masked)$/, wrong: 'bochs', why: 'SDM 3B 17.3.1.4: TF counts as SYSCALL and SYSRET leave it; SYSRET that sets it traps at once' },
  { guest: 'syscalls', test: /^(sysret|sysexit of 64 bits).* not canonical$/, wrong: 'qemu', why: 'SDM 2B SYSRET, SYSEXIT: #GP(0) of the instruction' },
];

const fpu: readonly KnownDifference[] = [
  { guest: 'fpu', test: / (cvtpi2ps|emms)$/, wrong: 'qemu', why: 'SDM 3A 2.5, 12.1: CR0.EM and TS and CR4.OSFXSR count; QEMU does not look' },
  { guest: 'fpu', test: /^EM TS MP /, wrong: 'qemu', why: 'SDM 3A 12.1, 13.1: #UD for EM before #NM for TS' },
  { guest: 'fpu', test: 'OSXSAVE TS xsave', wrong: 'qemu', why: 'SDM 2D XSAVE: #NM if CR0.TS is set' },
  { guest: 'fpu', test: 'vaddps with EM', wrong: 'qemu', why: 'SDM 2A table 2-19: EM is for legacy SSE' },
  { guest: 'fpu', test: 'mmx with a pending x87 exception', wrong: 'qemu', why: 'SDM 3A 12.1: #MF; QEMU does not check' },
  { guest: 'fpu', test: /^#XM/, wrong: 'qemu', why: 'SDM 1 11.5: QEMU raises no SIMD floating-point exception' },
  { guest: 'fpu', test: /^(ldmxcsr|fxrstor) of a reserved bit$/, wrong: 'qemu', why: 'SDM 1 10.2.3: #GP for reserved bits of MXCSR' },
  { guest: 'fpu', test: /^ac /, bochs: /v=11/, wrong: 'qemu', why: 'SDM 3A 6.15, interrupt 17: QEMU has no alignment check' },
];

export const knownDifferences: readonly KnownDifference[] = [
  ...limits, ...privilege, ...opcodes, ...tasks, ...io, ...vme, ...debug, ...paging, ...long, ...syscalls, ...fpu,
];
