/**
 * The frame of an x87 instruction. Waiting instructions raise #MF first when an exception is pending. What is not a control
 * instruction records where it and its operand lie, whether or not it raises an exception (Intel SDM vol. 1, 8.1.8): that
 * is how processors behave that report CPUID.(EAX=7,ECX=0):EBX[6] as zero.
 */
import { i32, unlikely, type FunctionBuilder, type Value } from '@polyvisor/wasm';
import { type EmitContext, type Meaning, type MeaningEntry, Vector } from '../context.ts';
import { ES, Fpu } from './fpu.ts';
import { fpuFunctions, type FpuFunctions } from './functions.ts';

/** What an instruction is written with. */
export interface X87Instruction {
  readonly c: EmitContext;
  readonly s: FunctionBuilder;
  readonly fpu: Fpu;
  readonly f: FpuFunctions;
  readonly state: Value<'i32'>;
}

export const open = (c: EmitContext): X87Instruction =>
  ({ c, s: c.s, fpu: new Fpu(c.module, c.s, c.state), f: fpuFunctions(c.module), state: c.state });

/** Raises a pending exception. */
export const wait = ({ c, s, fpu }: X87Instruction): void =>
  s.if(unlikely(i32.and(fpu.status(), ES)), () => c.raise(Vector.floatingPoint));

/** Records the instruction; after what may fault. */
export const record = ({ c, fpu }: X87Instruction, memory: boolean): void => {
  fpu.setInstructionPointer(c.ownRip());
  fpu.setOpcode(c.escapeOpcode());
  if (memory) fpu.setDataPointer(c.effectiveAddress());
};

/** The physical register that ST(i) of the encoding is. */
export const operand = ({ c, s, fpu }: X87Instruction): Value<'i32'> => fpu.physical(s.let(i32.and(c.escapeOpcode(), 7)));

const entry = (build: Meaning): MeaningEntry => ({ build, cold: true, anySize: true });

/** An instruction on registers. */
export const onRegisters = (body: (x: X87Instruction) => void): MeaningEntry => entry((c) => {
  const x = open(c);
  wait(x);
  record(x, false);
  body(x);
});
/** An instruction with a memory operand: `access` may fault and gives what `body` needs of it. */
export const onMemory = <T>(access: (x: X87Instruction, linear: Value<'i64'>) => T, body: (x: X87Instruction, accessed: T) => void): MeaningEntry => entry((c) => {
  const x = open(c);
  wait(x);
  const accessed = access(x, c.linear());
  record(x, true);
  body(x, accessed);
});
/** A control instruction that waits, and one that does not. */
export const waiting = (body: (x: X87Instruction) => void): MeaningEntry => entry((c) => {
  const x = open(c);
  wait(x);
  body(x);
});
export const control = (body: (x: X87Instruction) => void): MeaningEntry => entry((c) => body(open(c)));
