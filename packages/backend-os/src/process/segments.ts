import { SEGMENTS, type SegmentName, type VcpuState } from '@polyvisor/core';

/**
 * Selectors of user code, as Linux on x86-64 has them (arch/x86/include/asm/segment.h): programs of both widths run
 * in long mode, 32-bit ones in compatibility mode.
 */
export const Selector = { code32: 0x23, data: 0x2b, code64: 0x33, task: 0x40 } as const;

/** Entries of the descriptor table that set_thread_area hands out: GDT_ENTRY_TLS_MIN … MAX. */
export const TLS_FIRST = 12;
export const TLS_COUNT = 3;
/** Bytes of the descriptor table. */
export const GDT_SIZE = 16 * 8;
/** Offset in the kernel's page of the task state segment, which has no I/O bitmap: no port is allowed. */
export const TASK_STATE_AT = 0x800;
const TASK_STATE_SIZE = 0x68;

/** A descriptor as `struct user_desc` describes it (arch/x86/include/uapi/asm/ldt.h). */
export interface UserDescriptor {
  readonly entry: number;
  readonly base: number;
  readonly limit: number;
  /** Bits: 0 seg_32bit, 1–2 contents, 3 read_exec_only, 4 limit_in_pages, 5 seg_not_present, 6 useable. */
  readonly flags: number;
}

/** Whether it asks for an empty entry (LDT_empty, LDT_zero). */
export function isEmpty({ base, limit, flags }: UserDescriptor): boolean {
  return base === 0 && limit === 0 && ((flags & 0x7f) === 0x28 || (flags & 0x7f) === 0);
}

/** The two halves of the descriptor in memory (Intel SDM vol. 3A §3.4.5), of privilege level 3. */
export function encodeDescriptor(descriptor: UserDescriptor): readonly [low: number, high: number] {
  if (isEmpty(descriptor)) return [0, 0];
  const { base, limit, flags } = descriptor;
  const type = (((flags >> 3) & 1) ^ 1) << 9 | ((flags >> 1) & 3) << 10;
  const attributes = 0xf100 & ~0x8000 | type | (((flags >> 5) & 1) ^ 1) << 15;
  const sizes = (flags & 1) << 22 | ((flags >> 4) & 1) << 23 | ((flags >> 6) & 1) << 20;
  return [
    (limit & 0xffff) | (base << 16),
    ((base >>> 16) & 0xff) | attributes | (limit & 0xf0000) | sizes | (base & 0xff000000),
  ];
}

/** The kernel's page: descriptor table at 0, task state at `TASK_STATE_AT`. `base` is the page's linear address. */
export function kernelPage(base: number): Uint8Array {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  const entry = (selector: number, low: number, high: number): void => {
    view.setUint32(selector & ~7, low, true);
    view.setUint32((selector & ~7) + 4, high, true);
  };
  entry(Selector.code32, 0xffff, 0x00cffb00);
  entry(Selector.data, 0xffff, 0x00cff300);
  entry(Selector.code64, 0xffff, 0x00affb00);
  const task = base + TASK_STATE_AT;
  entry(Selector.task, ((task & 0xffff) << 16) | (TASK_STATE_SIZE - 1), ((task >>> 16) & 0xff) | 0x8b00 | (task & 0xff000000));
  entry(Selector.task + 8, Math.floor(task / 2 ** 32), 0);
  // The I/O map base, beyond the segment's limit: IN and OUT fault (vol. 1 §19.5.2).
  view.setUint16(TASK_STATE_AT + 0x66, 0xffff, true);
  return bytes;
}

/** Access rights as in a VMCS (Intel SDM vol. 3C §25.4.1): present, DPL 3, type; then L, D and G. */
const RIGHTS = { code32: 0xc0fb, code64: 0xa0fb, data: 0xc0f3, task: 0x8b, unusable: 0x10000 } as const;
const FLAT = 0xffffffff;

/** Loads the segment registers as Linux starts a program. */
export function loadSegments(state: VcpuState, bits: 32 | 64, kernelBase: number): void {
  const unusable = { selector: 0, rights: RIGHTS.unusable, limit: 0, base: 0n };
  for (const name of SEGMENTS) state.setSegment(name, unusable);
  const flat = (name: SegmentName, selector: number, rights: number): void => {
    state.setSegment(name, { selector, rights, limit: FLAT, base: 0n });
  };
  if (bits === 64) flat('cs', Selector.code64, RIGHTS.code64);
  else flat('cs', Selector.code32, RIGHTS.code32);
  flat('ss', Selector.data, RIGHTS.data);
  if (bits === 32) {
    flat('ds', Selector.data, RIGHTS.data);
    flat('es', Selector.data, RIGHTS.data);
  }
  const task = BigInt.asUintN(64, BigInt(kernelBase + TASK_STATE_AT));
  state.setSegment('tr', { selector: Selector.task, rights: RIGHTS.task, limit: TASK_STATE_SIZE - 1, base: task });
}
