import { FakeBlock, type DeviceDriver } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { FakePciBus } from '../../test/fake-pci-bus.ts';
import { NvmeDriver } from '../../test/nvme-driver.ts';
import { nvme } from './nvme.ts';
import { Admin, Nvm, Offset } from './registers.ts';

const COMMANDS = [Nvm.READ, Nvm.READ, Nvm.WRITE, Nvm.FLUSH, Nvm.COMPARE, Nvm.WRITE_ZEROES, Nvm.DATASET_MANAGEMENT, 0x77];

/** A driver's session: set up, identify, then a few requests, some of which are wrong. */
function exercise(suite: DeviceDriver): void {
  const { random } = suite;
  const registers = {
    read: (offset: number, size: 1 | 2 | 4) => suite.read('registers', offset, size),
    write: (offset: number, size: 1 | 2 | 4, value: number) => suite.write('registers', offset, size, value),
  };
  const driver = new NvmeDriver(registers, suite.memory, 0x2_0000);
  const { fn } = suite.service('bus') as FakePciBus;
  fn!.write(4, 2, 6);
  fn!.write(0x40, 4, random.chance(1, 2) ? -0x8000_0000 : 0);
  for (let word = 0; word < 8; word += 1) registers.write(Offset.MSIX_TABLE + 4 * word, 4, random.pick([0, 0xfee0_0000 | 0, 0x40]));
  driver.enable(8);
  if (random.chance(1, 2)) {
    driver.put(0, { opcode: Admin.ASYNC_EVENT_REQUEST });
    driver.ring(0);
  }
  driver.call({ opcode: Admin.IDENTIFY, nsid: 1, prp1: driver.pages(), cdw: [random.below(5)] });
  driver.createQueues(1, 8);
  const data = driver.pages(4);
  for (let i = random.below(8); i > 0; i -= 1) driver.transfer(random.pick(COMMANDS), random.below(70), 1 + random.below(9), data + 4 * random.below(1024), data + 0x1000);
  driver.ring(1);
  if (random.chance(1, 2)) driver.completions(1);
  if (random.chance(1, 4)) driver.write(Offset.CC, driver.read(Offset.CC) | 0x4000);
  if (random.chance(1, 4)) driver.call({ opcode: Admin.DELETE_SQ, cdw: [1] });
}

describeDevice(nvme, {
  configs: [{ slot: 3 }, { slot: 4, queues: 1, logical_block_size: 4096, 'read-only': true }],
  services: ({ trace }) => ({ bus: new FakePciBus(trace), drive: new FakeBlock({ trace }) }),
  exercise,
  // CC makes queues and resets; a doorbell hands commands to the backend, which answers by promises.
  allocation: { cold: ({ direction, offset }) => direction === 'write' && (offset === Offset.CC || (offset >= Offset.DOORBELLS && offset < Offset.MSIX_TABLE)) },
});
