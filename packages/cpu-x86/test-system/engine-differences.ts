/**
 * Lines on which the engine is known to be wrong, with what the manual asks for. The spec fails on any other line, and
 * on an entry here that explains nothing any more: delete it then.
 */
export interface EngineDifference {
  readonly guest: string;
  readonly test: string | RegExp;
  readonly why: string;
}

const NEAR = 'SDM 2A JMP, CALL, Jcc, LOOP, 2B RET: #GP(0) of the branch, before anything is pushed; the engine faults at the target';
const RF = 'SDM 3B 17.3.1.1: RF is pushed set between the iterations of a repeated string instruction';

export const engineDifferences: readonly EngineDifference[] = [
  { guest: 'real', test: /^(jmp near|jmp dword register|ret dword) out of the limit$/, why: NEAR },
  { guest: 'v86', test: 'jump beyond the limit', why: NEAR },
  { guest: 'limits', test: /^(short jump|jcc|call|ret|loop) beyond/, why: NEAR },
  { guest: 'long', test: /^(jmp|call|ret|jmp memory)$/, why: `${NEAR} that is not canonical` },
  { guest: 'limits', test: 'instruction across the limit', why: 'SDM 3A 5.3: #GP when bytes of the instruction lie beyond the limit' },
  { guest: 'limits', test: 'clflush of execute-only code', why: 'SDM 2A CLFLUSH: execute-only segments are allowed' },
  { guest: 'long', test: 'read across the hole', why: 'SDM 1 3.3.7.1: all bytes must be canonical: #GP, not #PF' },
  { guest: 'syscalls', test: /^(sysret with TF|syscall with TF masked)$/, why: 'SDM 3B 17.3.1.4: TF counts as SYSCALL and SYSRET leave it' },
  { guest: 'tasks', test: /^tss limit .*too small$/, why: 'SDM 3A 7.3: #TS of the instruction that switches, before the switch; the engine saves the next EIP' },
  { guest: 'transfer', test: /^16-bit stack keeps the upper half of esp/, why: 'SP alone is loaded when the outer stack segment is a 16-bit one, as both oracles and processors do' },
  { guest: 'debug', test: /^tf over repe? (movsb|cmpsb)|^(write|i\/o) ?,? ?rep .* goes on$/, why: RF },
  { guest: 'debug', test: 'execute at a rep', why: 'SDM 3B 17.3.1.1: RF stays set until the repeated instruction is complete' },
  { guest: 'debug', test: 'execute after mov ss', why: 'SDM 3A 6.8.3: instruction breakpoints are held back after a load of SS' },
  { guest: 'debug', test: 'mov ss from watched memory', why: 'SDM 3A 6.8.3: the data breakpoint comes after the next instruction' },
  { guest: 'debug', test: /^(sgdt writes|far pointer reads)$/, why: 'SDM 3B 17.2.4: data breakpoints cover what SGDT stores and LGS loads' },
  { guest: 'fpu', test: /^ac /, why: 'SDM 3A 6.15, interrupt 17: alignment is not checked yet' },
];
