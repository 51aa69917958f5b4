/**
 * The engine's mode word: what, besides the bytes, decides how code is decoded. Its low three bits are the decoder's
 * (`MODE`). A page's µops are kept for each mode word that it runs under.
 */
import { CR0, CR4, RFLAGS, SEGMENT_RIGHTS as RIGHTS } from '../state/bits.ts';
import { MODE } from '../decode/codes.ts';
import type { VcpuState } from '@polyvisor/core';

export const MODE_BIT = {
  /** The stack pointer has 16 bits. */
  stack16: 16,
  /** DS, ES, SS or CS is not a flat segment of 4 GiB: accesses are checked against their segments. */
  checked: 32,
  /** Rights of segments do not matter: real-address and virtual-8086 mode. */
  anyRights: 64,
  /** CS has a limit below 4 GiB: branches are checked. */
  limited: 128,
  /** The segment's limit lies within this page: each instruction is checked. */
  edge: 256,
  /** x87 and MMX raise #NM; WAIT raises #NM; MMX and SSE raise #UD; SSE raises #NM (SDM vol. 3A, 2.5 and table 2-2). */
  noX87: 512, noWait: 1024, noMmx: 2048, noSse: 4096, sseUnavailable: 8192,
  /** VEX-encoded vector instructions raise #UD, and #NM. */
  noAvx: 16384,
  /** The XSAVE family raises #UD. */
  noXsave: 32768,
} as const;

const FLAT = 0xffff_ffff;

/** Whether reads and writes of any address are allowed in a segment outside 64-bit mode. */
function isFlat(state: VcpuState, name: 'es' | 'ss' | 'ds'): boolean {
  const { rights, limit } = state.segment(name);
  return limit === FLAT && (rights & (RIGHTS.unusable | RIGHTS.code | RIGHTS.expandDown | RIGHTS.writable)) === RIGHTS.writable;
}

/** The mode word of a vCPU's state. */
export function modeOf(state: VcpuState): number {
  const cr0 = state.low('cr0'), cr4 = state.low('cr4');
  const cs = state.segment('cs');
  const virtual = (state.low('rflags') & RFLAGS.VM) !== 0;
  const real = (cr0 & CR0.PE) === 0;
  const long = (state.low('efer') & 0x400) !== 0 && (cs.rights & RIGHTS.long) !== 0;
  let mode: number = long ? MODE.BITS64 : (cs.rights & RIGHTS.big) !== 0 ? MODE.BITS32 : MODE.BITS16;
  if (!long) {
    if (real || virtual) mode |= MODE.REAL_OR_V86 | MODE_BIT.anyRights;
    if ((state.segment('ss').rights & RIGHTS.big) === 0) mode |= MODE_BIT.stack16;
    if (cs.limit !== FLAT) mode |= MODE_BIT.limited;
    if (cs.limit !== FLAT || !isFlat(state, 'ds') || !isFlat(state, 'es') || !isFlat(state, 'ss')) mode |= MODE_BIT.checked;
  }
  const off = (cr0 & (CR0.EM | CR0.TS)) !== 0;
  if (off) mode |= MODE_BIT.noX87;
  if ((cr0 & CR0.EM) !== 0) mode |= MODE_BIT.noMmx;
  if ((cr0 & (CR0.MP | CR0.TS)) === (CR0.MP | CR0.TS)) mode |= MODE_BIT.noWait;
  if ((cr0 & CR0.EM) !== 0 || (cr4 & CR4.OSFXSR) === 0) mode |= MODE_BIT.noSse;
  if ((cr0 & CR0.TS) !== 0) mode |= MODE_BIT.sseUnavailable;
  if ((cr4 & CR4.OSXSAVE) === 0) mode |= MODE_BIT.noXsave;
  if ((cr4 & CR4.OSXSAVE) === 0 || (state.low('xcr0') & 6) !== 6 || real || virtual) mode |= MODE_BIT.noAvx;
  return mode;
}
