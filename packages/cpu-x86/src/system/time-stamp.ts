/** The time-stamp counter: one tick per nanosecond of the machine's clock (Intel SDM vol. 3B, 18.17). */
import { CONTROL_OFFSETS } from '@polyvisor/core';
import type { Processor } from './processor.ts';

/** Ticks per second. */
export const TSC_FREQUENCY = 1_000_000_000;

export class TimeStamp {
  readonly #p: Processor;

  constructor(p: Processor) {
    this.#p = p;
  }

  /** As the guest reads it. With the instruction clock it counts instructions, also within a run. */
  now(): bigint {
    const { state, control } = this.#p;
    return BigInt.asUintN(64, this.#raw() + state.get('tscOffset') + control.view.getBigUint64(CONTROL_OFFSETS.tscOffset, true));
  }
  set(low: number, high: number): void {
    const value = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0), { state } = this.#p;
    state.set('tscOffset', BigInt.asUintN(64, value - (this.now() - state.get('tscOffset'))));
    this.tell();
  }
  /** Tells the local APIC, whose timer compares with the counter. */
  tell(): void {
    const { apics, index, state } = this.#p;
    apics?.setTscOffset(index, Number(BigInt.asIntN(64, state.get('tscOffset'))));
  }

  #raw(): bigint {
    return BigInt(Math.round(this.#p.clock.now()));
  }
}
