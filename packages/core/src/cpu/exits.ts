/**
 * VM exits: the rare events that come back to TypeScript. Port I/O, MMIO and interrupt acknowledge that the machine's
 * devices answer are direct calls and do not appear here, unless the control block intercepts them.
 *
 * `rip` is that of the instruction, which has had no effect yet, for all exits but `budget`, `kicked` and `halted`.
 * `length` is its length in bytes: a backend that emulates it advances RIP by that. Engines reuse exit objects; one
 * is valid until the next `run`.
 */
export type VmExit =
  | BudgetExit
  | KickedExit
  | HaltedExit
  | HypercallExit
  | InterceptExit
  | NestedFaultExit
  | ShutdownExit
  | DebugExit
  | UnimplementedExit;

/** The instruction budget of this run is used up. */
export interface BudgetExit {
  readonly kind: 'budget';
}
/** Somebody called `kick`. */
export interface KickedExit {
  readonly kind: 'kicked';
}
/** HLT (not intercepted) with nothing to wake it, or an application processor that waits for its start-up IPI. */
export interface HaltedExit {
  readonly kind: 'halted';
}
/** The `hypercall` intercept. */
export interface HypercallExit {
  readonly kind: 'hypercall';
  readonly instruction: 'vmcall' | 'vmmcall' | 'int' | 'syscall';
  /** For `int`. */
  readonly vector: number;
  readonly length: number;
}
/** The control block asked for it. */
export interface InterceptExit {
  readonly kind: 'intercept';
  readonly length: number;
  readonly info: InterceptInfo;
}

export type InterceptInfo =
  | PortIntercept
  | MsrIntercept
  | ControlRegisterIntercept
  | DebugRegisterIntercept
  | ExceptionIntercept
  | DescriptorTableIntercept
  | TaskSwitchIntercept
  | { readonly what: 'invlpg'; readonly linear: number }
  | { readonly what: 'softwareInterrupt'; readonly vector: number }
  | { readonly what: PlainIntercept };

export interface PortIntercept {
  readonly what: 'port';
  readonly port: number;
  readonly size: 1 | 2 | 4;
  readonly direction: 'in' | 'out';
  /** INS or OUTS; the memory operand is at `linear`. */
  readonly string: boolean;
  readonly rep: boolean;
  readonly linear: number;
}
export interface MsrIntercept {
  readonly what: 'msr';
  /** 32-bit unsigned. */
  readonly index: number;
  readonly access: 'read' | 'write';
}
export interface ControlRegisterIntercept {
  readonly what: 'controlRegister';
  readonly register: number;
  readonly access: 'read' | 'write' | 'clts' | 'lmsw';
  /** General register by its encoding; for LMSW −1 and `value` is the source. */
  readonly general: number;
  readonly value: number;
}
export interface DebugRegisterIntercept {
  readonly what: 'debugRegister';
  readonly register: number;
  readonly access: 'read' | 'write';
  readonly general: number;
}
export interface ExceptionIntercept {
  readonly what: 'exception';
  readonly vector: number;
  /** −1 for vectors without an error code. */
  readonly errorCode: number;
  /** Linear address of a page fault, else 0. */
  readonly linear: number;
}
export interface DescriptorTableIntercept {
  readonly what: 'descriptorTable';
  readonly table: 'gdtr' | 'idtr' | 'ldtr' | 'tr';
  readonly access: 'read' | 'write';
  /** Linear address of a memory operand, or −1 and `general`. */
  readonly linear: number;
  readonly general: number;
}
export interface TaskSwitchIntercept {
  readonly what: 'taskSwitch';
  readonly selector: number;
  readonly reason: 'call' | 'iret' | 'jmp' | 'gate';
  readonly errorCode: number;
}
/** Intercepts that need nothing but the registers. */
export type PlainIntercept =
  | 'hlt' | 'pause' | 'mwait' | 'monitor' | 'cpuid' | 'rdtsc' | 'rdtscp' | 'rdpmc' | 'invpcid' | 'invd' | 'wbinvd'
  | 'xsetbv' | 'syscall' | 'sysenter' | 'rdrand' | 'rdseed' | 'iret' | 'rsm' | 'nmi' | 'smi' | 'init'
  | 'externalInterrupt' | 'virtualInterrupt' | 'vmx' | 'svm';

/** A guest-physical access that the second level does not allow and no device answers. */
export interface NestedFaultExit {
  readonly kind: 'nested-fault';
  readonly gpa: number;
  readonly access: 'read' | 'write' | 'execute';
  readonly reason: 'violation' | 'misconfiguration';
  /** Linear address that led there; −1 when the access was to a page table. */
  readonly linear: number;
}
/** Triple fault. */
export interface ShutdownExit {
  readonly kind: 'shutdown';
}
/** A breakpoint, watchpoint or single step that a debugger set on the engine, not the guest. */
export interface DebugExit {
  readonly kind: 'debug';
  readonly cause: 'breakpoint' | 'watchpoint' | 'step';
  readonly linear: number;
}
/** The architecture defines it and the engine does not have it. Never skipped. */
export interface UnimplementedExit {
  readonly kind: 'unimplemented';
  readonly bytes: Uint8Array;
  readonly mode: 16 | 32 | 64;
  readonly linear: number;
  /** Disassembly, or what is missing. */
  readonly text: string;
}
