import type { BackendExit, InterceptInfo, PlainIntercept } from '@polyvisor/core';

type ExitOf<K> = Extract<BackendExit, { readonly kind: K }>;
type InfoOf<W> = W extends PlainIntercept ? { readonly what: W } : Extract<InterceptInfo, { readonly what: W }>;

/** Every variant of what an intercept says. A new one in core does not compile until it stands here. */
const INTERCEPTS = {
  port: (['in', 'out'] as const).flatMap((direction) =>
    ([1, 2, 4] as const).flatMap((size) =>
      [false, true].map((string) => ({ what: 'port' as const, port: 0x3f8, size, direction, string, rep: string, linear: string ? 0x2000 : 0 })))),
  msr: (['read', 'write'] as const).flatMap((access) =>
    [0x10, 0x1b, 0xc0000080, 0xffffffff].map((index) => ({ what: 'msr' as const, index, access }))),
  controlRegister: [
    ...[0, 3, 4, 8].flatMap((register) =>
      (['read', 'write'] as const).map((access) => ({ what: 'controlRegister' as const, register, access, general: 0, value: 0 }))),
    { what: 'controlRegister', register: 0, access: 'clts', general: -1, value: 0 },
    { what: 'controlRegister', register: 0, access: 'lmsw', general: -1, value: 1 },
  ],
  debugRegister: (['read', 'write'] as const).map((access) => ({ what: 'debugRegister' as const, register: 7, access, general: 1 })),
  exception: [
    { what: 'exception', vector: 6, errorCode: -1, linear: 0 },
    { what: 'exception', vector: 13, errorCode: 0, linear: 0 },
    { what: 'exception', vector: 14, errorCode: 2, linear: 0x5000 },
  ],
  descriptorTable: (['gdtr', 'idtr', 'ldtr', 'tr'] as const).flatMap((table) =>
    (['read', 'write'] as const).map((access) => ({ what: 'descriptorTable' as const, table, access, linear: 0x2000, general: -1 }))),
  taskSwitch: (['call', 'iret', 'jmp', 'gate'] as const).map((reason) => ({ what: 'taskSwitch' as const, selector: 0x28, reason, errorCode: -1 })),
  invlpg: [{ what: 'invlpg', linear: 0x5000 }],
  softwareInterrupt: [{ what: 'softwareInterrupt', vector: 0x80 }],
  hlt: [{ what: 'hlt' }], pause: [{ what: 'pause' }], mwait: [{ what: 'mwait' }], monitor: [{ what: 'monitor' }],
  cpuid: [{ what: 'cpuid' }], rdtsc: [{ what: 'rdtsc' }], rdtscp: [{ what: 'rdtscp' }], rdpmc: [{ what: 'rdpmc' }],
  invpcid: [{ what: 'invpcid' }], invd: [{ what: 'invd' }], wbinvd: [{ what: 'wbinvd' }], xsetbv: [{ what: 'xsetbv' }],
  syscall: [{ what: 'syscall' }], sysenter: [{ what: 'sysenter' }], rdrand: [{ what: 'rdrand' }], rdseed: [{ what: 'rdseed' }],
  iret: [{ what: 'iret' }], rsm: [{ what: 'rsm' }], nmi: [{ what: 'nmi' }], smi: [{ what: 'smi' }], init: [{ what: 'init' }],
  externalInterrupt: [{ what: 'externalInterrupt' }], virtualInterrupt: [{ what: 'virtualInterrupt' }],
  vmx: [{ what: 'vmx' }], svm: [{ what: 'svm' }],
} as const satisfies { readonly [W in InterceptInfo['what']]: readonly InfoOf<W>[] };

/** Every kind of exit that reaches a backend, in every variant. A new one in core does not compile until it stands here. */
const EXITS = {
  halted: [{ kind: 'halted' }],
  hypercall: [
    { kind: 'hypercall', instruction: 'vmcall', vector: 0, length: 3 },
    { kind: 'hypercall', instruction: 'vmmcall', vector: 0, length: 3 },
    { kind: 'hypercall', instruction: 'int', vector: 0x82, length: 2 },
    { kind: 'hypercall', instruction: 'syscall', vector: 0, length: 2 },
  ],
  intercept: Object.values(INTERCEPTS).flat().map((info) => ({ kind: 'intercept' as const, length: 2, info })),
  'nested-fault': (['read', 'write', 'execute'] as const).flatMap((access) =>
    (['violation', 'misconfiguration'] as const).map((reason) => ({ kind: 'nested-fault' as const, gpa: 0xf0000000, access, reason, linear: -1 }))),
  shutdown: [{ kind: 'shutdown' }],
  debug: (['breakpoint', 'watchpoint', 'step'] as const).map((cause) => ({ kind: 'debug' as const, cause, linear: 0x1000 })),
  unimplemented: [{ kind: 'unimplemented', bytes: Uint8Array.of(0x0f, 0x3a, 0xcc), mode: 64, linear: 0x401000, text: 'sha1rnds4' }],
} satisfies { readonly [K in BackendExit['kind']]: readonly ExitOf<K>[] };

export const EXIT_CATALOGUE: readonly BackendExit[] = Object.freeze(Object.values(EXITS).flat());

export function exitsOf<K extends BackendExit['kind']>(kind: K): readonly ExitOf<K>[] {
  return EXIT_CATALOGUE.filter((exit): exit is ExitOf<K> => exit.kind === kind);
}

/** An exit in a message. */
export function nameOf(exit: BackendExit): string {
  switch (exit.kind) {
    case 'intercept': return `intercept ${Object.values(exit.info).join(' ')}`;
    case 'hypercall': return `hypercall by ${exit.instruction}`;
    case 'nested-fault': return `nested-fault ${exit.access} ${exit.reason}`;
    case 'debug': return `debug ${exit.cause}`;
    default: return exit.kind;
  }
}
