import type { CurrentCpu, LocalApics, Region } from '@polyvisor/core';
import { Icr, LVT_READ_ONLY, LVT_WRITABLE, Lapic, MSR_FIRST, MSR_LAST, MSR_TSC_DEADLINE, Svr } from './registers.ts';
import type { LocalApic } from './local-apic.ts';

const X2_READABLE: ReadonlySet<number> = new Set<number>([
  Lapic.ID, Lapic.VERSION, Lapic.TPR, Lapic.PPR, Lapic.LDR, Lapic.SVR, Lapic.ESR, Lapic.ICR_LOW, Lapic.LVT_TIMER, Lapic.LVT_THERMAL,
  Lapic.LVT_PERFORMANCE, Lapic.LVT_LINT0, Lapic.LVT_LINT1, Lapic.LVT_ERROR, Lapic.INITIAL_COUNT, Lapic.CURRENT_COUNT, Lapic.DIVIDE,
  ...Array.from({ length: 24 }, (_, i) => Lapic.ISR + i),
]);

/** The bits that may be set in a register of x2APIC mode; the others are reserved, and absent registers take nothing. */
const X2_WRITABLE: ReadonlyMap<number, number> = new Map<number, number>([
  [Lapic.TPR, 0xff], [Lapic.EOI, 0], [Lapic.SVR, Svr.MASK], [Lapic.ESR, 0], [Lapic.ICR_LOW, Icr.WRITABLE | Icr.BUSY],
  ...LVT_WRITABLE.map((bits, i): [number, number] => [Lapic.LVT_TIMER + i, bits | LVT_READ_ONLY[i]!]),
  [Lapic.INITIAL_COUNT, -1], [Lapic.DIVIDE, 0xb], [Lapic.SELF_IPI, 0xff],
]);

/** The local APICs as processors reach them: the page that all of them share, and the MSRs. */
export class LocalApicFront implements LocalApics, Region {
  low = 0;
  high = 0;
  readonly #locals: readonly LocalApic[];
  readonly #current: CurrentCpu;

  constructor(locals: readonly LocalApic[], current: CurrentCpu) {
    this.#locals = locals;
    this.#current = current;
  }

  /** @hot Registers are 32 bits at multiples of 16; narrower reads get their part. */
  read(offset: number, size: 1 | 2 | 4): number {
    const local = this.#locals[this.#current.index];
    if (local?.mode !== 'xapic') return -1;
    const at = offset & 0xf;
    if (at + size > 4 || offset >= 0x400) return 0;
    return local.read(offset >> 4) >> (8 * at);
  }

  /** @hot Anything but 32 bits at a multiple of 16 is undefined (Intel SDM vol. 3A, 11.4.1), and ignored here. */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    const local = this.#locals[this.#current.index];
    if (local?.mode !== 'xapic' || size !== 4 || (offset & 0xf) !== 0 || offset >= 0x400) return;
    local.write(offset >> 4, value | 0);
  }

  setBase(cpu: number, low: number): void {
    this.#locals[cpu]?.setBase(low);
  }

  readMsr(cpu: number, index: number): boolean {
    const local = this.#locals[cpu];
    if (local === undefined) return false;
    this.low = 0;
    this.high = 0;
    if (index === MSR_TSC_DEADLINE) {
      this.low = local.timer.deadlineLow;
      this.high = local.timer.deadlineHigh;
      return true;
    }
    if (local.mode !== 'x2apic' || index < MSR_FIRST || index > MSR_LAST || !X2_READABLE.has(index - MSR_FIRST)) return false;
    this.low = local.read(index - MSR_FIRST);
    if (index - MSR_FIRST === Lapic.ICR_LOW) this.high = local.icrHigh;
    return true;
  }

  writeMsr(cpu: number, index: number, low: number, high: number): boolean {
    const local = this.#locals[cpu];
    if (local === undefined) return false;
    if (index === MSR_TSC_DEADLINE) {
      local.timer.writeDeadline(low | 0, high | 0);
      return true;
    }
    if (local.mode !== 'x2apic' || index < MSR_FIRST || index > MSR_LAST) return false;
    const register = index - MSR_FIRST;
    const writable = X2_WRITABLE.get(register);
    if (writable === undefined || (low & ~writable) !== 0 || (high !== 0 && register !== Lapic.ICR_LOW)) return false;
    if (register === Lapic.ICR_LOW) local.writeIcr(low, high | 0);
    else if (register === Lapic.SELF_IPI) local.sendSelf(low);
    else local.write(register, low | 0);
    return true;
  }

  /** @hot */
  taskPriority(cpu: number): number {
    return this.#locals[cpu]?.taskPriority ?? 0;
  }

  /** @hot */
  setTaskPriority(cpu: number, priority: number): void {
    const local = this.#locals[cpu];
    if (local !== undefined) local.taskPriority = priority;
  }

  setTscOffset(cpu: number, nanoseconds: number): void {
    this.#locals[cpu]?.timer.setTscOffset(nanoseconds);
  }
}
