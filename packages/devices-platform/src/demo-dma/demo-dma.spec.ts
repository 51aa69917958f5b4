import { DmaStatus, openSection, saveSection } from '@polyvisor/core';
import { fakeDeviceHost, type DeviceDriver } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { describe, expect, test } from 'vitest';
import { demoDma } from './demo-dma.ts';
import { BUFFER_SIZE, Command, Fault, Irq, Offset, Status } from './registers.ts';
import type { DemoDmaState } from './state.ts';

function powerOn(given: { readonly latency?: number } = {}, saved?: DemoDmaState) {
  const config = demoDma.config.parse(given);
  const fake = fakeDeviceHost(demoDma, config);
  const device = demoDma.create(config, fake.host, saved);
  const { regs } = device.regions;
  const write = (offset: number, value: number) => regs.write(offset, 4, value);
  return {
    device,
    regs,
    memory: fake.memory,
    clock: fake.clock,
    messages: fake.messages.sent,
    log: fake.log.messages,
    line: fake.levels.get('line')!,
    read: (offset: number) => regs.read(offset, 4),
    write,
    transfer(command: number, source: number, destination: number, length: number) {
      write(Offset.DMA_SRC_LO, source | 0);
      write(Offset.DMA_SRC_HI, Math.floor(source / 2 ** 32) | 0);
      write(Offset.DMA_DST_LO, destination | 0);
      write(Offset.DMA_DST_HI, Math.floor(destination / 2 ** 32) | 0);
      write(Offset.DMA_LENGTH, length);
      write(Offset.DMA_COMMAND, command);
    },
  };
}

const failed = (fault: number) => Status.ERROR | (fault << Status.CODE_SHIFT);

describe('the plain registers', () => {
  test('identify the device and complement the scratch', () => {
    const demo = powerOn();
    demo.write(Offset.SCRATCH, 0x1234_5678);
    expect(demo.read(Offset.ID)).toBe(0x4456_5001);
    expect(demo.read(Offset.SCRATCH)).toBe(~0x1234_5678);
  });

  test.each([
    [0, 1],
    [5, 120],
    [12, 479_001_600],
    [13, 0],
    [-1, 0],
  ])('give %i! as %i', (n, expected) => {
    const demo = powerOn();
    demo.write(Offset.FACTORIAL, n);
    expect(demo.read(Offset.FACTORIAL)).toBe(expected);
  });

  test('take whole words only', () => {
    const demo = powerOn();
    demo.regs.write(Offset.SCRATCH, 2, 0xffff);
    demo.regs.write(Offset.SCRATCH + 1, 4, 0xffff);
    expect(demo.read(Offset.SCRATCH)).toBe(-1);
    expect(demo.regs.read(Offset.ID, 1)).toBe(0);
    expect(demo.log.map((entry) => entry.level)).toEqual(['guest-error', 'guest-error', 'guest-error']);
  });
});

describe('DMA', () => {
  test('brings memory into the buffer and the buffer into memory', () => {
    const demo = powerOn();
    demo.memory.bytes.set([1, 2, 3, 4], 0x1ffe);
    demo.transfer(Command.LOAD, 0x1ffe, 8, 4);
    expect(demo.read(Offset.DMA_STATUS)).toBe(Status.DONE);
    demo.transfer(Command.STORE, 8, 0x3000, 4);
    expect([...demo.memory.bytes.subarray(0x3000, 0x3005)]).toEqual([1, 2, 3, 4, 0]);
  });

  test('happens after the latency, with the registers held until then', () => {
    const demo = powerOn({ latency: 1000 });
    demo.memory.bytes[0x2000] = 7;
    demo.transfer(Command.LOAD, 0x1000, 0, 1);
    demo.write(Offset.DMA_SRC_LO, 0x2000);
    demo.memory.bytes[0x1000] = 9;
    demo.clock.advance(999);
    expect(demo.read(Offset.DMA_STATUS)).toBe(Status.BUSY);
    demo.clock.advance(1);
    expect(demo.read(Offset.DMA_STATUS)).toBe(Status.DONE);
    expect(demo.device.save().buffer[0]).toBe(9);
  });

  test('can be called off', () => {
    const demo = powerOn({ latency: 1000 });
    demo.transfer(Command.STORE, 0, 0x1000, 1);
    demo.write(Offset.DMA_COMMAND, Command.ABORT);
    demo.clock.advance(5000);
    expect(demo.read(Offset.DMA_STATUS)).toBe(0);
    expect(demo.read(Offset.IRQ_STATUS)).toBe(0);
  });

  test.each([
    ['an unknown command', 9, 0, 0, 4, Fault.COMMAND],
    ['no bytes', Command.LOAD, 0, 0, 0, Fault.LENGTH],
    ['more than the buffer', Command.LOAD, 0, 0, BUFFER_SIZE + 1, Fault.LENGTH],
    ['a length that is negative when signed', Command.STORE, 0, 0, -1, Fault.LENGTH],
    ['an end beyond the buffer', Command.LOAD, 0, BUFFER_SIZE - 3, 4, Fault.LENGTH],
    ['a buffer offset with a high half', Command.STORE, 2 ** 32, 0, 4, Fault.LENGTH],
    ['an address beyond 52 bits', Command.LOAD, 2 ** 52 - 3, 0, 4, Fault.ADDRESS],
    ['an address without memory', Command.LOAD, 0x4000_0000, 0, 4, Fault.NO_MEMORY],
  ])('refuses %s', (_what, command, source, destination, length, fault) => {
    const demo = powerOn();
    demo.transfer(command, source, destination, length);
    expect(demo.read(Offset.DMA_STATUS)).toBe(failed(fault));
    expect(demo.read(Offset.IRQ_STATUS)).toBe(Irq.DMA_ERROR);
  });

  test('reports what the bus said', () => {
    const demo = powerOn();
    demo.memory.failWith = DmaStatus.blocked;
    demo.transfer(Command.STORE, 0, 0x1000, 4);
    expect(demo.read(Offset.DMA_STATUS)).toBe(failed(Fault.BLOCKED));
    demo.memory.failWith = DmaStatus.denied;
    demo.transfer(Command.STORE, 0, 0x1000, 4);
    expect(demo.read(Offset.DMA_STATUS)).toBe(failed(Fault.DENIED));
    demo.write(Offset.DMA_STATUS, Status.ERROR);
    expect(demo.read(Offset.DMA_STATUS)).toBe(0);
  });
});

describe('interrupts', () => {
  test('assert the line while an enabled one waits', () => {
    const demo = powerOn();
    demo.write(Offset.IRQ_RAISE, Irq.SOFTWARE);
    expect(demo.line.asserted).toBe(false);
    demo.write(Offset.IRQ_ENABLE, Irq.SOFTWARE);
    expect(demo.line.asserted).toBe(true);
    demo.write(Offset.IRQ_ACK, Irq.SOFTWARE);
    expect(demo.line.asserted).toBe(false);
  });

  test('are messages instead, one for each that comes up', () => {
    const demo = powerOn();
    demo.write(Offset.MSI_ADDR_LO, 0xfee0_1000 | 0);
    demo.write(Offset.MSI_DATA, 0x41);
    demo.write(Offset.MSI_CONTROL, 1);
    demo.write(Offset.IRQ_ENABLE, Irq.MASK);
    demo.write(Offset.IRQ_RAISE, Irq.SOFTWARE);
    demo.write(Offset.IRQ_RAISE, Irq.SOFTWARE);
    demo.transfer(Command.LOAD, 0, 0, 4);
    expect(demo.messages).toEqual([
      { address: 0xfee0_1000, data: 0x41 },
      { address: 0xfee0_1000, data: 0x41 },
    ]);
    expect(demo.line.asserted).toBe(false);
  });

  test('that wait are announced when messages are switched on', () => {
    const demo = powerOn();
    demo.write(Offset.IRQ_ENABLE, Irq.SOFTWARE);
    demo.write(Offset.IRQ_RAISE, Irq.SOFTWARE);
    demo.write(Offset.MSI_CONTROL, 1);
    expect(demo.messages).toHaveLength(1);
    expect(demo.line.asserted).toBe(false);
  });
});

describe('saving', () => {
  test('keeps a transfer under way and sends no message again', () => {
    const demo = powerOn({ latency: 1000 });
    demo.write(Offset.MSI_CONTROL, 1);
    demo.write(Offset.IRQ_ENABLE, Irq.MASK);
    demo.write(Offset.IRQ_RAISE, Irq.SOFTWARE);
    demo.transfer(Command.LOAD, 0x1000, 0, 4);
    demo.clock.advance(400);
    const section = saveSection('demo', demoDma.kind, demoDma.state, () => demo.device.save());

    const copy = powerOn({ latency: 1000 }, openSection('demo', demoDma.state, section));
    copy.memory.bytes.set([5, 6, 7, 8], 0x1000);
    expect(copy.messages).toHaveLength(0);
    copy.clock.advance(1000);
    expect([...copy.device.save().buffer.subarray(0, 4)]).toEqual([5, 6, 7, 8]);
    expect(copy.messages).toHaveLength(1);
  });
});

/** Transfers within memory, at its edges and outside, with interrupts of both kinds. */
function exercise({ random, read, write }: DeviceDriver): void {
  write('regs', Offset.IRQ_ENABLE, 4, random.below(8));
  write('regs', Offset.MSI_CONTROL, 4, random.below(2));
  write('regs', Offset.DMA_LENGTH, 4, random.pick([4, 64, BUFFER_SIZE, random.below(2 * BUFFER_SIZE)]));
  for (const [low, high] of [[Offset.DMA_SRC_LO, Offset.DMA_SRC_HI], [Offset.DMA_DST_LO, Offset.DMA_DST_HI]] as const) {
    write('regs', low, 4, random.pick([0, random.below(BUFFER_SIZE), random.below(0x10_0000), random.int32()]));
    write('regs', high, 4, random.pick([0, 0, 0, random.int32()]));
  }
  write('regs', Offset.DMA_COMMAND, 4, random.below(5));
  read('regs', Offset.DMA_STATUS, 4);
  write('regs', Offset.IRQ_ACK, 4, random.below(8));
}

describeDevice(demoDma, { configs: [{}, { latency: 5000 }], exercise });
