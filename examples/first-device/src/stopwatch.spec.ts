import { fakeDeviceHost } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { expect, test } from 'vitest';
import { Register, stopwatch } from './stopwatch.ts';

describeDevice(stopwatch, { configs: [{}, { base: 0xe000_0000 }] });

test('interrupts at its limit, and takes the line back when its status is written', () => {
  const fake = fakeDeviceHost(stopwatch, { base: 0xf000_0000 });
  const { regs } = stopwatch.create({ base: 0xf000_0000 }, fake.host, undefined).regions;

  regs.write(Register.limit, 4, 5);
  regs.write(Register.control, 4, 1);
  fake.clock.advance(4_999);
  expect(fake.host.irq.line.asserted).toBe(false);
  fake.clock.advance(1);
  expect(fake.host.irq.line.asserted).toBe(true);
  expect(regs.read(Register.elapsed, 4)).toBe(5);

  regs.write(Register.status, 4, 1);
  expect(fake.host.irq.line.asserted).toBe(false);
});
