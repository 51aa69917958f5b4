import { VCPU_STATE_SIZE } from './state-layout.ts';

/**
 * The MMU's block of a vCPU: it lies behind the architectural state and holds what an engine and an MMU tell each
 * other about one miss, where the vCPU's TLB is, and the counters. It is not part of a snapshot.
 *
 * `fill` leaves in it, by its status:
 *
 *     ok, code      gpa and host of the access, pageShift of the guest's mapping
 *     mmio          gpa of the access, pageShift
 *     pageFault     errorCode (Intel SDM vol. 3A §4.7) and linear, which is what CR2 takes
 *     nestedFault   gpa, linear, reason, access; qualification is an EPT exit qualification (vol. 3C table 28-7) or an
 *                   EXITINFO1 (AMD APM vol. 2 §15.25.6), as the strategy is
 */
export const MMU_BLOCK_AT = Math.ceil(VCPU_STATE_SIZE / 64) * 64;

/** Byte offsets from the beginning of the vCPU's state. */
export const MMU_OFFSETS = {
  /** u32, the last status. */
  status: MMU_BLOCK_AT,
  /** u32 */
  errorCode: MMU_BLOCK_AT + 4,
  /** u64 */
  linear: MMU_BLOCK_AT + 8,
  /** u64 */
  gpa: MMU_BLOCK_AT + 16,
  /** u64 */
  qualification: MMU_BLOCK_AT + 24,
  /** u32, `NestedFaultReason`. */
  reason: MMU_BLOCK_AT + 32,
  /** u32, what the second level was asked for; bits of `Access`. */
  access: MMU_BLOCK_AT + 36,
  /** u32, byte offset in the Host's memory. */
  host: MMU_BLOCK_AT + 40,
  /** u32, 12, 21, 22 or 30; 12 without paging. */
  pageShift: MMU_BLOCK_AT + 44,
  /** u32, byte offset of this vCPU's TLB in the Host's memory; the MMU writes it when the vCPU is attached. */
  tlb: MMU_BLOCK_AT + 48,
  /** u32 each: the tags under which entries are filled, for each view. The engine writes them. */
  tagUser: MMU_BLOCK_AT + 52,
  tagSupervisor: MMU_BLOCK_AT + 56,
  /** Explicit supervisor accesses while CR4.SMAP and RFLAGS.AC are set, so that STAC and CLAC need no flush. */
  tagSupervisorAc: MMU_BLOCK_AT + 60,
  /** u64 counters, as in `MmuStatistics`. */
  fills: MMU_BLOCK_AT + 64,
  walkLoads: MMU_BLOCK_AT + 72,
  pageFaults: MMU_BLOCK_AT + 80,
  nestedFaults: MMU_BLOCK_AT + 88,
  flushes: MMU_BLOCK_AT + 96,
} as const;

/** Where an engine's own fields may begin. */
export const MMU_BLOCK_END = MMU_BLOCK_AT + 128;

/** What `fill` returns. */
export const FillStatus = {
  ok: 0,
  pageFault: 1,
  nestedFault: 2,
  /** The access is allowed and goes to the MMIO dispatch at `gpa`. Its entry never matches, so each access comes here. */
  mmio: 3,
  /** The write is allowed, but the frame holds code: the engine drops the code, then writes at `host`. */
  code: 4,
} as const;

/** Bits of `fill`'s access: those of `Access`, and: */
export const FillAccess = {
  /** Made by the processor for itself (descriptor tables, task state): supervisor at every CPL, SMAP whatever AC is. */
  implicit: 8,
} as const;

export const NestedFaultReason = { violation: 1, misconfiguration: 2 } as const;
