import { describe, expect, test } from 'vitest';
import { openSection, saveSection, type BlockBackend, type Section } from '@polyvisor/core';
import { FakeBlock, FakeMemory, fakeDeviceHost } from '@polyvisor/testkit';
import { PciFunctions } from '../pci/bus.ts';
import { ide } from './ide.ts';
import { BusMasterStatus, Command, Control, ErrorBit, Status } from './registers.ts';

const settle = async (): Promise<void> => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};
const pattern = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 9) + seed) & 0xff);
const READY = Status.DRDY | Status.DSC;
const TABLE = 0x1000;

/** A disk whose requests end when the test says so. */
class SlowDisk extends FakeBlock {
  readonly asked: string[] = [];
  readonly waiting: (() => void)[] = [];
  override async read(offset: number, into: Uint8Array): Promise<void> {
    await this.#wait(`read ${offset}+${into.length}`);
    await super.read(offset, into);
  }
  override async write(offset: number, from: Uint8Array): Promise<void> {
    await this.#wait(`write ${offset}+${from.length}`);
    await super.write(offset, from);
  }
  async release(): Promise<void> {
    for (const go of this.waiting.splice(0)) go();
    await settle();
  }
  #wait(what: string): Promise<void> {
    this.asked.push(what);
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

interface Around {
  readonly memory?: FakeMemory;
  readonly section?: Section | undefined;
}

/** A disk as master of the first channel, a CD-ROM as master of the second, and their driver. */
function pc(drives: readonly Record<string, unknown>[], backends: Record<string, BlockBackend>, { memory = new FakeMemory(), section }: Around = {}) {
  const config = ide.config.parse({ drives });
  const bus = new PciFunctions();
  const fake = fakeDeviceHost(ide, config, { memory, services: { bus, ...backends } });
  const device = ide.create(config, fake.host, section && openSection('dut', ide.state, section));
  const { regions } = device;
  const slot = (1 << 3) | 1;
  bus.write(slot, 4, 2, 5);
  const channel = (index: 0 | 1) => {
    const block = index === 0 ? regions.command0 : regions.command1;
    const control = index === 0 ? regions.control0 : regions.control1;
    const line = fake.levels.get(index === 0 ? 'primary' : 'secondary')!;
    const set = (values: readonly number[]) => values.forEach((value, i) => block.write(i + 1, 1, value));
    const words = (bytes: number) => {
      const into = new Uint8Array(bytes);
      const view = new DataView(into.buffer);
      for (let i = 0; i < bytes; i += 2) view.setUint16(i, block.read(0, 2), true);
      return into;
    };
    const give = (bytes: Uint8Array) => {
      for (let i = 0; i < bytes.length; i += 2) block.write(0, 2, bytes[i]! | (bytes[i + 1]! << 8));
    };
    return {
      block, control, line, words, give, set,
      status: () => control.read(0, 1),
      /** Features to device, then the command. */
      command: async (code: number, values: readonly number[] = []) => {
        set(values);
        block.write(7, 1, code);
        await settle();
      },
      error: () => [block.read(7, 1), block.read(1, 1)],
      /** Starts the bus master with these regions. */
      dma: async (list: readonly (readonly [address: number, bytes: number])[], toMemory: boolean) => {
        const view = new DataView(memory.bytes.buffer);
        for (const [i, [address, bytes]] of list.entries()) {
          view.setUint32(TABLE + 8 * i, address, true);
          view.setUint32(TABLE + 8 * i + 4, (bytes & 0xffff) + (i === list.length - 1 ? 0x8000_0000 : 0), true);
        }
        regions.busMaster.write(8 * index + 4, 4, TABLE);
        regions.busMaster.write(8 * index, 1, toMemory ? 9 : 1);
        await settle();
      },
      master: () => regions.busMaster.read(8 * index + 2, 1),
      clearMaster: () => { regions.busMaster.write(8 * index, 1, 0); regions.busMaster.write(8 * index + 2, 1, 6); },
    };
  };
  return { device, fake, bus, slot, memory, first: channel(0), second: channel(1), save: () => saveSection('dut', ide.kind, ide.state, () => device.save()) };
}

function diskPc(disk: BlockBackend = new FakeBlock({ size: 2048 * 512 }), around?: Around) {
  return pc([{ kind: 'disk', serial: 'S1' }], { drive0: disk }, around);
}
function filled(size: number): FakeBlock {
  const disk = new FakeBlock({ size });
  disk.bytes.set(pattern(size));
  return disk;
}
const LBA = (lba: number, count: number) => [0, count, lba & 0xff, (lba >> 8) & 0xff, (lba >> 16) & 0xff, 0xe0];
const text = (bytes: Uint8Array, word: number, words: number) => {
  let out = '';
  for (let i = 0; i < 2 * words; i++) out += String.fromCharCode(bytes[2 * word + (i ^ 1)]!);
  return out.trim();
};

describe('the function', () => {
  test('is PIIX3’s, with its ports open, and a BAR for the bus master', () => {
    const { bus, slot, fake, first } = diskPc();
    expect([bus.read(slot, 0, 4), bus.read(slot, 8, 4), bus.read(slot, 0x40, 4)]).toEqual([0x7010_8086, 0x0101_8000, 0x8000_8000 | 0]);
    bus.write(slot, 0x20, 4, 0xc001);
    expect(fake.placements.get('busMaster')?.base).toBe(0xc000);
    bus.write(slot, 0x41, 1, 0);
    expect([first.block.read(7, 1), first.status()]).toEqual([-1, -1]);
  });

  test('refuses two drives at one unit, and a backend whose blocks are larger than sectors', () => {
    expect(ide.config.safeParse({ drives: [{ kind: 'disk', unit: 1 }, { kind: 'disk' }] }).success).toBe(false);
    const coarse = Object.defineProperty(new FakeBlock(), 'blockSize', { value: 4096 });
    expect(() => diskPc(coarse)).toThrow(/ide\/block-size/);
  });

  test('asks for drives by the names in its configuration', () => {
    const config = ide.config.parse({ drives: [{ kind: 'disk' }, { kind: 'cdrom', unit: 2 }, { kind: 'disk', unit: 3, service: 'data' }] });
    expect(Object.keys(ide.resources(config).services)).toEqual(['bus', 'drive0', 'drive2', 'data']);
  });
});

describe('a disk', () => {
  test('identifies itself', async () => {
    const { first } = diskPc();
    await first.command(Command.IDENTIFY, LBA(0, 0));
    expect([first.status(), first.line.asserted]).toEqual([READY | Status.DRQ, true]);
    const bytes = first.words(512);
    const word = (at: number) => bytes[2 * at]! | (bytes[2 * at + 1]! << 8);
    expect([text(bytes, 27, 20), text(bytes, 10, 10), word(60), word(100), word(49) & 0x300]).toEqual(['Polyvisor disk', 'S1', 2048, 2048, 0x300]);
    expect(first.status()).toBe(READY);
  });

  test('reads sectors with an interrupt for each, from one request to its backend', async () => {
    const disk = filled(64 * 512);
    const { first, fake } = diskPc(disk);
    await first.command(Command.READ, LBA(3, 2));
    for (const sector of [3, 4]) {
      expect(first.line.asserted).toBe(true);
      expect(first.block.read(7, 1)).toBe(READY | Status.DRQ);
      expect(first.line.asserted).toBe(false);
      expect(first.words(512)).toEqual(pattern(64 * 512).subarray(sector * 512, (sector + 1) * 512));
    }
    expect([first.status(), first.line.asserted, fake.log.messages]).toEqual([READY, false, []]);
  });

  test('writes sectors by 32-bit ports, with an interrupt after each', async () => {
    const disk = new FakeBlock();
    const { first } = diskPc(disk);
    await first.command(Command.WRITE, LBA(5, 2));
    expect([first.status(), first.line.asserted]).toEqual([READY | Status.DRQ, false]);
    const data = pattern(1024);
    const view = new DataView(data.buffer);
    for (let i = 0; i < 512; i += 4) first.block.write(0, 4, view.getInt32(i, true));
    expect(first.line.asserted).toBe(true);
    expect(first.block.read(7, 1)).toBe(READY | Status.DRQ);
    first.give(data.subarray(512));
    expect(first.status() & Status.BSY).not.toBe(0);
    await settle();
    expect([first.status(), first.line.asserted]).toEqual([READY, true]);
    expect(disk.bytes.subarray(5 * 512, 7 * 512)).toEqual(data);
  });

  test('finds sectors by cylinder, head and sector, and by 48 bits', async () => {
    const { first } = diskPc(filled(2048 * 512));
    await first.command(Command.READ, [0, 1, 5, 1, 0, 0xa2]);
    const lba = (1 * 16 + 2) * 63 + 4;
    expect(first.words(512)).toEqual(pattern(2048 * 512).subarray(lba * 512, (lba + 1) * 512));
    first.set([0, 0, 0, 0, 0, 0xe0]);
    await first.command(Command.READ_EXT, [0, 1, 0x34, 0x02, 0, 0xe0]);
    expect(first.words(512)).toEqual(pattern(2048 * 512).subarray(0x234 * 512, 0x235 * 512));
    first.control.write(0, 1, Control.HOB);
    expect(first.block.read(2, 1)).toBe(0);
  });

  test('moves several sectors at once after SET MULTIPLE, which READ MULTIPLE needs', async () => {
    const { first } = diskPc(filled(64 * 512));
    await first.command(Command.READ_MULTIPLE, LBA(0, 3));
    expect(first.error()).toEqual([READY | Status.ERR, ErrorBit.ABRT]);
    await first.command(Command.SET_MULTIPLE, LBA(0, 2));
    expect(first.block.read(7, 1)).toBe(READY);
    await first.command(Command.READ_MULTIPLE, LBA(0, 3));
    first.block.read(7, 1);
    const head = first.words(1024);
    expect(first.line.asserted).toBe(true);
    expect([...head, ...first.words(512)]).toEqual([...pattern(64 * 512).subarray(0, 1536)]);
    expect(first.status()).toBe(READY);
  });

  test('moves data by the table of its bus master', async () => {
    const disk = filled(1024 * 512);
    const { first, memory } = diskPc(disk);
    first.clearMaster();
    await first.command(Command.READ_DMA, LBA(1, 4));
    expect([first.status() & Status.DRQ, first.line.asserted]).toEqual([Status.DRQ, false]);
    await first.dma([[0x4000, 100], [0x8000, 2048 - 100]], true);
    expect([first.master(), first.line.asserted, first.block.read(7, 1)]).toEqual([BusMasterStatus.INTERRUPT, true, READY]);
    const read = [...memory.bytes.subarray(0x4000, 0x4064), ...memory.bytes.subarray(0x8000, 0x8000 + 1948)];
    expect(read).toEqual([...pattern(1024 * 512).subarray(512, 2560)]);
    first.clearMaster();
    memory.bytes.set(pattern(1024, 99), 0x4000);
    await first.command(Command.WRITE_DMA_EXT, [0, 0, 0, 0, 0, 0xe0]);
    first.control.write(0, 1, Control.SRST);
    first.control.write(0, 1, 0);
    first.set([0, 0, 0, 0, 0, 0xe0]);
    await first.command(Command.WRITE_DMA_EXT, LBA(8, 2));
    await first.dma([[0x4000, 1024]], false);
    expect([first.master(), first.line.asserted]).toEqual([BusMasterStatus.INTERRUPT, true]);
    expect(disk.bytes.subarray(8 * 512, 10 * 512)).toEqual(pattern(1024, 99));
  });

  test('makes transfers of more than the largest request out of several', async () => {
    const disk = new SlowDisk({ size: 1024 * 512 });
    disk.bytes.set(pattern(1024 * 512));
    const { first, memory } = diskPc(disk);
    first.set([0, 2, 0, 0, 0, 0xe0]);
    await first.command(Command.READ_DMA_EXT, [0, 0x58, 0, 0, 0, 0xe0]);
    await first.dma(Array.from({ length: 5 }, (_, i) => [0x2_0000 + i * 0x1_0000, i < 4 ? 0 : 0xb000] as const), true);
    for (let i = 0; i < 2; i++) await disk.release();
    expect(disk.asked).toEqual(['read 0+262144', 'read 262144+45056']);
    expect(memory.bytes.subarray(0x2_0000, 0x2_0000 + 600 * 512)).toEqual(disk.bytes.subarray(0, 600 * 512));
    expect(first.master()).toBe(BusMasterStatus.INTERRUPT);
  });

  test('waits on when the table is too short, and says that it is active when it is too long', async () => {
    const { first } = diskPc(filled(64 * 512));
    await first.command(Command.READ_DMA, LBA(0, 2));
    await first.dma([[0x4000, 512]], true);
    expect([first.master(), first.status() & Status.DRQ, first.line.asserted]).toEqual([0, Status.DRQ, false]);
    first.control.write(0, 1, Control.SRST);
    first.control.write(0, 1, 0);
    first.clearMaster();
    await first.command(Command.READ_DMA, LBA(0, 1));
    await first.dma([[0x4000, 1024]], true);
    expect(first.master()).toBe(BusMasterStatus.ACTIVE | BusMasterStatus.INTERRUPT);
  });

  test.each([
    ['memory that is not there', 0x4000_0000, 5],
    ['a function that may not be bus master', 0x4000, 1],
  ])('ends a transfer with an error for %s', async (_what, address, pciCommand) => {
    const { first, bus, slot } = diskPc(filled(64 * 512));
    bus.write(slot, 4, 2, pciCommand);
    await first.command(Command.READ_DMA, LBA(0, 1));
    await first.dma([[address, 512]], true);
    expect(first.master()).toBe(BusMasterStatus.ERROR | BusMasterStatus.INTERRUPT);
    expect(first.error()).toEqual([READY | Status.ERR, ErrorBit.ABRT]);
  });

  test('reports what its backend could not do, and sectors that it lacks', async () => {
    const disk = new FakeBlock();
    const { first, fake } = diskPc(disk);
    disk.failWith = new Error('worn out');
    await first.command(Command.READ, LBA(7, 1));
    expect([first.error(), first.block.read(3, 1)]).toEqual([[READY | Status.ERR, ErrorBit.UNC], 7]);
    await first.command(Command.FLUSH);
    expect(first.error()).toEqual([READY | Status.ERR, ErrorBit.ABRT]);
    expect(fake.log.messages).toHaveLength(2);
    disk.failWith = undefined;
    await first.command(Command.READ, LBA(64, 1));
    expect(first.error()).toEqual([READY | Status.ERR, ErrorBit.IDNF]);
    await first.command(0xff);
    expect(first.error()).toEqual([READY | Status.ERR, ErrorBit.ABRT]);
  });

  test('does not write to what is read-only', async () => {
    const { first } = diskPc(new FakeBlock({ readOnly: true }));
    await first.command(Command.WRITE, LBA(0, 1));
    expect(first.error()).toEqual([READY | Status.ERR, ErrorBit.ABRT]);
  });

  test('tells its largest sector, its power mode, and takes geometry and modes', async () => {
    const { first } = diskPc();
    await first.command(Command.READ_NATIVE_MAX, LBA(0, 0));
    expect([3, 4, 5].map((port) => first.block.read(port, 1))).toEqual([0xff, 0x07, 0]);
    await first.command(Command.STANDBY_NOW);
    await first.command(Command.CHECK_POWER);
    expect(first.block.read(2, 1)).toBe(0);
    await first.command(Command.IDLE_NOW);
    await first.command(Command.CHECK_POWER);
    expect(first.block.read(2, 1)).toBe(0xff);
    await first.command(Command.SET_PARAMETERS, [0, 17, 0, 0, 0, 0xa3]);
    await first.command(Command.SET_FEATURES, [0x03, 0x22, 0, 0, 0, 0xa0]);
    await first.command(Command.IDENTIFY);
    const words = new Uint16Array(first.words(512).buffer);
    expect([words[54], words[55], words[56], words[63]! >> 8]).toEqual([30, 4, 17, 4]);
    await first.command(Command.SET_FEATURES, [0x03, 0x47, 0, 0, 0, 0xa0]);
    expect(first.error()).toEqual([READY | Status.ERR, ErrorBit.ABRT]);
  });

  test('writes through once its cache is off', async () => {
    const disk = new FakeBlock();
    const flushed: string[] = [];
    disk.flush = () => {
      flushed.push('flush');
      return Promise.resolve();
    };
    const { first } = diskPc(disk);
    await first.command(Command.SET_FEATURES, [0x82, 0, 0, 0, 0, 0xe0]);
    await first.command(Command.WRITE, LBA(0, 1));
    first.give(pattern(512));
    await settle();
    expect([first.status(), flushed]).toEqual([READY, ['flush', 'flush']]);
  });
});

describe('the channel', () => {
  test('is quiet with nIEN, shows the drive that is selected, and zeros where none is', async () => {
    const { first } = diskPc();
    first.control.write(0, 1, Control.NIEN);
    await first.command(Command.IDENTIFY);
    expect(first.line.asserted).toBe(false);
    first.control.write(0, 1, 0);
    expect(first.line.asserted).toBe(true);
    first.block.write(6, 1, 0xb0);
    expect([first.line.asserted, first.block.read(7, 1), first.block.read(2, 1)]).toEqual([false, 0, 0]);
    first.block.write(6, 1, 0xa0);
    expect(first.line.asserted).toBe(true);
  });

  test('resets both drives by SRST, and forgets what the backend still answers', async () => {
    const disk = new SlowDisk();
    const { first } = diskPc(disk);
    await first.command(Command.READ, LBA(0, 1));
    first.control.write(0, 1, Control.SRST);
    expect(first.status()).toBe(Status.BSY);
    first.control.write(0, 1, 0);
    await disk.release();
    expect([1, 2, 3, 4, 5, 7].map((port) => first.block.read(port, 1))).toEqual([1, 1, 1, 0, 0, READY]);
    expect(first.line.asserted).toBe(false);
  });

  test('takes no command while a drive is busy', async () => {
    const disk = new SlowDisk();
    const { first } = diskPc(disk);
    await first.command(Command.READ, LBA(0, 1));
    await first.command(Command.IDENTIFY);
    expect(first.status() & Status.BSY).not.toBe(0);
    await disk.release();
    expect(first.words(512)).toEqual(new Uint8Array(512));
  });

  test('diagnoses both drives with one command', async () => {
    const { first } = pc([{ kind: 'disk' }, { kind: 'cdrom' }], { drive0: new FakeBlock(), drive1: new FakeBlock() });
    await first.command(Command.DIAGNOSTIC, [0, 0, 0, 0, 0, 0xb0]);
    expect([first.line.asserted, first.block.read(1, 1), first.block.read(4, 1)]).toEqual([true, 1, 0]);
    first.block.write(6, 1, 0xb0);
    expect([4, 5, 7].map((port) => first.block.read(port, 1))).toEqual([0x14, 0xeb, 0]);
  });
});

describe('saving in the middle of', () => {
  test('a read asks the backend again', async () => {
    const slow = new SlowDisk();
    slow.bytes.set(pattern(64 * 512));
    const before = diskPc(slow);
    await before.first.command(Command.READ, LBA(2, 1));
    const disk = filled(64 * 512);
    const { first } = diskPc(disk, { section: before.save() });
    await settle();
    expect(first.line.asserted).toBe(true);
    expect(first.words(512)).toEqual(disk.bytes.subarray(1024, 1536));
  });

  test('a write keeps what the guest had given, and writes it', async () => {
    const before = diskPc(new SlowDisk());
    await before.first.command(Command.WRITE, LBA(4, 2));
    before.first.give(pattern(700));
    const disk = new SlowDisk();
    const middle = diskPc(disk, { section: before.save() });
    middle.first.give(pattern(1024).subarray(700));
    await settle();
    expect(disk.asked).toEqual(['write 2048+1024']);
    const last = new FakeBlock();
    const after = diskPc(last, { section: middle.save() });
    await settle();
    expect(last.bytes.subarray(2048, 3072)).toEqual(pattern(1024));
    expect(after.first.line.asserted).toBe(true);
  });

  test('a transfer by the bus master goes on where its table ended, and can be saved when it is over', async () => {
    const before = diskPc(filled(64 * 512));
    await before.first.command(Command.READ_DMA, LBA(2, 4));
    await before.first.dma([[0x4000, 1000]], true);
    const { first, memory, save } = diskPc(filled(64 * 512), { memory: before.memory, section: before.save() });
    first.clearMaster();
    await first.dma([[0x4000 + 1000, 2048 - 1000]], true);
    expect(memory.bytes.subarray(0x4000, 0x4800)).toEqual(pattern(64 * 512).subarray(1024, 3072));
    expect(() => save()).not.toThrow();
  });
});

describe('a CD-ROM drive', () => {
  const disc = () => filled(100 * 2048);
  const BYTES = 0x0800;
  function cdPc(medium: BlockBackend = disc()) {
    const made = pc([{ kind: 'cdrom', unit: 2 }], { drive2: medium });
    const { second } = made;
    const packet = async (bytes: readonly number[], features = 0, limit = BYTES) => {
      await second.command(Command.PACKET, [features, 0, 0, limit & 0xff, limit >> 8, 0xa0]);
      expect([second.block.read(7, 1) & Status.DRQ, second.block.read(2, 1)]).toEqual([Status.DRQ, 1]);
      second.give(Uint8Array.from({ length: 12 }, (_, i) => bytes[i] ?? 0));
      await settle();
    };
    const block = () => second.words(second.block.read(4, 1) | (second.block.read(5, 1) << 8));
    const senseOf = async () => {
      await packet([0x03, 0, 0, 0, 18]);
      const sense = block();
      return [sense[2], sense[12], sense[13]];
    };
    return { ...made, packet, block, senseOf };
  }

  test('has the signature of a packet device, and identifies itself as one', async () => {
    const { second } = cdPc();
    expect([2, 3, 4, 5, 7].map((port) => second.block.read(port, 1))).toEqual([1, 1, 0x14, 0xeb, 0]);
    await second.command(Command.IDENTIFY);
    expect([...second.error(), second.block.read(4, 1)]).toEqual([READY | Status.ERR, ErrorBit.ABRT, 0x14]);
    await second.command(Command.IDENTIFY_PACKET);
    const bytes = second.words(512);
    expect([bytes[0]! | (bytes[1]! << 8), text(bytes, 27, 20)]).toEqual([0x85c0, 'Polyvisor CD-ROM']);
  });

  test('reads sectors by the data register, in blocks of the byte count', async () => {
    const { packet, block, second } = cdPc();
    await packet([0x28, 0, 0, 0, 0, 9, 0, 0, 2]);
    expect([second.line.asserted, second.block.read(2, 1)]).toEqual([true, 2]);
    const first = block();
    second.block.read(7, 1);
    expect([...first, ...block()]).toEqual([...disc().bytes.subarray(9 * 2048, 11 * 2048)]);
    expect([second.block.read(2, 1), second.line.asserted, second.block.read(7, 1)]).toEqual([3, true, READY]);
  });

  test('reads sectors by the bus master', async () => {
    const { packet, second, memory } = cdPc();
    await packet([0xa8, 0, 0, 0, 0, 1, 0, 0, 0, 3], 1);
    await second.dma([[0x8000, 3 * 2048]], true);
    expect([second.master(), second.line.asserted, second.block.read(2, 1)]).toEqual([BusMasterStatus.INTERRUPT, true, 3]);
    expect(memory.bytes.subarray(0x8000, 0x8000 + 6144)).toEqual(disc().bytes.subarray(2048, 8192));
  });

  test('tells its capacity, its table of contents, its configuration and its name', async () => {
    const { packet, block } = cdPc();
    await packet([0x25]);
    expect([...block()]).toEqual([0, 0, 0, 99, 0, 0, 8, 0]);
    await packet([0x43, 2, 0, 0, 0, 0, 0, 0, 20]);
    expect([...block()]).toEqual([0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 2, 0, 0, 0x14, 0xaa, 0, 0, 0, 3, 25]);
    await packet([0x46, 0, 0, 0, 0, 0, 0, 0, 8]);
    expect([...block()]).toEqual([0, 0, 0, 32, 0, 0, 0, 8]);
    await packet([0x12, 0, 0, 0, 36]);
    expect(String.fromCharCode(...block().subarray(8, 24))).toBe('PLYVISORPolyviso');
    await packet([0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 255]);
    expect([...block().subarray(0, 10)]).toEqual([0, 28, 1, 0, 0, 0, 0, 0, 0x2a, 0x14]);
    await packet([0x1a, 0, 0x3f, 0, 255]);
    expect(block().length).toBe(34);
    await packet([0x51, 0, 0, 0, 0, 0, 0, 0, 255]);
    expect([...block().subarray(0, 4)]).toEqual([0, 32, 0x0e, 1]);
    await packet([0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 8]);
    expect([...block()]).toEqual([0, 0, 0, 0, 0, 1, 0, 0]);
  });

  test('says by sense data what it could not do', async () => {
    const medium = disc();
    const { packet, second, senseOf } = cdPc(medium);
    await packet([0x28, 0, 0, 0, 0, 100, 0, 0, 1]);
    expect(second.error()).toEqual([READY | Status.ERR, 0x54]);
    expect(await senseOf()).toEqual([5, 0x21, 0]);
    await packet([0xff]);
    expect(await senseOf()).toEqual([5, 0x20, 0]);
    await packet([0x5a, 0, 0x33, 0, 0, 0, 0, 0, 255]);
    expect(await senseOf()).toEqual([5, 0x24, 0]);
    medium.failWith = new Error('a scratch');
    await packet([0x28, 0, 0, 0, 0, 1, 0, 0, 1]);
    expect(await senseOf()).toEqual([3, 0x11, 0]);
    expect(await senseOf()).toEqual([0, 0, 0]);
  });

  test('ejects its disc unless it is locked, and tells of a new one', async () => {
    const { packet, block, second, senseOf } = cdPc();
    await packet([0x1e, 0, 0, 0, 1]);
    await packet([0x1b, 0, 0, 0, 2]);
    expect(await senseOf()).toEqual([5, 0x53, 2]);
    await packet([0x1e, 0, 0, 0, 0]);
    await packet([0x1b, 0, 0, 0, 2]);
    await packet([0x00]);
    expect(await senseOf()).toEqual([2, 0x3a, 0]);
    await packet([0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8]);
    expect([...block()]).toEqual([0, 6, 4, 0x10, 3, 1, 0, 0]);
    await packet([0x1b, 0, 0, 0, 3]);
    await packet([0x00]);
    expect(second.error()).toEqual([READY | Status.ERR, 0x60]);
    expect(await senseOf()).toEqual([6, 0x28, 0]);
    await packet([0x00]);
    expect(second.block.read(7, 1)).toBe(READY);
  });

  test('is empty when its backend is', async () => {
    const { packet, senseOf } = cdPc(new FakeBlock({ size: 0 }));
    await packet([0x25]);
    expect(await senseOf()).toEqual([2, 0x3a, 0]);
  });

  test('comes back to its signature by DEVICE RESET, also while it is busy', async () => {
    const medium = new SlowDisk({ size: 10 * 2048 });
    const { packet, second } = cdPc(medium);
    await packet([0x28, 0, 0, 0, 0, 1, 0, 0, 1]);
    await second.command(Command.DEVICE_RESET);
    await medium.release();
    expect([4, 5, 7].map((port) => second.block.read(port, 1))).toEqual([0x14, 0xeb, 0]);
    expect(second.line.asserted).toBe(false);
  });
});
