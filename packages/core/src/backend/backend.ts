import type { z } from 'zod';
import type { Clock } from '../clock/clock.ts';
import type { VmExit } from '../cpu/exits.ts';
import type { IoAccess, Vcpu } from '../cpu/vcpu.ts';
import { checkKind } from '../device/device.ts';
import type { DeviceLog } from '../device/device-host.ts';
import type { ResetKind } from '../device/device.ts';
import type { ServiceOf, Token } from '../di/token.ts';
import type { Problem } from '../errors/problem.ts';
import type { AddressSpace, RamRange } from '../memory/address-space.ts';
import type { Dma } from '../memory/dma.ts';
import type { Mmu } from '../mmu/mmu.ts';
import type { StateSpec } from '../snapshot/state.ts';

/** What happens after an exit. Every exit gets an answer; there is no "ignore". */
export type Verdict =
  /** The exit was dealt with (the instruction was emulated, or an event injected): enter again. */
  | { readonly kind: 'resume' }
  /** Nothing to do until an interrupt, a timer or a kick: the vCPU sleeps. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'power-off'; readonly status: number }
  | { readonly kind: 'reset' }
  /** The guest cannot go on, and people should hear why. The machine stops with its state kept for inspection. */
  | { readonly kind: 'fault'; readonly problem: Problem };

export const RESUME: Verdict = Object.freeze({ kind: 'resume' });
export const WAIT: Verdict = Object.freeze({ kind: 'wait' });

type Services = { readonly [name: string]: Token<unknown> };

export interface BackendHost<V extends Services> {
  readonly vcpus: readonly Vcpu[];
  readonly space: AddressSpace;
  /** RAM as `layout` said, in which frames may be missing now: a balloon gave them back. */
  readonly ram: readonly RamRange[];
  /** `undefined` when the machine's description names none. */
  readonly mmu: Mmu | undefined;
  /** Guest memory by guest-physical address, for loaders and hypercalls. */
  readonly memory: Dma;
  /** The ports and MMIO of the machine's devices, for emulating intercepted accesses. */
  readonly io: IoAccess;
  readonly clock: Clock;
  readonly log: DeviceLog;
  readonly services: { readonly [K in keyof V]: ServiceOf<V[K]> };
}

/**
 * A backend plugin: one policy. It says how guest memory is laid out, fills the control blocks and answers every exit.
 */
export interface BackendPlugin<C, V extends Services, S> {
  readonly kind: string;
  readonly api: 1;
  readonly summary: string;
  readonly config: z.ZodType<C>;
  readonly state: StateSpec<S>;
  readonly services: V;
  /** Where `bytes` (a multiple of 4096) of RAM appear to the guest. Pure. */
  layout(bytes: number, config: C): readonly RamRange[];
  create(config: C, host: BackendHost<V>, saved: S | undefined): Backend<S>;
}

export interface Backend<S = unknown> {
  /**
   * Prepares the vCPUs after power-on or reset: control blocks, boot state, loaded images; and resets the backend's
   * own state. Not called after a restore: vCPUs carry their control blocks in their own state.
   */
  boot(why: ResetKind): void;
  /** Answers an exit; `budget` and `kicked` never get here. The exit object is valid during the call only. */
  handle(vcpu: Vcpu, exit: BackendExit): Verdict;
  save(): S;
  destroy(): void;
}

export type BackendExit = Exclude<VmExit, { readonly kind: 'budget' | 'kicked' }>;

export interface AnyBackendPlugin {
  readonly kind: string;
  readonly api: 1;
  readonly summary: string;
  readonly config: z.ZodType;
  readonly state: StateSpec<unknown>;
  readonly services: Services;
  layout(bytes: number, config: unknown): readonly RamRange[];
  create(config: unknown, host: BackendHost<Services>, saved: unknown): Backend;
}

export function defineBackend<C, const V extends Services, S = undefined>(
  plugin: BackendPlugin<C, V, S>,
): BackendPlugin<C, V, S> {
  checkKind(plugin.kind);
  return Object.freeze(plugin);
}
