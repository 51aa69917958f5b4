import type { InterruptController, LocalApics } from '@polyvisor/core';
import { RecordingPins, type DeviceDriver } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { apic } from './apic.ts';
import { Lapic } from './registers.ts';

/** The vCPU whose accesses are answered, chosen by the driver. */
class Chosen {
  index = 0;
  takeOver(other: Chosen): void {
    this.index = other.index;
  }
}

/** Opens the controllers and lets interrupts come from everywhere. */
function exercise(driver: DeviceDriver): void {
  const { random } = driver;
  const controller = driver.provided('controller') as InterruptController;
  const apics = driver.provided('apics') as LocalApics;
  const current = driver.service('current') as Chosen;
  current.index = random.below(3);
  const local = (register: number, value: number) => driver.write('local', 16 * register, 4, value);
  local(Lapic.SVR, 0x1ff | (random.below(2) << 12));
  local(Lapic.LDR, (1 << random.below(8)) << 24);
  local(Lapic.LVT_TIMER, 0x30 + random.below(200) + (random.below(3) << 17));
  local(Lapic.DIVIDE, random.below(16));
  local(Lapic.INITIAL_COUNT, random.below(100_000));
  apics.writeMsr(current.index, 0x6e0, random.below(3_000_000), 0);
  for (let i = 0; i < 4; i++) {
    const pin = random.below(24);
    driver.write('io', 0, 4, 0x11 + 2 * pin);
    driver.write('io', 0x10, 4, random.below(4) << 24);
    driver.write('io', 0, 4, 0x10 + 2 * pin);
    driver.write('io', 0x10, 4, (0x40 + 7 * pin) | random.pick([0, 0x8000, 0x100, 0x800, 0x8100]));
    controller.setLevel(pin, random.chance(1, 2));
  }
  for (const [port, mask] of [['master', 0], ['slave', 0]] as const) {
    for (const value of [0x11]) driver.write(port, 0, 1, value);
    for (const value of [port === 'master' ? 0x20 : 0x28, port === 'master' ? 4 : 2, 1 + 2 * random.below(2), mask]) driver.write(port, 1, 1, value);
  }
  controller.message(0xfee0_0000 + (random.below(256) << 12) + 4 * random.below(4), random.below(0x10000));
  local(Lapic.ICR_HIGH, random.below(4) << 24);
  local(Lapic.ICR_LOW, random.below(0x10_0000));
  driver.advance(random.below(200_000));
  for (let i = 0; i < 3; i++) {
    controller.acknowledge(random.below(3));
    local(Lapic.EOI, 0);
    apics.setTaskPriority(random.below(3), random.below(16));
  }
  apics.setTscOffset(current.index, random.below(1000));
  if (random.chance(1, 4)) apics.setBase(current.index, random.pick([0xfee0_0000, 0xfee0_0800, 0xfee0_0c00]), 0);
  for (const msr of [0x802, 0x80d, 0x830, 0x839, 0x6e0]) apics.readMsr(current.index, msr);
}

describeDevice(apic, {
  configs: [{}, { ioVersion: 0x11, virtualWire: false, ioId: 2 }],
  services: ({ trace }) => ({ pins: new RecordingPins(3, trace), current: new Chosen() }),
  exercise,
});
