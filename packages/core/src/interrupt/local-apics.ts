import { token } from '../di/token.ts';

/**
 * What processors ask of their local APICs beside interrupts: the registers that are reached by instructions instead of
 * memory (Intel SDM vol. 3A, 11.4.3, 11.8.6, 11.12). `cpu` is a vCPU's index. A machine without such a device has none.
 */
export interface LocalApics {
  /** IA32_APIC_BASE was written, or the processor was reset: 64 bits as two signed halves. */
  setBase(cpu: number, low: number, high: number): void;
  /**
   * Reads an MSR of x2APIC mode (800H–8FFH) or IA32_TSC_DEADLINE (6E0H): the value is then in `low` and `high`. False when
   * there is none in the present mode: #GP(0).
   */
  readMsr(cpu: number, index: number): boolean;
  /** False: #GP(0). The TSC deadline is given in ticks of the guest's counter (`setTscOffset`). */
  writeMsr(cpu: number, index: number, low: number, high: number): boolean;
  /** Halves of the last value read, signed. */
  readonly low: number;
  readonly high: number;
  /** @hot Bits 7–4 of the task priority register: CR8. */
  taskPriority(cpu: number): number;
  /** @hot */
  setTaskPriority(cpu: number, priority: number): void;
  /** The guest's time-stamp counter is guest time in nanoseconds plus this, for the deadline timer. */
  setTscOffset(cpu: number, nanoseconds: number): void;
}

/** Which vCPU's access is being answered: local APICs share one address. */
export interface CurrentCpu {
  /** @hot */
  readonly index: number;
}

export const LocalApicsToken = token<LocalApics>('core/LocalApics');
export const CurrentCpuToken = token<CurrentCpu>('core/CurrentCpu');
