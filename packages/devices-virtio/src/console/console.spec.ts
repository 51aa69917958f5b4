import { expect, test } from 'vitest';
import type { RecordingSink, ScriptedSource } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { FakeBus, coldAccess, rig, suiteDriver } from '../../test/rig.ts';
import { virtioConsoleMmio, virtioConsolePci } from './console.ts';
import type { ConsoleSize } from './console-model.ts';
import { Event, Offset } from './registers.ts';

function terminal(given: Record<string, unknown> = {}, services: Record<string, unknown> = {}) {
  const made = rig(virtioConsolePci, given, { services });
  const driver = made.start({ allBut: [] });
  const control = (id: number, event: number, value: number) => {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, id, true);
    view.setUint16(4, event, true);
    view.setUint16(6, value, true);
    driver.queues[3]!.add([{ read: bytes }]);
    driver.notify(3);
  };
  const answers = () => {
    const out: (readonly [number, number, number, string])[] = [];
    for (let used = driver.queues[2]!.takeUsed(); used; used = driver.queues[2]!.takeUsed()) {
      const bytes = driver.queues[2]!.contents(used);
      const view = new DataView(bytes.buffer);
      out.push([view.getUint32(0, true), view.getUint16(4, true), view.getUint16(6, true), new TextDecoder().decode(bytes.subarray(8))]);
    }
    return out;
  };
  return { ...made, driver, control, answers, sink: (name: string) => made.services[name] as RecordingSink, source: (name: string) => made.services[name] as ScriptedSource };
}

test('brings what the guest writes to the sink, and what is typed to the guest', () => {
  const { driver, sink, source } = terminal();
  driver.queues[1]!.add([{ read: new TextEncoder().encode('hel') }, { read: new TextEncoder().encode('lo') }]);
  driver.notify(1);
  expect(sink('out').text).toBe('hello');
  source('in').feed('ab');
  driver.queues[0]!.add([{ write: 1 }]);
  driver.queues[0]!.add([{ write: 16 }]);
  driver.notify(0);
  source('in').feed('c');
  const read = [driver.queues[0]!.takeUsed()!, driver.queues[0]!.takeUsed()!].map((used) => new TextDecoder().decode(driver.queues[0]!.contents(used)));
  expect([read, source('in').available]).toEqual([['a', 'b'], 1]);
});

test('has named ports that carry bytes once the guest has opened them', () => {
  const { driver, control, answers, sink, source } = terminal({ ports: ['org.example.agent'] });
  for (let i = 0; i < 8; i += 1) driver.queues[2]!.add([{ write: 64 }]);
  control(0, Event.DEVICE_READY, 1);
  expect(answers()).toEqual([[0, Event.DEVICE_ADD, 1, ''], [1, Event.DEVICE_ADD, 1, '']]);
  control(0, Event.PORT_READY, 1);
  control(1, Event.PORT_READY, 1);
  expect(answers()).toEqual([[0, Event.CONSOLE_PORT, 1, ''], [0, Event.PORT_OPEN, 1, ''], [1, Event.PORT_NAME, 1, 'org.example.agent'], [1, Event.PORT_OPEN, 1, '']]);
  driver.queues[4]!.add([{ write: 16 }]);
  source('in1').feed('x');
  expect(driver.queues[4]!.takeUsed()).toBeUndefined();
  control(1, Event.PORT_OPEN, 1);
  expect(driver.queues[4]!.takeUsed()?.written).toBe(1);
  driver.queues[5]!.add([{ read: Uint8Array.of(65) }]);
  driver.notify(5);
  expect([sink('out1').text, sink('out').text]).toEqual(['A', '']);
});

test('tells its size and its changes', () => {
  const size = { columns: 80, rows: 25, onResize: undefined as ConsoleSize['onResize'] };
  const { driver } = terminal({ size: true }, { size });
  expect([driver.device.read(Offset.cols, 2), driver.device.read(Offset.rows, 2)]).toEqual([80, 25]);
  size.columns = 132;
  size.onResize?.();
  expect([driver.device.read(Offset.cols, 2), driver.isr.read(0, 1)]).toEqual([132, 2]);
});

test('takes bytes by the emergency register', () => {
  const { driver, sink } = terminal();
  driver.device.write(Offset.emerg_wr, 4, 0x21);
  expect(sink('out').text).toBe('!');
});

test('answers control messages about ports that are not there with an error of the guest', () => {
  const { control, errors, driver } = terminal({ ports: ['a'] });
  control(9, Event.PORT_OPEN, 1);
  expect([errors().length, driver.needsReset]).toEqual([1, false]);
});

const exercise = suiteDriver((suite, driver) => {
  const { random } = suite;
  driver.start({ allBut: [], size: 16, base: 0x4000, bufferBytes: 0x800 });
  for (const [i, queue] of driver.queues.entries()) {
    queue.add(i % 2 === 0 ? [{ write: 20 }] : [{ read: random.bytes(8) }]);
    driver.notify(i);
  }
  driver.queues[3]?.add([{ read: Uint8Array.of(random.below(3), 0, 0, 0, random.pick([0, 3, 6]), 0, 1, 0) }]);
  if (driver.queues[3]) driver.notify(3);
  suite.feed('in', random.bytes(random.below(30)));
});
describeDevice(virtioConsolePci, {
  configs: [{ slot: 3 }, { slot: 3, ports: ['one'] }], exercise, services: ({ trace }) => ({ bus: new FakeBus(trace) }), allocation: { cold: coldAccess },
});
describeDevice(virtioConsoleMmio, { configs: [{}], allocation: { cold: coldAccess } });
