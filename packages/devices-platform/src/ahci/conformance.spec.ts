import { FakeBlock, type DeviceDriver } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { AhciDriver } from '../../test/ahci-driver.ts';
import { FakePciBus } from '../../test/fake-pci-bus.ts';
import { Command } from '../ide/registers.ts';
import { ahci } from './ahci.ts';
import { Offset, Sata } from './registers.ts';

const COMMANDS = [
  Command.IDENTIFY, Command.READ_DMA_EXT, Command.WRITE_DMA_EXT, Command.READ, Command.WRITE, Command.FLUSH, Command.PACKET, Sata.READ_LOG_EXT,
  Sata.DATA_SET_MANAGEMENT, 0xfe,
];

/** A driver's session: set up a port, then queued commands and others, some of which are wrong. */
function exercise(suite: DeviceDriver): void {
  const { random } = suite;
  const registers = {
    read: (offset: number, size: 1 | 2 | 4) => suite.read('registers', offset, size),
    write: (offset: number, size: 1 | 2 | 4, value: number) => suite.write('registers', offset, size, value),
  };
  const { fn } = suite.service('bus') as FakePciBus;
  fn!.write(4, 2, 6);
  fn!.write(0x44, 4, 0xfee0_0000 | 0);
  fn!.write(0x42, 2, random.below(2));
  const driver = new AhciDriver(registers, suite.memory, random.below(3), 0x2_0000).start();
  const data = [[0x6_0000, 600], [0x6_0400, 4096]] as const;
  for (let slot = random.below(6); slot > 0; slot -= 1) {
    const queued = random.chance(1, 3);
    if (queued) driver.queued(slot, random.pick([Sata.READ_FPDMA, Sata.WRITE_FPDMA]), random.below(70), 1 + random.below(8), data);
    else driver.put(slot, { command: random.pick(COMMANDS), lba: random.below(70), count: 1 + random.below(8), features: random.below(2), data, packet: random.pick([[], [0x28, 0, 0, 0, 0, 1, 0, 0, 1], [0x12, 0, 0, 0, 36]]) });
    driver.issue(1 << slot, queued);
  }
  if (random.chance(1, 2)) driver.acknowledge();
  if (random.chance(1, 4)) driver.stop();
}

describeDevice(ahci, {
  configs: [{ drives: [{ kind: 'disk' }, { kind: 'cdrom', readOnly: true }] }, { device: 5, fn: 0 }],
  services: ({ trace }) => ({ bus: new FakePciBus(trace), drive0: new FakeBlock({ trace }), drive1: new FakeBlock({ trace }) }),
  exercise,
  // GHC resets; PxCMD, PxSCTL and PxCI start and stop the work of drives.
  allocation: { cold: ({ direction, offset }) => direction === 'write' && (offset === Offset.GHC || (offset >= Offset.PORTS && [0x18, 0x2c, 0x38].includes(offset & 0x7f))) },
});
