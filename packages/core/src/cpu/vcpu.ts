import type { z } from 'zod';
import { checkKind } from '../device/device.ts';
import type { Clock } from '../clock/clock.ts';
import type { DeviceLog } from '../device/device-host.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import type { Host } from '../memory/host.ts';
import type { LocalApics } from '../interrupt/local-apics.ts';
import type { Mmu } from '../mmu/mmu.ts';
import type { StateSpec } from '../snapshot/state.ts';
import type { ControlBlock } from './control-block.ts';
import type { VmExit } from './exits.ts';
import type { VcpuState } from './vcpu-state.ts';

/**
 * The guest's accesses that devices answer, injected as plain functions. Values are signed 32-bit; an absent port or
 * address reads all ones. An 8-byte MMIO access is two calls, low half first.
 */
export interface IoAccess {
  /** @hot */
  pioRead(port: number, size: 1 | 2 | 4): number;
  /** @hot */
  pioWrite(port: number, size: 1 | 2 | 4, value: number): void;
  /** @hot */
  mmioRead(gpa: number, size: 1 | 2 | 4): number;
  /** @hot */
  mmioWrite(gpa: number, size: 1 | 2 | 4, value: number): void;
  /** @hot Vector 0–255, or −1 when the interrupt was withdrawn. */
  acknowledgeInterrupt(cpu: number): number;
}

export interface CpuHost {
  /** 0 is the bootstrap processor. */
  readonly index: number;
  readonly host: Host;
  readonly space: AddressSpace;
  /** `undefined` when the machine's description names none: for engines that translate nothing. */
  readonly mmu: Mmu | undefined;
  readonly io: IoAccess;
  /** The local APICs, once the devices are there; `undefined` in a machine without. Ask each time. */
  readonly apics?: LocalApics | undefined;
  readonly clock: Clock;
  readonly log: DeviceLog;
}

/** A CPU engine: what makes a vCPU. */
export interface CpuPlugin<C, S> {
  readonly kind: string;
  readonly api: 1;
  readonly summary: string;
  readonly config: z.ZodType<C>;
  readonly state: StateSpec<S>;
  create(config: C, host: CpuHost, saved: S | undefined): Vcpu<S>;
}

/** One virtual processor. Everything but `kick` and the pins is called on the thread that runs it. */
export interface Vcpu<S = unknown> {
  readonly index: number;
  /** Registers; valid between runs. */
  readonly state: VcpuState;
  readonly control: ControlBlock;
  /** Instructions retired since power-on: exact, and what a deterministic clock counts. */
  readonly instructions: number;
  /** Runs at most `budget` instructions and says why it came back. */
  run(budget: number): VmExit;
  /** Ends the current run soon with `kicked`; may be called from another thread. A kick outside a run is kept. */
  kick(): void;
  /** @hot INTR, a level. Wakes a halted vCPU when it accepts interrupts. */
  setIntr(asserted: boolean): void;
  nmi(): void;
  smi(): void;
  init(): void;
  sipi(vector: number): void;
  /** True when `run` would do more than return `halted`. */
  readonly runnable: boolean;
  /** Power-on reset (Intel SDM vol. 3A §10.1.1); the control block is cleared. */
  reset(): void;
  save(): S;
  destroy(): void;
}

export interface AnyCpuPlugin {
  readonly kind: string;
  readonly api: 1;
  readonly summary: string;
  readonly config: z.ZodType;
  readonly state: StateSpec<unknown>;
  create(config: unknown, host: CpuHost, saved: unknown): Vcpu;
}

export function defineCpu<C, S>(plugin: CpuPlugin<C, S>): CpuPlugin<C, S> {
  checkKind(plugin.kind);
  return Object.freeze(plugin);
}
