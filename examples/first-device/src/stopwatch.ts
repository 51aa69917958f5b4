import { defineDevice, versioned } from '@polyvisor/core';
import { z } from 'zod';

/** Offsets of the registers; each is 32 bits wide. */
export const Register = {
  /** Write 1 to start, 0 to stop. Reads 1 while running. */
  control: 0,
  /** Microseconds since the start, read-only. */
  elapsed: 4,
  /** The interrupt line is asserted this many microseconds after the start; 0 means never. */
  limit: 8,
  /** Reads 1 while the line is asserted; any write takes it back. */
  status: 12,
} as const;

const MICROSECOND = 1000;

const config = z.strictObject({
  /** Guest-physical base of the registers, in bytes. */
  base: z.int().nonnegative().default(0xf000_0000),
});

const state = z.strictObject({
  /** Guest time of the start in ns, or −1 while stopped. */
  startedAt: z.number(),
  limit: z.int(),
  expired: z.boolean(),
});
type State = z.output<typeof state>;

const POWER_ON: State = { startedAt: -1, limit: 0, expired: false };

export const stopwatch = defineDevice({
  kind: 'acme/stopwatch',
  api: 1,
  summary: 'Measures guest time and interrupts at a limit.',
  config,
  state: versioned(1, state),

  resources: (c) => ({
    mmio: { regs: { size: 16, prefer: c.base } },
    irq: { line: 'level' },
    timers: true,
  }),

  create(_config, host, saved) {
    let { startedAt, limit, expired } = saved ?? POWER_ON;

    const timer = host.timer(() => {
      setExpired(true);
    });
    // Restoring constructs: the level and the timer are what they were, and nothing else happens.
    host.irq.line.set(expired);
    arm();

    /** @hot */
    function setExpired(now: boolean): void {
      expired = now;
      host.irq.line.set(now);
    }

    /** @hot */
    function arm(): void {
      if (startedAt >= 0 && limit > 0 && !expired) timer.arm(startedAt + limit * MICROSECOND);
      else timer.cancel();
    }

    /** @hot */
    function elapsed(): number {
      return startedAt < 0 ? 0 : Math.floor((host.clock.now() - startedAt) / MICROSECOND) | 0;
    }

    return {
      regions: {
        regs: {
          /** @hot */
          read(offset) {
            switch (offset) {
              case Register.control:
                return startedAt < 0 ? 0 : 1;
              case Register.elapsed:
                return elapsed();
              case Register.limit:
                return limit;
              case Register.status:
                return expired ? 1 : 0;
              default:
                return 0;
            }
          },
          /** @hot */
          write(offset, _size, value) {
            switch (offset) {
              case Register.control:
                startedAt = (value & 1) === 0 ? -1 : host.clock.now();
                break;
              case Register.limit:
                limit = value;
                break;
              case Register.status:
                setExpired(false);
                // A limit that is past does not strike twice.
                timer.cancel();
                return;
            }
            arm();
          },
        },
      },
      reset() {
        ({ startedAt, limit } = POWER_ON);
        setExpired(false);
        arm();
      },
      save: () => ({ startedAt, limit, expired }),
      destroy() {
        timer.cancel();
        host.irq.line.set(false);
      },
    };
  },
});
