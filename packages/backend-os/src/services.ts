import { token } from '@polyvisor/core';

/** Random bytes for programs (getrandom, /dev/urandom, AT_RANDOM): a cryptographic source, or a seeded one for runs that repeat. */
export interface Entropy {
  fill(into: Uint8Array): void;
}

export const EntropyToken = token<Entropy>('backend-os/Entropy');

/** The kernel's timer. */
export interface Alarm {
  /** Calls `onRing` at guest time `at` (ns), or at the next occasion when that is past. Setting it again moves it. */
  set(at: number): void;
  cancel(): void;
  /** Called on the thread that runs the vCPU, while it does not run. */
  onRing: (() => void) | undefined;
}

export const AlarmToken = token<Alarm>('backend-os/Alarm');
