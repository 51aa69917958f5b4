/** Debug registers as breakpoints (Intel SDM vol. 3B, 18.2.4, 18.3.1). */
import { Access } from '@polyvisor/core';
import { CR4 } from '../state/bits.ts';
import { ENGINE } from '../state/engine-layout.ts';
import type { Processor } from './processor.ts';

const KIND = { execute: 0, write: 1, port: 2, access: 3 } as const;
const LENGTHS = [1, 2, 8, 4] as const;
const ADDRESSES = ['dr0', 'dr1', 'dr2', 'dr3'] as const;

const enabled = (dr7: number, n: number): boolean => ((dr7 >> (2 * n)) & 3) !== 0;
const kindOf = (dr7: number, n: number): number => (dr7 >> (16 + 4 * n)) & 3;
const lengthOf = (dr7: number, n: number): number => LENGTHS[(dr7 >> (18 + 4 * n)) & 3]!;

/** Bits 0–3 of DR6 for the breakpoints of some kinds that an access meets. */
function matches(p: Processor, first: number, bytes: number, wanted: (kind: number) => boolean): number {
  const dr7 = p.state.low('dr7');
  let found = 0;
  for (let n = 0; n < 4; n++) {
    if (!enabled(dr7, n) || !wanted(kindOf(dr7, n))) continue;
    const length = kindOf(dr7, n) === KIND.execute ? 1 : lengthOf(dr7, n);
    const at = p.state.high(ADDRESSES[n]!) * 2 ** 32 + (p.state.low(ADDRESSES[n]!) >>> 0);
    const start = at - (((at % length) + length) % length);
    if (first < start + length && start < first + bytes) found |= 1 << n;
  }
  return found;
}

/** Nothing is enabled most of the time. */
const has = (dr7: number, wanted: (kind: number) => boolean): boolean =>
  (dr7 & 0xff) !== 0 && [0, 1, 2, 3].some((n) => enabled(dr7, n) && wanted(kindOf(dr7, n)));

/** Whether instructions must be run one by one to find breakpoints on them. */
export const hasCodeBreakpoints = (p: Processor): boolean => has(p.debugControl, (kind) => kind === KIND.execute);
export const hasDataBreakpoints = (p: Processor): boolean => has(p.debugControl, (kind) => kind === KIND.write || kind === KIND.access);

/** Breakpoints on the instruction at a linear address. */
export const codeBreakpoints = (p: Processor, linear: number): number => matches(p, linear, 1, (kind) => kind === KIND.execute);

/** An access of data: the trap is due behind the instruction. */
export function checkDataBreakpoints(p: Processor, linear: number, bytes: number, access: number): void {
  const writing = (access & Access.write) !== 0;
  p.pendingDebug |= matches(p, linear, bytes, (kind) => kind === KIND.access || (writing && kind === KIND.write));
  if (p.pendingDebug !== 0) p.engine.interrupt();
}

export function checkPortBreakpoints(p: Processor, port: number, bytes: number): void {
  if ((p.state.low('cr4') & CR4.DE) !== 0) p.pendingDebug |= matches(p, port, bytes, (kind) => kind === KIND.port);
}

/** Tells generated code whether accesses have to be looked at. */
export function armDataBreakpoints(p: Processor): boolean {
  const on = hasDataBreakpoints(p);
  p.engine.host.words[(p.engine.block + ENGINE.watch) >> 2] = on ? 1 : 0;
  return on;
}
