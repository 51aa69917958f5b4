import { fakeDeviceHost, type RecordingPower } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { describe, expect, test } from 'vitest';
import { debugExit } from './debug-exit.ts';

function powerOn() {
  const config = debugExit.config.parse({});
  const fake = fakeDeviceHost(debugExit, config);
  return { exit: debugExit.create(config, fake.host, undefined).regions.exit, power: fake.services['power'] as RecordingPower };
}

describe('the debug exit port', () => {
  test.each([
    [1, 0x10, 0x21],
    [2, 0x1234, 0x2469],
    [4, 0x10, 0x21],
    [1, 0xfff_ff01, 0x03],
    [2, -1, 0x1ffff],
  ] as const)('makes a write of %i bytes of 0x%s the status %i', (size, value, status) => {
    const { exit, power } = powerOn();
    exit.write(0, size, value);
    expect(power.actions).toEqual([{ kind: 'power-off', status }]);
  });

  test('reads as 0 and ends nothing by it', () => {
    const { exit, power } = powerOn();
    expect(exit.read(0, 2)).toBe(0);
    expect(power.actions).toEqual([]);
  });

  test('refuses ports beyond the last', () => {
    expect(debugExit.config.safeParse({ iobase: 0xffff, iosize: 2 }).success).toBe(false);
    expect(debugExit.config.safeParse({ iosize: 3 }).success).toBe(false);
  });
});

describeDevice(debugExit, { configs: [{}, { iobase: 0xf4, iosize: 4 }, { iosize: 1 }] });
