import { z } from 'zod';
import { QUAD_REGISTERS, type QuadRegister } from '@polyvisor/core';
import { exitSchema, type ScriptedExit } from './exit-schema.ts';

/** Bytes of one access. */
export type Size = 1 | 2 | 4;

/**
 * One step of a scripted program; each is one instruction, but `print` (one for each character) and `loop` (its body,
 * then one that counts and jumps back).
 */
export type Step =
  /** Loads the low bytes of RAX with `value` and does OUT: an intercept finds the value where OUT has it. */
  | { readonly out: readonly [port: number, size: Size, value: number] }
  /** IN: the result is in the low bytes of RAX; 4 bytes clear its upper half. */
  | { readonly in: readonly [port: number, size: Size] }
  | { readonly mmioWrite: readonly [gpa: number, size: Size, value: number] }
  /** The result is in RAX, as with `in`. */
  | { readonly mmioRead: readonly [gpa: number, size: Size] }
  /** A store through the address space: RAM, device memory, or a nested fault. */
  | { readonly store: readonly [gpa: number, size: Size, value: number] }
  /** A load through the address space into RAX. */
  | { readonly load: readonly [gpa: number, size: Size] }
  | { readonly exit: ScriptedExit }
  /** HLT. */
  | { readonly halt: true }
  | { readonly set: readonly [register: QuadRegister, value: number] }
  /** OUT of each character's low byte. */
  | { readonly print: string; readonly port: number }
  | { readonly loop: number; readonly body: readonly Step[] };

export interface ScriptedConfig {
  /** What the bootstrap processor runs. */
  readonly program: readonly Step[];
  /** What the others run after their start-up IPI, from vCPU 1 on. Default: nothing. */
  readonly others?: readonly (readonly Step[])[] | undefined;
  /** Power-on with RFLAGS.IF set. Default false. */
  readonly interrupts?: boolean | undefined;
  /** Runs on each accepted interrupt with RFLAGS.IF clear, then returns. Default: the vector is recorded, no more. */
  readonly onInterrupt?: readonly Step[] | undefined;
  /** What the end of the program is. Default `halt`. */
  readonly atEnd?: 'halt' | 'shutdown' | 'repeat' | undefined;
}

const size = z.union([z.literal(1), z.literal(2), z.literal(4)]);
const port = z.int().min(0).max(0xffff);
const gpa = z.int().min(0).max(2 ** 52 - 1);
const value = z.int().min(-0x80000000).max(0xffffffff);

const stepSchema: z.ZodType<Step> = z.lazy(() =>
  z.union([
    z.strictObject({ out: z.tuple([port, size, value]) }),
    z.strictObject({ in: z.tuple([port, size]) }),
    z.strictObject({ mmioWrite: z.tuple([gpa, size, value]) }),
    z.strictObject({ mmioRead: z.tuple([gpa, size]) }),
    z.strictObject({ store: z.tuple([gpa, size, value]) }),
    z.strictObject({ load: z.tuple([gpa, size]) }),
    z.strictObject({ exit: exitSchema }),
    z.strictObject({ halt: z.literal(true) }),
    z.strictObject({ set: z.tuple([z.enum(QUAD_REGISTERS), z.int()]) }),
    z.strictObject({ print: z.string(), port }),
    z.strictObject({ loop: z.int().min(1), body: z.array(stepSchema).min(1) }),
  ]),
);

export const scriptedConfigSchema: z.ZodType<ScriptedConfig> = z.strictObject({
  program: z.array(stepSchema),
  others: z.array(z.array(stepSchema)).optional(),
  interrupts: z.boolean().optional(),
  onInterrupt: z.array(stepSchema).optional(),
  atEnd: z.enum(['halt', 'shutdown', 'repeat']).optional(),
});
