import { describe, expect, test } from 'vitest';
import { characterTime } from './character-time.ts';

describe('characterTime', () => {
  test.each([
    ['8N1 at 115200 baud', 0x03, 1, 86_806],
    ['8N1 at 9600 baud', 0x03, 12, 1_041_667],
    ['8E2 at 115200 baud', 0x1f, 1, 104_167],
    ['7O1 at 300 baud', 0x0a, 384, 33_333_333],
    ['5N1½ at 115200 baud', 0x04, 1, 65_104],
  ])('gives %s its nanoseconds', (_name, lcr, divisor, expected) => {
    expect(characterTime(lcr, divisor)).toBe(expected);
  });

  test('counts a divisor of 0 as 1', () => {
    expect(characterTime(0x03, 0)).toBe(characterTime(0x03, 1));
  });
});
