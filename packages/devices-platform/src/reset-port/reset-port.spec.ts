import { fakeDeviceHost, type RecordingPower } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { expect, test } from 'vitest';
import { resetPort } from './reset-port.ts';

test('resets the machine when RESET_CPU rises, and not before', () => {
  const config = resetPort.config.parse({});
  const fake = fakeDeviceHost(resetPort, config);
  const { control } = resetPort.create(config, fake.host, undefined).regions;
  const power = fake.services['power'] as RecordingPower;
  control.write(0, 1, 0x02);
  expect([control.read(0, 1), power.actions.length]).toEqual([0x02, 0]);
  control.write(0, 1, 0x06);
  control.write(0, 1, 0x06);
  expect(power.actions).toEqual([{ kind: 'reset' }]);
});

describeDevice(resetPort, { configs: [{}, { port: 0x64 }] });
