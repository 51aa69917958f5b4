import { describe, expect, it } from 'vitest';
import { measure, roundings } from './accuracy.ts';
import { TRANSCENDENTAL } from './driver.ts';

/** A little more than what is cut off the exact result. */
const CUT = 2 ** -18;

describe('x87 transcendental functions', () => {
  it.each(TRANSCENDENTAL)('give %s within half a unit of the last place and a little', (op) => {
    const accuracy = measure(op, 300, 7, null);

    expect(accuracy.ours, accuracy.where).toBeLessThan(0.501);
    expect(accuracy.oursMean).toBeGreaterThan(0.1);
  });

  it.each(TRANSCENDENTAL)('round %s downward, upward and to zero, and tell in C1 where the magnitude grew', (op) => {
    for (const rc of [0, 0x400, 0x800, 0xc00]) {
      for (const { above, negative, roundedUp, text } of roundings(op, 200, 8, rc)) {
        const outward = negative ? -above : above;
        const least = rc === 0 ? -0.501 : rc === 0x800 || (rc === 0xc00 && negative) ? -1 : 0;
        const most = rc === 0 ? 0.501 : rc === 0x400 || (rc === 0xc00 && !negative) ? 1 : 0;
        expect(above, text).toBeGreaterThanOrEqual(least - CUT);
        expect(above, text).toBeLessThanOrEqual(most + CUT);
        if (Math.abs(outward) > CUT) expect(roundedUp, text).toBe(outward < 0);
      }
    }
  });
});
