import type { Call } from './call.ts';
import { descriptorCalls } from './descriptor.ts';
import { memoryCalls } from './memory.ts';
import { openCalls } from './open.ts';
import { pollCalls } from './poll.ts';
import { readWriteCalls } from './read-write.ts';
import { signalCalls } from './signal.ts';
import { statCalls } from './stat.ts';
import { systemCalls } from './system.ts';
import { threadCalls } from './thread.ts';
import { timeCalls } from './time.ts';

/** Every system call there is, each once: the source of both tables and of the documentation. */
export const CALLS: readonly Call[] = [
  ...readWriteCalls, ...openCalls, ...statCalls, ...descriptorCalls, ...pollCalls, ...memoryCalls, ...timeCalls, ...signalCalls,
  ...threadCalls, ...systemCalls,
];

/** Calls by number. */
export type CallTable = readonly (Call | undefined)[];

function byNumber(number: (call: Call) => number): CallTable {
  const table: (Call | undefined)[] = [];
  for (const call of CALLS) if (number(call) >= 0) table[number(call)] = call;
  return table;
}

export const X64_CALLS: CallTable = byNumber((call) => call.x64);
export const I386_CALLS: CallTable = byNumber((call) => call.i386);
