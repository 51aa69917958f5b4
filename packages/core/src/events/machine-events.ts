import type { VmExit } from '../cpu/exits.ts';
import type { Problem } from '../errors/problem.ts';
import type { EventPoint } from './event-point.ts';

export type MachineState = 'created' | 'running' | 'paused' | 'off' | 'faulted' | 'destroyed';

/** What a person, a test or a manager may want to see of a machine. Times are guest nanoseconds. */
export interface MachineEvents {
  readonly lifecycle: EventPoint<{ readonly from: MachineState; readonly to: MachineState; readonly status?: number; readonly problem?: Problem }>;
  /** Every exit that reached the backend, after its answer. `exit` is a copy of the interesting fields. */
  readonly exit: EventPoint<{ readonly cpu: number; readonly exit: VmExit; readonly verdict: string; readonly time: number }>;
  /**
   * A vCPU is about to execute an instruction or to take an event; its state is that before. While somebody listens, vCPUs run
   * one instruction at a time.
   */
  readonly step: EventPoint<{ readonly cpu: number; readonly time: number }>;
  readonly irq: EventPoint<{ readonly gsi: number; readonly asserted: boolean; readonly time: number }>;
  /** Accesses that no device answers. */
  readonly unclaimed: EventPoint<{
    readonly space: 'port' | 'memory';
    readonly address: number;
    readonly size: number;
    readonly write: boolean;
    readonly value: number;
  }>;
  readonly log: EventPoint<{
    readonly source: string;
    readonly level: 'info' | 'warn' | 'guest-error';
    readonly message: string;
    readonly time: number;
  }>;
}
