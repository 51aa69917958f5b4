/**
 * The engine's mode word: what, besides the bytes, decides how code is decoded. Its low three bits are the decoder's
 * (`MODE`). A page's µops are kept for each mode word that it runs under.
 */
import { QUAD_OFFSETS, SEGMENT_AT, SEGMENT_OFFSETS } from '@polyvisor/core';
import { MODE } from '../decode/codes.ts';
import { CR0, CR4, EFER, RFLAGS, SEGMENT_RIGHTS as RIGHTS } from '../state/bits.ts';

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

const at = (offset: number): number => offset >> 2;
const quad = (name: 'cr0' | 'cr4' | 'efer' | 'xcr0' | 'rflags'): number => at(QUAD_OFFSETS[name]);
const CR0_AT = quad('cr0'), CR4_AT = quad('cr4'), EFER_AT = quad('efer'), XCR0_AT = quad('xcr0'), FLAGS_AT = quad('rflags');
const CS = at(SEGMENT_AT.cs), SS = at(SEGMENT_AT.ss), DS = at(SEGMENT_AT.ds), ES = at(SEGMENT_AT.es);
const LIMIT = at(SEGMENT_OFFSETS.limit), RIGHTS_AT = at(SEGMENT_OFFSETS.rights);
const FLAT = -1, FLAT_MASK = RIGHTS.unusable | RIGHTS.code | RIGHTS.expandDown | RIGHTS.writable;

/** @hot Whether reads and writes of any address are allowed in a segment outside 64-bit mode. */
function isFlat(words: Int32Array, segment: number): boolean {
  return words[segment + LIMIT] === FLAT && (words[segment + RIGHTS_AT]! & FLAT_MASK) === RIGHTS.writable;
}

/** @hot The mode word of the vCPU whose state begins at `block`, in 32-bit words. */
export function modeOf(words: Int32Array, block: number): number {
  const cr0 = words[block + CR0_AT]!, cr4 = words[block + CR4_AT]!, cs = words[block + CS + RIGHTS_AT]!;
  const plain = (cr0 & CR0.PE) === 0 || (words[block + FLAGS_AT]! & RFLAGS.VM) !== 0;
  const long = (words[block + EFER_AT]! & EFER.LMA) !== 0 && (cs & RIGHTS.long) !== 0;
  let mode: number = long ? MODE.BITS64 : (cs & RIGHTS.big) !== 0 ? MODE.BITS32 : MODE.BITS16;
  if (!long) mode |= legacyMode(words, block, plain);
  if ((cr0 & (CR0.EM | CR0.TS)) !== 0) mode |= MODE_BIT.noX87;
  if ((cr0 & CR0.EM) !== 0) mode |= MODE_BIT.noMmx;
  if ((cr0 & (CR0.MP | CR0.TS)) === (CR0.MP | CR0.TS)) mode |= MODE_BIT.noWait;
  if ((cr0 & CR0.EM) !== 0 || (cr4 & CR4.OSFXSR) === 0) mode |= MODE_BIT.noSse;
  if ((cr0 & CR0.TS) !== 0) mode |= MODE_BIT.sseUnavailable;
  if ((cr4 & CR4.OSXSAVE) === 0) mode |= MODE_BIT.noXsave;
  if ((cr4 & CR4.OSXSAVE) === 0 || (words[block + XCR0_AT]! & 6) !== 6 || plain) mode |= MODE_BIT.noAvx;
  return mode;
}

/** @hot */
function legacyMode(words: Int32Array, block: number, plain: boolean): number {
  let mode = plain ? MODE.REAL_OR_V86 | MODE_BIT.anyRights : 0;
  if ((words[block + SS + RIGHTS_AT]! & RIGHTS.big) === 0) mode |= MODE_BIT.stack16;
  const limited = words[block + CS + LIMIT] !== FLAT;
  if (limited) mode |= MODE_BIT.limited;
  if (limited || !isFlat(words, block + DS) || !isFlat(words, block + ES) || !isFlat(words, block + SS)) mode |= MODE_BIT.checked;
  return mode;
}
