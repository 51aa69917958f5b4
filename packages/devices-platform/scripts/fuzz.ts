/** Lets a malicious driver loose on the disk controllers: `node --conditions=@polyvisor/source scripts/fuzz.ts [seed] [operations] [device]`. */
import { openSection, saveSection, type AnyDevicePlugin, type Region } from '@polyvisor/core';
import { FakeMemory, Random, Trace, anyDeviceHost } from '@polyvisor/testkit';
import { ahci, ide, nvme } from '../src/index.ts';
import { Offset as AhciOffset, ABAR_SIZE, Sata, Table } from '../src/ahci/registers.ts';
import { Command } from '../src/ide/registers.ts';
import { Admin, Nvm, Offset as NvmeOffset, PAGE } from '../src/nvme/registers.ts';
import { AhciDriver } from '../test/ahci-driver.ts';
import { FakePciBus } from '../test/fake-pci-bus.ts';
import { NvmeDriver } from '../test/nvme-driver.ts';
import { RoughDisk } from '../test/rough-disk.ts';

const MEMORY = 2 * 2 ** 20;
/** What one access may ask of the host. */
const MAX_CALLS = 16384;
const MAX_BYTES = 16 * 2 ** 20;
/** Operations of one seed. */
const PIECE = 5000;
const NVME_OPCODES = [...Object.values(Nvm), ...Object.values(Nvm), ...Object.values(Admin), 0x80, 0xff];
const ATA = [...Object.values(Command), Command.READ_DMA_EXT, Command.WRITE_DMA, Command.PACKET, 0xff];
const PACKETS = [0x28, 0xa8, 0x12, 0x25, 0x43, 0x4a, 0x5a, 0x03, 0x1b, 0xee];

/** What is around a device while it is fuzzed. */
interface Around {
  readonly random: Random;
  readonly memory: FakeMemory;
  readonly region: (name: string) => Region;
}
interface Target {
  readonly name: string;
  readonly plugin: AnyDevicePlugin;
  readonly config: Record<string, unknown>;
  readonly disks: readonly string[];
  /** Begins after each making and restoring; the result does one operation. */
  readonly drive: (around: Around) => () => void;
}

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

function nvmeDriver({ random, memory, region }: Around): () => void {
  const registers = region('registers');
  let driver = new NvmeDriver(registers, memory);
  const start = (): void => {
    driver = new NvmeDriver(registers, memory);
    driver.enable(8);
    for (const id of [1, 2]) driver.createQueues(id, 8);
  };
  const commands = (): void => {
    const queue = random.below(driver.pairs.length);
    if (!driver.pairs[queue]) return;
    for (let i = random.below(6); i >= 0; i -= 1) {
      driver.put(queue, {
        opcode: random.pick(NVME_OPCODES), flags: random.chance(1, 10) ? random.below(256) : 0, nsid: random.pick([1, 1, 1, 0, -1]), prp1: address(random), prp2: address(random),
        cdw: [random.pick([random.below(260), random.value(), 0x7_0001, 1]), random.pick([0, 0, 1, 3, 0x1_0001, 4, random.value()]), random.pick([0, 7, 63, random.value()]), random.below(3)],
      });
    }
    driver.ring(queue);
    if (random.chance(1, 2)) driver.completions(queue);
  };
  /** A list of pages that leads back to itself. */
  const loop = (): void => {
    for (let i = 0; i < PAGE; i += 8) driver.setAddress(0x4_0000 + i, 0x4_0000);
    if (!driver.pairs[1]) return;
    driver.transfer(random.pick([Nvm.READ, Nvm.WRITE]), random.below(8), 128 + random.below(64), 0x4_0000, 0x4_0000 + PAGE - 8 * (1 + random.below(3)));
    driver.ring(1);
  };
  return () => {
    switch (random.below(10)) {
      case 0: registers.write(random.below(NvmeOffset.SIZE - 4), random.pick([1, 2, 4] as const), random.value()); break;
      case 1: registers.write(4 * random.below(16), 4, random.value()); break;
      case 2: registers.write(NvmeOffset.DOORBELLS + 4 * random.below(10), 4, random.pick([random.below(16), random.value(), random.below(8)])); break;
      case 3: start(); break;
      case 4: registers.write(NvmeOffset.CC, 4, random.pick([0, 0x0046_0001, 0x0046_4001, 0x4000])); break;
      case 5: loop(); break;
      case 6: registers.read(random.below(NvmeOffset.SIZE - 4), random.pick([1, 2, 4] as const)); break;
      default: commands(); break;
    }
  };
}

function ahciDriver({ random, memory, region }: Around): () => void {
  const registers = region('registers');
  const drivers = [0, 1].map((port) => new AhciDriver(registers, memory, port, 0x1_0000 + 0x4_0000 * port));
  const commands = (driver: AhciDriver): void => {
    let slots = 0;
    const queued = random.chance(1, 3);
    for (let i = random.below(5); i >= 0; i -= 1) {
      const slot = random.below(32);
      slots |= 1 << slot;
      const data = Array.from({ length: random.below(5) }, () => [address(random), random.pick([2, 512, 4096, 0x40_0000, 1 + random.below(9000)])] as const);
      if (queued) driver.queued(slot, random.pick([Sata.READ_FPDMA, Sata.WRITE_FPDMA]), random.below(260), random.pick([1, 8, 64, 0]), data);
      else {
        driver.put(slot, {
          command: random.pick([...ATA, ...Object.values(Sata)]), features: random.below(256), lba: random.pick([random.below(260), random.int32() >>> 0]), count: random.pick([1, 8, 0, random.below(65536)]),
          device: random.below(256), data, packet: [random.pick(PACKETS), ...random.bytes(11)], ...(random.chance(1, 12) && { control: random.below(8) }),
        });
      }
      // A header or a frame that says something else.
      if (random.chance(1, 10)) memory.bytes[random.pick([driver.list + 32 * slot, driver.table(slot)]) + random.below(16)] = random.below(256);
    }
    driver.issue(slots, queued);
  };
  /** As many regions of two bytes as a header can name. */
  const longTable = (driver: AhciDriver): void => {
    driver.put(0, { command: random.pick([Command.READ_DMA_EXT, Command.WRITE_DMA_EXT, Sata.WRITE_FPDMA]), count: 256, features: 200 });
    memory.bytes.fill(0, driver.table(0) + Table.PRDT, driver.table(0) + 0x2_0000);
    memory.bytes.fill(0xff, driver.list + 2, driver.list + 4);
    driver.issue(1, random.chance(1, 2));
  };
  return () => {
    const driver = random.pick(drivers);
    switch (random.below(12)) {
      case 0: registers.write(random.below(ABAR_SIZE - 4), random.pick([1, 2, 4] as const), random.value()); break;
      case 1: driver.write(4 * random.below(16), random.value()); break;
      case 2: driver.setHost(random.pick([AhciOffset.GHC, 4 * random.below(6)]), random.pick([1, 2, random.value()])); break;
      case 3: driver.start(); break;
      case 4: driver.comreset(); break;
      case 5: driver.stop(); driver.run(); break;
      case 6: driver.acknowledge(); break;
      case 7: longTable(driver); break;
      default: commands(driver); break;
    }
  };
}

function ideDriver({ random, memory, region }: Around): () => void {
  const command = [region('command0'), region('command1')];
  const control = [region('control0'), region('control1')];
  const master = region('busMaster');
  const registers = (block: Region): void => {
    block.write(6, 1, random.pick([0xe0, 0xf0, 0xa0, 0xb0, random.below(256)]));
    for (let port = 1; port < 6; port += 1) for (let twice = random.below(2); twice >= 0; twice -= 1) block.write(port, 1, random.pick([0, 1, 8, random.below(256)]));
  };
  /** A table of regions in memory or not, and the bus master started on it. */
  const dma = (channel: number): void => {
    const table = random.pick([0x1000, 0x1000, 0xfffe, MEMORY - 8, address(random) % 2 ** 32]) & ~3;
    const view = new DataView(memory.bytes.buffer);
    for (let i = 0; i < 8; i += 1) {
      view.setUint32(0x1000 + 8 * i, address(random) % 2 ** 32, true);
      view.setUint32(0x1004 + 8 * i, random.pick([512, 0, 2, 0x8000_0200, random.int32()]) >>> 0, true);
    }
    master.write(8 * channel + 4, 4, table);
    master.write(8 * channel, 1, random.pick([1, 9, 0, random.below(256)]));
  };
  return () => {
    const channel = random.below(2);
    const block = command[channel]!;
    switch (random.below(10)) {
      case 0: block.write(random.below(8), 1, random.value()); break;
      case 1: control[channel]!.write(0, 1, random.pick([0, 2, 4, 0x80, 0])); break;
      case 2: master.write(random.below(13), random.pick([1, 2, 4] as const), random.value()); break;
      case 3: dma(channel); break;
      case 4: for (let i = random.below(300); i > 0; i -= 1) block.write(0, random.pick([2, 4] as const), random.value()); break;
      case 5: for (let i = random.below(300); i > 0; i -= 1) block.read(0, random.pick([2, 4] as const)); break;
      case 6: for (const at of [1, 2, 3, 4, 5, 6, 7]) block.read(at, 1); master.read(8 * channel + 2, 1); break;
      case 7:
        registers(block);
        block.write(7, 1, Command.PACKET);
        for (const word of [random.pick(PACKETS), ...random.bytes(5)]) block.write(0, 2, word);
        break;
      default:
        registers(block);
        block.write(7, 1, random.pick(ATA));
        if (random.chance(1, 2)) dma(channel);
        break;
    }
  };
}

const DRIVES = { drives: [{ kind: 'disk' }, { kind: 'cdrom' }] };
const TARGETS: readonly Target[] = [
  { name: 'nvme', plugin: nvme, config: { slot: 3, queues: 3 }, disks: ['drive'], drive: nvmeDriver },
  { name: 'ahci', plugin: ahci, config: DRIVES, disks: ['drive0', 'drive1'], drive: ahciDriver },
  { name: 'ide', plugin: ide, config: DRIVES, disks: ['drive0', 'drive1'], drive: ideDriver },
];

/** A malicious driver from a seed: throws what the device throws, or what the trace says of work without bound. Returns restores. */
async function fuzz({ plugin, config, disks, drive }: Target, seed: number, operations: number): Promise<number> {
  const random = new Random(seed);
  const trace = new Trace();
  const memory = new FakeMemory({ size: MEMORY, holes: [[0x18_0000, 0x19_0000]], readOnly: [[0x19_0000, 0x1a_0000]], trace });
  Object.assign(trace, { on: false, maxCalls: MAX_CALLS, maxBytes: MAX_BYTES });
  const disk = new RoughDisk(random.fork(1));
  const parsed: unknown = plugin.config.parse(config);
  const make = (saved: unknown) => {
    const bus = new FakePciBus(trace);
    const services = { bus, ...Object.fromEntries(disks.map((name) => [name, disk])) };
    const fake = anyDeviceHost(plugin, parsed, { memory, trace, services });
    const device = plugin.create(parsed, fake.host, saved);
    const operation = drive({ random, memory, region: (name) => device.regions![name]! });
    return { device, operation, clock: fake.clock, fn: bus.fn! };
  };
  let made = make(undefined);
  let restores = 0;
  for (let i = 0; i < operations; i += 1) {
    trace.startOperation();
    switch (random.below(16)) {
      case 0:
      case 1: await disk.release(); break;
      case 2: made.clock.advance(1); break;
      case 3:
        if (random.chance(1, 4)) made.device.reset('warm');
        if (!random.chance(1, 8)) break;
        {
          const saved: unknown = openSection('d', plugin.state, saveSection('d', plugin.kind, plugin.state, () => made.device.save?.()));
          made.device.destroy?.();
          made = make(saved);
          restores += 1;
        }
        break;
      default:
        // The command register: mostly with bus mastering.
        made.fn.write(4, 2, random.chance(1, 30) ? random.below(8) : 7);
        made.operation();
        break;
    }
  }
  for (let i = 0; i < 100; i += 1) await disk.release();
  made.device.reset('power-on');
  made.device.destroy?.();
  if (!memory.bytes.subarray(0x19_0000, 0x1a_0000).every((byte) => byte === 0)) throw new Error('the device wrote to ROM');
  return restores;
}

const [seed = '1', operations = '1000000', only] = process.argv.slice(2);
for (const target of TARGETS) {
  if (only !== undefined && only !== target.name) continue;
  const began = performance.now();
  let [done, restores] = [0, 0];
  for (let run = Number(seed); done < Number(operations); run += 1) {
    const count = Math.min(PIECE, Number(operations) - done);
    try {
      restores += await fuzz(target, run, count);
    } catch (error) {
      console.error(`${target.name}: seed ${run}, ${count} operations`);
      throw error;
    }
    done += count;
  }
  console.log(`${target.name}: ${done} operations, ${restores} restores, ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
