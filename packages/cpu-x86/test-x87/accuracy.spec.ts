import { describe, expect, it } from 'vitest';
import { measure } from './accuracy.ts';
import { TRANSCENDENTAL } from './driver.ts';

describe('x87 transcendental functions', () => {
  it.each(TRANSCENDENTAL)('give %s within half a unit of the last place and a little', (op) => {
    const accuracy = measure(op, 300, 7, null);

    expect(accuracy.ours, accuracy.where).toBeLessThan(0.501);
    expect(accuracy.oursMean).toBeGreaterThan(0.1);
  });
});
