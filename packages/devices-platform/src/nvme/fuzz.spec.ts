import { openSection, saveSection } from '@polyvisor/core';
import { FakeMemory, Random, Trace, fakeDeviceHost } from '@polyvisor/testkit';
import { expect, test } from 'vitest';
import { FakePciBus } from '../../test/fake-pci-bus.ts';
import { NvmeDriver } from '../../test/nvme-driver.ts';
import { RoughDisk } from '../../test/rough-disk.ts';
import { nvme } from './nvme.ts';
import { Admin, Nvm, Offset, PAGE, SQE_BYTES } from './registers.ts';
import type { NvmeState } from './state.ts';

const MEMORY = 2 * 2 ** 20;
/** Operations of one seed. */
const OPERATIONS = 5000;
/** What one access may ask of the host. */
const MAX_CALLS = 16384;
const MAX_BYTES = 8 * 2 ** 20;

const OPCODES = [...Object.values(Nvm), ...Object.values(Nvm), ...Object.values(Admin), 0x80, 0xff];

/** Addresses in memory and outside of it, of pages and not. */
function address(random: Random): number {
  switch (random.below(6)) {
    case 0: return random.int32() >>> 0;
    case 1: return (random.int32() >>> 0) * 2 ** 21;
    case 2: return MEMORY - PAGE + random.below(2 * PAGE);
    case 3: return random.below(MEMORY);
    default: return PAGE * random.below(MEMORY / PAGE);
  }
}

class Malice {
  readonly random: Random;
  readonly disk: RoughDisk;
  readonly memory: FakeMemory;
  readonly trace = new Trace();
  readonly bus = new FakePciBus();
  #device!: ReturnType<typeof nvme.create>;
  #driver!: NvmeDriver;
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

  #create(saved: NvmeState | undefined): void {
    const config = nvme.config.parse({ slot: 3, queues: 3 });
    const fake = fakeDeviceHost(nvme, config, { memory: this.memory, trace: this.trace, services: { bus: this.bus, drive: this.disk } });
    this.#device = nvme.create(config, fake.host, saved);
    this.#driver = new NvmeDriver(this.#device.regions.registers, this.memory, 0x1_0000);
    this.#clock = fake.clock;
  }

  async operation(): Promise<void> {
    const { random } = this;
    this.trace.startOperation();
    const registers = this.#device.regions.registers;
    switch (random.below(16)) {
      case 0:
        registers.write(random.below(Offset.SIZE - 4), random.pick([1, 2, 4] as const), random.value());
        break;
      case 1:
        registers.write(4 * random.below(16), 4, random.value());
        break;
      case 2:
      case 3:
        registers.write(Offset.DOORBELLS + 4 * random.below(10), 4, random.pick([random.below(16), random.value(), random.below(8)]));
        break;
      case 4:
        this.#start();
        break;
      case 5:
        await this.disk.release();
        break;
      case 6:
        this.#clock.advance(1);
        break;
      case 7:
        if (random.chance(1, 8)) this.#moved();
        else if (random.chance(1, 4)) this.#device.reset('warm');
        else registers.write(Offset.CC, 4, random.pick([0, 0x0046_0001, 0x0046_4001, 0x4000]));
        break;
      case 8:
        this.#loop();
        break;
      default:
        this.#commands();
        break;
    }
  }

  /** A careful beginning, so that what comes after it gets far. */
  #start(): void {
    const driver = (this.#driver = new NvmeDriver(this.#device.regions.registers, this.memory, 0x1_0000));
    driver.enable(8);
    for (const id of [1, 2]) driver.createQueues(id, 8);
  }

  #commands(): void {
    const { random } = this;
    const driver = this.#driver;
    const queue = random.below(driver.pairs.length);
    if (!driver.pairs[queue]) return;
    for (let i = random.below(6); i >= 0; i -= 1) {
      driver.put(queue, {
        opcode: random.pick(OPCODES), flags: random.chance(1, 10) ? random.below(256) : 0, nsid: random.pick([1, 1, 1, 0, -1]),
        prp1: address(random), prp2: address(random),
        cdw: [random.pick([random.below(260), random.value(), 0x7_0001, 1]), random.pick([0, 0, 1, 3, 0x1_0001, 4, random.value()]), random.pick([0, 7, 63, random.value()]), random.below(3)],
      });
    }
    driver.ring(queue);
    if (random.chance(1, 2)) driver.completions(queue);
  }

  /** A list of pages that leads back to itself, or a submission queue that lies in its own completion queue. */
  #loop(): void {
    const { random, memory } = this;
    const at = 0x4_0000;
    for (let i = 0; i < PAGE; i += 8) this.#driver.setAddress(at + i, at);
    if (!this.#driver.pairs[1]) return;
    const list = at + PAGE - 8 * (1 + random.below(3));
    for (let i = 0; i < 3; i += 1) this.#driver.transfer(random.pick([Nvm.READ, Nvm.WRITE]), random.below(8), 128 + random.below(64), at, list);
    this.#driver.ring(1);
    memory.bytes.copyWithin(this.#driver.pairs[1].completion, this.#driver.pairs[1].submission, this.#driver.pairs[1].submission + SQE_BYTES);
  }

  /** The machine is saved, and goes on as another. */
  #moved(): void {
    const saved = openSection('d', nvme.state, saveSection('d', nvme.kind, nvme.state, () => this.#device.save()));
    this.#device.destroy?.();
    this.#create(saved);
    expect(this.#device.save()).toEqual(saved);
  }

  /** The device is as good as new after all of it. */
  async survives(): Promise<void> {
    this.#device.reset('power-on');
    for (let i = 0; i < 200; i += 1) await this.disk.release();
    this.#start();
    const id = this.#driver.put(1, { opcode: Nvm.READ, nsid: 1, prp1: 0x8_0000, cdw: [0, 0, 0] });
    this.#driver.ring(1);
    for (let i = 0; i < 200; i += 1) await this.disk.release();
    expect(this.#driver.completions(1).map((completion) => completion.id)).toContain(id);
  }
}

test.each([1, 2, 3, 4, 5, 6])(`survives ${OPERATIONS} operations of a malicious driver, seed %i`, async (seed) => {
  const malice = new Malice(seed);
  for (let i = 0; i < OPERATIONS; i += 1) await malice.operation();
  await malice.survives();
});
