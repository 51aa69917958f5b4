import { PciFunctions } from '@polyvisor/devices-platform';
import { fakeDeviceHost, type DeviceDriver } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { expect, test } from 'vitest';
import { checksum } from './checksum.ts';
import { BAR_SIZE, Control, Register, Status } from './registers.ts';

const SLOT = 4;
/** Offsets in the configuration space. */
const ID = 0, COMMAND = 4, STATUS = 6, BAR0 = 0x10;
const MEMORY = 2, MASTER = 4, INTERRUPT_PENDING = 8;
const CHECK = '123456789';
/** What every CRC-32 gives for those nine digits. */
const CHECK_SUM = 0xcbf4_3926 | 0;

function plugIn() {
  const pirqs: [pirq: number, asserted: boolean][] = [];
  const bus = new PciFunctions((pirq, asserted) => void pirqs.push([pirq, asserted]));
  const fake = fakeDeviceHost(checksum, { slot: SLOT, latency: 1000 }, { services: { bus } });
  const device = checksum.create({ slot: SLOT, latency: 1000 }, fake.host, undefined);
  const { registers } = device.regions;
  return {
    ...fake,
    pirqs,
    read: (register: number) => registers.read(register, 4),
    write: (register: number, value: number, size: 1 | 2 | 4 = 4) => registers.write(register, size, value),
    config: (offset: number, size: 1 | 2 | 4) => bus.read(SLOT * 8, offset, size),
    configure: (offset: number, size: 1 | 2 | 4, value: number) => bus.write(SLOT * 8, offset, size, value),
  };
}

test('is found on the bus, and answers where the guest puts its BAR', () => {
  const { config, configure, placements } = plugIn();
  expect(config(ID, 4)).toBe(0x0c32_ac4e);
  configure(BAR0, 4, -1);
  expect(config(BAR0, 4)).toBe(-BAR_SIZE);
  configure(BAR0, 4, 0xfebd_0000 | 0);
  expect(placements.get('registers')?.base).toBeUndefined();
  configure(COMMAND, 2, MEMORY);
  expect(placements.get('registers')?.base).toBe(0xfebd_0000);
});

test('sums what is written, byte by byte or more at once', () => {
  const { read, write } = plugIn();
  for (const digit of CHECK) write(Register.data, digit.charCodeAt(0), 1);
  expect(read(Register.sum)).toBe(CHECK_SUM);
  write(Register.sum, 0);
  write(Register.data, 0x3433_3231);
  write(Register.data, 0x3837_3635);
  write(Register.data, 0x39, 1);
  expect(read(Register.sum)).toBe(CHECK_SUM);
});

test('fetches memory when it is a bus master, and interrupts until its status is cleared', () => {
  const { clock, memory, pirqs, read, write, config, configure } = plugIn();
  memory.bytes.set(new TextEncoder().encode(CHECK), 0x3ffc);
  configure(COMMAND, 2, MEMORY | MASTER);
  write(Register.addressLow, 0x3ffc);
  write(Register.length, CHECK.length);
  write(Register.control, Control.START | Control.INTERRUPT);
  clock.advance(999);
  expect(read(Register.status)).toBe(Status.BUSY);
  clock.advance(1);
  expect([read(Register.status), read(Register.sum)]).toEqual([Status.DONE, CHECK_SUM]);
  expect(config(STATUS, 2) & INTERRUPT_PENDING).toBe(INTERRUPT_PENDING);

  write(Register.status, Status.DONE);
  expect(read(Register.status)).toBe(0);
  // INTA# of device 4 is the first of the four inputs.
  expect(pirqs).toEqual([[0, true], [0, false]]);
});

test.each([
  ['is no bus master', MEMORY, 0x1000, 9],
  ['is to fetch nothing', MASTER, 0x1000, 0],
  ['is to fetch more than a page', MASTER, 0x1000, 4097],
  ['finds no memory', MASTER, 0x7000_0000, 9],
])('fails and leaves the sum alone when it %s', (_why, command, address, length) => {
  const { clock, read, write, configure } = plugIn();
  configure(COMMAND, 2, command);
  write(Register.addressLow, address);
  write(Register.length, length);
  write(Register.control, Control.START);
  clock.advance(1000);
  expect([read(Register.status), read(Register.sum)]).toEqual([Status.FAILED, 0]);
});

test('holds the address and the length of a transfer that is under way', () => {
  const { read, write } = plugIn();
  write(Register.length, 9);
  write(Register.control, Control.START);
  for (const register of [Register.addressLow, Register.addressHigh, Register.length]) write(register, 1);
  expect([Register.addressLow, Register.addressHigh, Register.length].map(read)).toEqual([0, 0, 9]);
});

/** What a driver does: becomes a bus master, and has memory summed. */
function exercise({ random, read, write, service }: DeviceDriver): void {
  const bus = service('bus') as PciFunctions;
  bus.write(SLOT * 8, BAR0, 4, 0xfebd_0000 | 0);
  bus.write(SLOT * 8, COMMAND, 2, random.pick([MEMORY, MEMORY | MASTER]));
  write('registers', Register.addressLow, 4, random.pick([0x1000, random.int32()]));
  write('registers', Register.length, 4, random.pick([64, 4096, random.int32()]));
  write('registers', Register.control, 4, Control.START | random.pick([0, Control.INTERRUPT]));
  read('registers', Register.status, 4);
  write('registers', Register.status, 4, random.below(8));
}

describeDevice(checksum, {
  configs: [{ slot: SLOT }, { slot: SLOT, latency: 0 }],
  services: ({ trace }) => ({ bus: new PciFunctions((pirq, asserted) => { trace.add(`level pirq${pirq} ${asserted}`); }) }),
  exercise,
});
