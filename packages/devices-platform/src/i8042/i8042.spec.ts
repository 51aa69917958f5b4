import { fakeDeviceHost, type RecordingPower } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { describe, expect, test } from 'vitest';
import type { Keyboard, Mouse } from './config.ts';
import { i8042 } from './i8042.ts';
import { KEYS } from './keys.ts';

function powerOn() {
  const config = i8042.config.parse({});
  const fake = fakeDeviceHost(i8042, config);
  const device = i8042.create(config, fake.host, undefined);
  const { data, command, portA } = device.regions;
  const status = () => command.read(0, 1);
  return {
    ...device.provides, portA, status,
    power: fake.services['power'] as RecordingPower,
    levels: () => ['keyboard', 'mouse'].map((name) => fake.levels.get(name)!.asserted),
    trace: fake.trace,
    tell: (byte: number, ...parameters: number[]) => {
      command.write(0, 1, byte);
      for (const parameter of parameters) data.write(0, 1, parameter);
    },
    send: (...bytes: number[]) => {
      for (const byte of bytes) data.write(0, 1, byte);
    },
    /** Everything that waits, bytes of the mouse with 100H. */
    drain: () => {
      const bytes: number[] = [];
      while ((status() & 1) !== 0) {
        const mouse = (status() & 0x20) !== 0 ? 0x100 : 0;
        bytes.push(data.read(0, 1) | mouse);
      }
      return bytes;
    },
  };
}

const ofMouse = (bytes: number[]) => bytes.map((byte) => byte | 0x100);

describe('the controller', () => {
  test('passes its tests', () => {
    const pc = powerOn();
    expect(pc.status()).toBe(0x10);
    pc.tell(0xaa);
    expect([pc.status(), pc.drain(), pc.status()]).toEqual([0x1d, [0x55], 0x1c]);
    pc.tell(0xa9);
    pc.tell(0xab);
    expect(pc.drain()).toEqual([0, 0]);
  });

  test('keeps its command byte, where the disabling commands show', () => {
    const pc = powerOn();
    pc.tell(0x60, 0x47);
    pc.tell(0xad);
    pc.tell(0xa7);
    pc.tell(0x20);
    expect(pc.drain()).toEqual([0x77]);
    pc.tell(0xae);
    pc.tell(0xa8);
    pc.tell(0x20);
    expect(pc.drain()).toEqual([0x47]);
  });

  test('loops bytes back to both output buffers, which is how drivers find the second port', () => {
    const pc = powerOn();
    pc.tell(0xd2, 0x5a);
    expect(pc.drain()).toEqual([0x5a]);
    pc.tell(0xd3, 0xa5);
    expect(pc.drain()).toEqual([0x1a5]);
  });

  test('resets the machine by a pulse, by the output port and by port A', () => {
    const pc = powerOn();
    pc.tell(0xff);
    pc.tell(0xd1, 0x03);
    pc.portA.write(0, 1, 2);
    expect(pc.power.actions).toEqual([]);
    pc.tell(0xfe);
    pc.tell(0xd1, 0x02);
    pc.portA.write(0, 1, 3);
    expect(pc.power.actions).toHaveLength(3);
  });

  test('has one A20 gate behind two ports', () => {
    const pc = powerOn();
    pc.tell(0xd1, 0x01);
    expect(pc.portA.read(0, 1)).toBe(0);
    pc.portA.write(0, 1, 2);
    pc.tell(0xd0);
    expect(pc.drain()).toEqual([0x03]);
  });

  test('interrupts for each byte anew, by the line of the device', () => {
    const pc = powerOn();
    pc.tell(0x60, 0x43);
    pc.keyboard.key(KEYS['KeyA']!, true);
    pc.keyboard.key(KEYS['KeyA']!, false);
    pc.tell(0xd4, 0xf4);
    const before = pc.trace.entries.length;
    expect(pc.levels()).toEqual([true, false]);
    expect(pc.drain()).toEqual([0x1e, 0x9e, 0x1fa]);
    expect(pc.trace.entries.slice(before)).toEqual([
      'level keyboard deasserted', 'level keyboard asserted', 'level keyboard deasserted', 'level mouse asserted', 'level mouse deasserted',
    ]);
  });
});

describe('the keyboard', () => {
  test('resets, identifies itself, and takes its parameters', () => {
    const pc = powerOn();
    pc.tell(0x60, 0x00);
    pc.send(0xff);
    expect(pc.drain()).toEqual([0xfa, 0xaa]);
    pc.send(0xf2);
    expect(pc.drain()).toEqual([0xfa, 0xab, 0x83]);
    pc.send(0xed, 0x05, 0xf3, 0x20, 0xee);
    expect([pc.drain(), pc.keyboard.leds]).toEqual([[0xfa, 0xfa, 0xfa, 0xfa, 0xee], 5]);
    pc.send(0xf0, 0x00, 0x12);
    expect(pc.drain()).toEqual([0xfa, 0xfa, 2, 0xfe]);
  });

  test('sends set 2, or set 1 when the controller translates or the keyboard is told', () => {
    const pc = powerOn();
    const type = () => {
      for (const pressed of [true, false]) pc.keyboard.key(KEYS['ArrowUp']!, pressed);
      return pc.drain();
    };
    expect(type()).toEqual([0xe0, 0x48, 0xe0, 0xc8]);
    pc.tell(0x60, 0x00);
    expect(type()).toEqual([0xe0, 0x75, 0xe0, 0xf0, 0x75]);
    pc.send(0xf0, 0x01);
    pc.drain();
    expect(type()).toEqual([0xe0, 0x48, 0xe0, 0xc8]);
  });

  test('sends whole codes or nothing, and nothing while it is off', () => {
    const pc = powerOn();
    pc.tell(0x60, 0x00);
    const sent = Array.from({ length: 8 }, () => pc.keyboard.key(0xe075, false));
    expect(sent.filter(Boolean)).toHaveLength(5);
    expect(pc.drain()).toHaveLength(15);
    pc.send(0xf5);
    pc.drain();
    expect(pc.keyboard.key(0x1c, true)).toBe(false);
  });

  test('every key has a code of its own, also after translation', () => {
    const pc = powerOn();
    const seen = Object.values(KEYS).map((code) => {
      pc.keyboard.key(code, true);
      return pc.drain().join();
    });
    expect(new Set(seen).size).toBe(Object.keys(KEYS).length);
  });
});

describe('the mouse', () => {
  const started = (...rates: number[]) => {
    const pc = powerOn();
    for (const rate of rates) for (const byte of [0xf3, rate]) pc.tell(0xd4, byte);
    pc.drain();
    pc.tell(0xd4, 0xf2);
    const id = pc.drain()[1]! & 0xff;
    pc.tell(0xd4, 0xf4);
    pc.drain();
    return { ...pc, id };
  };

  test('resets', () => {
    const pc = powerOn();
    pc.tell(0xd4, 0xff);
    expect(pc.drain()).toEqual(ofMouse([0xfa, 0xaa, 0x00]));
  });

  test.each([
    ['plain', [], 0, [0x39, 0xfe, 0xfd]],
    ['with a wheel', [200, 100, 80], 3, [0x39, 0xfe, 0xfd, 0x01]],
    ['with five buttons', [200, 200, 80], 4, [0x39, 0xfe, 0xfd, 0x21]],
  ])('%s: sends packets of its kind', (_name, rates, id, packet) => {
    const pc = started(...rates);
    expect(pc.id).toBe(id);
    expect(pc.mouse.move(-2, -3, 1, 0x11)).toBe(true);
    const expected = id === 4 ? packet.map((b, i) => (i === 3 ? 0x21 : b)) : packet;
    expect(pc.drain()).toEqual(ofMouse(expected));
  });

  test('tells its status and its position when it is asked', () => {
    const pc = started();
    pc.mouse.move(0, 0, 0, 6);
    pc.drain();
    pc.tell(0xd4, 0xe9);
    expect(pc.drain()).toEqual(ofMouse([0xfa, 0x23, 2, 100]));
    pc.tell(0xd4, 0xeb);
    expect(pc.drain()).toEqual(ofMouse([0xfa, 0x0e, 0, 0]));
  });

  test('echoes in wrap mode', () => {
    const pc = started();
    pc.tell(0xd4, 0xee);
    pc.tell(0xd4, 0x12);
    pc.tell(0xd4, 0xec);
    expect(pc.drain()).toEqual(ofMouse([0xfa, 0x12, 0xfa]));
  });
});

describeDevice(i8042, {
  configs: [{}, { keyboardIrq: 3, mouseIrq: 4 }],
  exercise(driver) {
    const { random } = driver;
    const keyboard = driver.provided('keyboard') as Keyboard;
    const mouse = driver.provided('mouse') as Mouse;
    driver.write('command', 0, 1, 0x60);
    driver.write('data', 0, 1, random.below(256));
    driver.write('command', 0, 1, random.pick([0xd4, 0xaa, 0xd2, 0xa8]));
    driver.write('data', 0, 1, random.pick([0xf4, 0xf3, 0xff, 0xe9]));
    for (let i = 0; i < 6; i++) {
      keyboard.key(random.pick([0x1c, 0xe075, 0x83]), random.chance(1, 2));
      mouse.move(random.below(600) - 300, random.below(20), 1, random.below(32));
      if (random.chance(1, 2)) driver.read('data', 0, 1);
    }
  },
});
