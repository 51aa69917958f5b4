import type { EdgeLine, InterruptController, LevelLine, MachineEvents, MessagePort, TimeBase } from '@polyvisor/core';

/**
 * Joins devices' lines to the inputs of the interrupt controller. Level lines that share an input are wired OR: the
 * input is asserted while at least one of them is. While devices are being restored a level reaches the controller
 * as an imported one, without an edge, and a pulse is dropped and reported.
 */
export class InterruptRouter {
  /** True while devices are constructed from a snapshot. */
  importing = false;
  controller: InterruptController | undefined;
  readonly #asserted: Uint16Array;
  readonly #events: MachineEvents;
  readonly #clock: TimeBase;

  constructor(inputs: number, events: MachineEvents, clock: TimeBase) {
    this.#asserted = new Uint16Array(inputs);
    this.#events = events;
    this.#clock = clock;
  }

  level(gsi: number): LevelLine {
    return new SharedLevel(this, gsi);
  }

  edge(gsi: number, owner: string): EdgeLine {
    return { pulse: () => this.pulse(gsi, owner) };
  }

  message(owner: string): MessagePort {
    return {
      send: (address, data) => {
        if (this.importing) this.#reportDropped(owner, 'sent a message');
        else this.controller?.message(address, data);
      },
    };
  }

  /** @hot */
  change(gsi: number, asserted: boolean): void {
    const before = this.#asserted[gsi]!;
    const after = asserted ? before + 1 : before - 1;
    this.#asserted[gsi] = after;
    if (before !== 0 && after !== 0) return;
    if (this.importing) this.controller?.importLevel(gsi, asserted);
    else this.controller?.setLevel(gsi, asserted);
    if (this.#events.irq.active) this.#events.irq.emit({ gsi, asserted, time: this.#clock.now() });
  }

  /** @hot */
  pulse(gsi: number, owner: string): void {
    if (this.importing) {
      this.#reportDropped(owner, 'pulsed a line');
      return;
    }
    this.controller?.pulse(gsi);
    if (this.#events.irq.active) this.#events.irq.emit({ gsi, asserted: true, time: this.#clock.now() });
  }

  #reportDropped(source: string, what: string): void {
    const message = `${what} while it was restored; restoring must raise no interrupt, so it was dropped`;
    const { log } = this.#events;
    if (log.active) log.emit({ source, level: 'warn', message, time: this.#clock.now() });
  }
}

class SharedLevel implements LevelLine {
  asserted = false;
  readonly #router: InterruptRouter;
  readonly #gsi: number;

  constructor(router: InterruptRouter, gsi: number) {
    this.#router = router;
    this.#gsi = gsi;
  }

  /** @hot */
  set(asserted: boolean): void {
    if (asserted === this.asserted) return;
    this.asserted = asserted;
    this.#router.change(this.#gsi, asserted);
  }
}
