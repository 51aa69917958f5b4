/** Tasks on both sides. */
import type { Task } from './cases.ts';
import { stateDifferences, type StateEmulated } from './emulated.ts';
import type { StateNative, StateOutcome } from './native.ts';

export interface Failure {
  readonly task: Task;
  /** What differs. */
  readonly found: readonly string[];
}

/** How often a task that fails is tried again. */
const TRIALS = 3;

/**
 * Runs tasks on the processor and on the interpreter. When the kernel interrupts a task, this processor forgets the
 * pointers that FNSTENV would have stored unless an exception is pending, so what differs is asked again.
 */
export function compareTasks(tasks: readonly Task[], native: StateNative, emulated: StateEmulated): { failures: Failure[]; outcomes: StateOutcome[] } {
  const outcomes = native.run(tasks.map(({ c }) => c));
  const failures = tasks.flatMap((task, i): Failure[] => {
    const { c, comparison } = task, actual = emulated.run(c);
    let found = stateDifferences(c, comparison, outcomes[i]!, actual);
    for (let trial = 0; trial < TRIALS && found.length > 0; trial++) found = stateDifferences(c, comparison, native.run([c])[0]!, actual);
    return found.length === 0 ? [] : [{ task, found }];
  });
  return { failures, outcomes };
}
