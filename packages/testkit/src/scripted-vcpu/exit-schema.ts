import { z } from 'zod';
import type { InterceptInfo, PlainIntercept, VmExit } from '@polyvisor/core';

/** The exits a script can raise, as JSON: all of them but those that only the engine's caller causes. */
export type ScriptedExit = Exclude<VmExit, { readonly kind: 'budget' | 'kicked' | 'unimplemented' }> | ScriptedUnimplemented;

/** `unimplemented` with its bytes as an array, because JSON has no byte strings. */
export interface ScriptedUnimplemented {
  readonly kind: 'unimplemented';
  readonly bytes: readonly number[];
  readonly mode: 16 | 32 | 64;
  readonly linear: number;
  readonly text: string;
}

const PLAIN = [
  'hlt', 'pause', 'mwait', 'monitor', 'cpuid', 'rdtsc', 'rdtscp', 'rdpmc', 'invpcid', 'invd', 'wbinvd', 'xsetbv', 'syscall',
  'sysenter', 'rdrand', 'rdseed', 'iret', 'rsm', 'nmi', 'smi', 'init', 'externalInterrupt', 'virtualInterrupt', 'vmx', 'svm',
] as const satisfies readonly PlainIntercept[];

const byte = z.int().min(0).max(255);
const size = z.union([z.literal(1), z.literal(2), z.literal(4)]);
const readWrite = z.enum(['read', 'write']);
const number = z.number();

const infoSchema: z.ZodType<InterceptInfo> = z.discriminatedUnion('what', [
  z.strictObject({
    what: z.literal('port'), port: z.int().min(0).max(0xffff), size, direction: z.enum(['in', 'out']), string: z.boolean(),
    rep: z.boolean(), linear: number,
  }),
  z.strictObject({ what: z.literal('msr'), index: z.int().min(0).max(0xffffffff), access: readWrite }),
  z.strictObject({
    what: z.literal('controlRegister'), register: z.int().min(0).max(15), access: z.enum(['read', 'write', 'clts', 'lmsw']),
    general: z.int().min(-1).max(15), value: number,
  }),
  z.strictObject({ what: z.literal('debugRegister'), register: z.int().min(0).max(7), access: readWrite, general: z.int().min(0).max(15) }),
  z.strictObject({ what: z.literal('exception'), vector: byte, errorCode: z.int(), linear: number }),
  z.strictObject({
    what: z.literal('descriptorTable'), table: z.enum(['gdtr', 'idtr', 'ldtr', 'tr']), access: readWrite, linear: number,
    general: z.int().min(-1).max(15),
  }),
  z.strictObject({
    what: z.literal('taskSwitch'), selector: z.int().min(0).max(0xffff), reason: z.enum(['call', 'iret', 'jmp', 'gate']),
    errorCode: z.int(),
  }),
  z.strictObject({ what: z.literal('invlpg'), linear: number }),
  z.strictObject({ what: z.literal('softwareInterrupt'), vector: byte }),
  z.strictObject({ what: z.enum(PLAIN) }),
]);

export const exitSchema: z.ZodType<ScriptedExit> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('halted') }),
  z.strictObject({
    kind: z.literal('hypercall'), instruction: z.enum(['vmcall', 'vmmcall', 'int', 'syscall']), vector: byte, length: byte,
  }),
  z.strictObject({ kind: z.literal('intercept'), length: byte, info: infoSchema }),
  z.strictObject({
    kind: z.literal('nested-fault'), gpa: z.int().min(0), access: z.enum(['read', 'write', 'execute']),
    reason: z.enum(['violation', 'misconfiguration']), linear: number,
  }),
  z.strictObject({ kind: z.literal('shutdown') }),
  z.strictObject({ kind: z.literal('debug'), cause: z.enum(['breakpoint', 'watchpoint', 'step']), linear: number }),
  z.strictObject({
    kind: z.literal('unimplemented'), bytes: z.array(byte), mode: z.union([z.literal(16), z.literal(32), z.literal(64)]),
    linear: number, text: z.string(),
  }),
]);

/** The exit as an engine gives it. */
export function toExit(exit: ScriptedExit): VmExit {
  return exit.kind === 'unimplemented' ? { ...exit, bytes: Uint8Array.from(exit.bytes) } : exit;
}
