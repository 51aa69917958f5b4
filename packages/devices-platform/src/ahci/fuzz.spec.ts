import { openSection, saveSection } from '@polyvisor/core';
import { FakeMemory, Random, Trace, fakeDeviceHost } from '@polyvisor/testkit';
import { expect, test } from 'vitest';
import { AhciDriver } from '../../test/ahci-driver.ts';
import { FakePciBus } from '../../test/fake-pci-bus.ts';
import { RoughDisk } from '../../test/rough-disk.ts';
import { Command } from '../ide/registers.ts';
import { ahci } from './ahci.ts';
import { ABAR_SIZE, Ghc, Offset, PortOffset, Sata, Table } from './registers.ts';
import type { AhciState } from './state.ts';

const MEMORY = 2 * 2 ** 20;
/** Operations of one seed. */
const OPERATIONS = 5000;
/** What one access may ask of the host. */
const MAX_CALLS = 16384;
const MAX_BYTES = 16 * 2 ** 20;
const COMMANDS = [...Object.values(Command), ...Object.values(Sata), ...Object.values(Sata), Command.READ_DMA_EXT, Command.PACKET, 0xff];
const PACKETS = [0x28, 0xa8, 0x12, 0x25, 0x43, 0x4a, 0x5a, 0x03, 0x1b, 0xee];

function address(random: Random): number {
  switch (random.below(6)) {
    case 0: return random.int32() >>> 0;
    case 1: return (random.int32() >>> 0) * 2 ** 21;
    case 2: return MEMORY - 4096 + random.below(8192);
    default: return random.below(MEMORY);
  }
}

class Malice {
  readonly random: Random;
  readonly disk: RoughDisk;
  readonly memory: FakeMemory;
  readonly trace = new Trace();
  #device!: ReturnType<typeof ahci.create>;
  #drivers: AhciDriver[] = [];
  #clock!: { advance(ns: number): void };

  constructor(seed: number) {
    this.random = new Random(seed);
    this.disk = new RoughDisk(this.random.fork(1));
    this.memory = new FakeMemory({ size: MEMORY, holes: [[0x18_0000, 0x19_0000]], readOnly: [[0x19_0000, 0x1a_0000]], trace: this.trace });
    this.trace.on = false;
    this.trace.maxCalls = MAX_CALLS;
    this.trace.maxBytes = MAX_BYTES;
    this.#create(undefined);
  }

  #create(saved: AhciState | undefined): void {
    const config = ahci.config.parse({ drives: [{ kind: 'disk' }, { kind: 'cdrom' }] });
    const services = { bus: new FakePciBus(this.trace), drive0: this.disk, drive1: this.disk };
    const fake = fakeDeviceHost(ahci, config, { memory: this.memory, trace: this.trace, services });
    this.#device = ahci.create(config, fake.host, saved);
    this.#drivers = [0, 1].map((port) => new AhciDriver(this.#device.regions.registers, this.memory, port, 0x1_0000 + 0x4_0000 * port));
    this.#clock = fake.clock;
  }

  async operation(): Promise<void> {
    const { random } = this;
    this.trace.startOperation();
    const registers = this.#device.regions.registers;
    const driver = random.pick(this.#drivers);
    switch (random.below(16)) {
      case 0:
        registers.write(random.below(ABAR_SIZE - 4), random.pick([1, 2, 4] as const), random.value());
        break;
      case 1:
        driver.write(4 * random.below(16), random.value());
        break;
      case 2:
        driver.setHost(4 * random.below(6), random.pick([Ghc.HR, Ghc.IE, random.value()]));
        break;
      case 3:
        driver.start();
        break;
      case 4:
        driver.comreset();
        break;
      case 5:
        driver.stop();
        driver.run();
        break;
      case 6:
      case 7:
        await this.disk.release();
        break;
      case 8:
        this.#clock.advance(1);
        break;
      case 9:
        if (random.chance(1, 8)) this.#moved();
        else if (random.chance(1, 4)) this.#device.reset('warm');
        else driver.acknowledge();
        break;
      case 10:
        this.#longTable(driver);
        break;
      default:
        this.#commands(driver);
        break;
    }
  }

  #commands(driver: AhciDriver): void {
    const { random } = this;
    let slots = 0;
    const queued = random.chance(1, 3);
    for (let i = random.below(5); i >= 0; i -= 1) {
      const slot = random.below(32);
      slots |= 1 << slot;
      const data = Array.from({ length: random.below(5) }, () => [address(random), random.pick([2, 512, 4096, 0x40_0000, 1 + random.below(9000)])] as const);
      if (queued) driver.queued(slot, random.pick([Sata.READ_FPDMA, Sata.WRITE_FPDMA]), random.below(260), random.pick([1, 8, 64, 0]), data);
      else {
        driver.put(slot, {
          command: random.pick(COMMANDS), features: random.below(256), lba: random.pick([random.below(260), random.int32() >>> 0]), count: random.pick([1, 8, 0, random.below(65536)]),
          device: random.below(256), data, packet: [random.pick(PACKETS), ...random.bytes(11)], ...(random.chance(1, 12) && { control: random.below(8) }),
        });
      }
      // A header or a frame that says something else.
      if (random.chance(1, 10)) this.memory.bytes[random.pick([driver.list + 32 * slot, driver.table(slot)]) + random.below(16)] = random.below(256);
    }
    driver.issue(slots, queued);
  }

  /** As many regions of two bytes as a header can name, over whatever is there. */
  #longTable(driver: AhciDriver): void {
    driver.put(0, { command: this.random.pick([Command.READ_DMA_EXT, Command.WRITE_DMA_EXT, Sata.WRITE_FPDMA]), count: 256, features: 200 });
    this.memory.bytes.fill(0, driver.table(0) + Table.PRDT, driver.table(0) + 0x2_0000);
    this.memory.bytes.fill(0xff, driver.list + 2, driver.list + 4);
    driver.issue(1, this.random.chance(1, 2));
  }

  /** The machine is saved, and goes on as another. */
  #moved(): void {
    const saved = openSection('d', ahci.state, saveSection('d', ahci.kind, ahci.state, () => this.#device.save()));
    this.#device.destroy?.();
    this.#create(saved);
    expect(this.#device.save()).toEqual(saved);
  }

  /** The device is as good as new after all of it. */
  async survives(): Promise<void> {
    this.#device.reset('power-on');
    for (let i = 0; i < 200; i += 1) await this.disk.release();
    const driver = this.#drivers[0]!.start();
    expect([driver.read(PortOffset.TFD), driver.read(PortOffset.CI), driver.host(Offset.IS)]).toEqual([0x150, 0, 0]);
    driver.put(0, { command: Command.IDENTIFY, data: [[0x1_8000, 512]] });
    driver.issue(1);
    expect([driver.read(PortOffset.TFD), driver.read(PortOffset.CI), driver.moved(0)]).toEqual([0x50, 0, 512]);
  }
}

test.each([1, 2, 3, 4, 5, 6])(`survives ${OPERATIONS} operations of a malicious driver, seed %i`, async (seed) => {
  const malice = new Malice(seed);
  for (let i = 0; i < OPERATIONS; i += 1) await malice.operation();
  await malice.survives();
});
