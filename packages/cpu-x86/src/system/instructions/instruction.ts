/** What an instruction that TypeScript executes looks like. */
import type { Decoded } from '../../decode/decoded.ts';
import { Step, type Processor } from '../processor.ts';

/** Executes one instruction; `d` is decoded, RIP is its own. */
export type Instruction = (p: Processor, d: Decoded) => Step;

/** `Step.done`, or `Step.fault` after an exception was recorded. */
export const retire = (good: boolean): Step => (good ? Step.done : Step.fault);

/** CPL 0, else #GP(0). */
export const privileged = (p: Processor): boolean => p.cpl === 0 || p.protection(0);
