import { Trace } from '@polyvisor/testkit';
import type { PciBus, PciFunction } from '../src/pci/bus.ts';

/** A bus with one function, whose interrupt pin shows in the trace. */
export class FakePciBus implements PciBus {
  fn: PciFunction | undefined;
  asserted = false;
  readonly #trace: Trace;

  constructor(trace: Trace = new Trace()) {
    this.#trace = trace;
  }

  attach(_owner: string, _device: number, _fn: number, what: PciFunction): void {
    this.fn = what;
    what.onInterrupt = (asserted) => {
      this.#trace.tick();
      if (asserted === this.asserted) return;
      this.asserted = asserted;
      if (this.#trace.on) this.#trace.add(`level intx ${asserted}`);
    };
  }
}

/** Lets promises of services settle. */
export async function settle(turns = 40): Promise<void> {
  for (let i = 0; i < turns; i += 1) await Promise.resolve();
}
