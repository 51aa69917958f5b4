import { defineDevice, versioned, type Clock, type LevelLine, type Region, type Timer } from '@polyvisor/core';
import { z } from 'zod';

/** Registers, each of 32 bits. PERIOD is in nanoseconds; 0 stops. Reading TICKS acknowledges the interrupt. */
export const Offset = { PERIOD: 0, TICKS: 4 } as const;
const REGION_SIZE = 8;
/** A shorter period would let a guest keep its host busy with nothing but ticks. */
const SHORTEST = 1000;

const config = z.strictObject({
  port: z.int().min(0).max(0x1_0000 - REGION_SIZE).default(0x600),
  irq: z.int().min(0).max(1023).default(9),
});

const state = z.strictObject({
  period: z.int32().nonnegative(),
  ticks: z.int32(),
  pending: z.boolean(),
  /** Guest time of the next tick in nanoseconds. */
  next: z.number().nonnegative().nullable(),
});
type State = z.output<typeof state>;

class AcmeCounter implements Region {
  readonly #clock: Clock;
  readonly #line: LevelLine;
  readonly #timer: Timer;
  #period = 0;
  #ticks = 0;

  constructor(clock: Clock, line: LevelLine, timer: (fire: () => void) => Timer, saved: State | undefined) {
    this.#clock = clock;
    this.#line = line;
    this.#timer = timer(() => this.#tick());
    if (!saved) return;
    this.#period = saved.period;
    this.#ticks = saved.ticks;
    line.set(saved.pending);
    if (saved.next !== null) this.#timer.arm(saved.next);
  }

  /** @hot */
  read(offset: number, size: 1 | 2 | 4): number {
    if (size !== 4) return 0;
    if (offset === Offset.PERIOD) return this.#period;
    if (offset !== Offset.TICKS) return 0;
    this.#line.set(false);
    return this.#ticks;
  }

  /** @hot */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (size !== 4 || offset !== Offset.PERIOD) return;
    const period = value & 0x7fff_ffff;
    this.#period = period > 0 && period < SHORTEST ? SHORTEST : period;
    if (this.#period === 0) this.#timer.cancel();
    else this.#timer.arm(this.#clock.now() + this.#period);
  }

  reset(): void {
    this.#period = 0;
    this.#ticks = 0;
    this.stop();
  }

  stop(): void {
    this.#timer.cancel();
    this.#line.set(false);
  }

  save(): State {
    const next = this.#timer.armed ? this.#timer.deadline : null;
    return { period: this.#period, ticks: this.#ticks, pending: this.#line.asserted, next };
  }

  #tick(): void {
    this.#ticks = (this.#ticks + 1) | 0;
    this.#line.set(true);
    this.#timer.arm(this.#timer.deadline + this.#period);
  }
}

/** A third party's device: it counts periods of guest time and interrupts at each. */
export const acmeCounter = defineDevice({
  kind: 'acme/counter',
  api: 1,
  summary: 'Counts periods of guest time and interrupts at each.',
  config,
  state: versioned(1, state),
  resources: ({ port, irq }) => ({
    pio: { regs: { size: REGION_SIZE, width: 4, prefer: port } },
    irq: { line: { kind: 'level', prefer: irq } },
    timers: true,
  }),
  create(_config, host, saved) {
    const counter = new AcmeCounter(host.clock, host.irq.line, (fire) => host.timer(fire), saved);
    return {
      regions: { regs: counter },
      reset: () => counter.reset(),
      save: () => counter.save(),
      destroy: () => counter.stop(),
    };
  },
});
