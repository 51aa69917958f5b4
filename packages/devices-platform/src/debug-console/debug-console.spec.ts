import { fakeDeviceHost, type RecordingSink } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { describe, expect, test } from 'vitest';
import { debugConsole } from './debug-console.ts';

function powerOn(given: { readonly readback?: number } = {}) {
  const config = debugConsole.config.parse(given);
  const fake = fakeDeviceHost(debugConsole, config);
  return { port: debugConsole.create(config, fake.host, undefined).regions.data, out: fake.services['out'] as RecordingSink };
}

describe('the debug console', () => {
  test('passes on what is written', () => {
    const { port, out } = powerOn();
    for (const character of 'ok\n') port.write(0, 1, character.charCodeAt(0));
    expect(out.text).toBe('ok\n');
  });

  test('passes on one byte of a value with more', () => {
    const { port, out } = powerOn();
    port.write(0, 1, 0x1141);
    expect(out.bytes).toEqual([0x41]);
  });

  test('shows that it is there', () => {
    expect(powerOn().port.read(0, 1)).toBe(0xe9);
    expect(powerOn({ readback: 0xff }).port.read(0, 1)).toBe(0xff);
  });
});

describeDevice(debugConsole, { configs: [{}, { port: 0x402, readback: 0 }] });
