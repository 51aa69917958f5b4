import { expect, test } from 'vitest';
import { describeDevice } from '@polyvisor/testkit/vitest';
import type { Trace } from '@polyvisor/testkit';
import { FakeBus, coldAccess, rig, suiteDriver } from '../../test/rig.ts';
import { virtioBalloonMmio, virtioBalloonPci, type BalloonStatistics, type MemoryBalloon } from './balloon.ts';
import { BalloonFeature, Offset } from './registers.ts';

/** Keeps what the balloon says. */
class FakeBalloon implements MemoryBalloon {
  target = 100;
  onTarget: (() => void) | undefined;
  readonly log: string[] = [];
  readonly #trace: Trace | undefined;
  constructor(trace?: Trace) {
    this.#trace = trace;
  }
  release(gfn: number, count: number): void { this.#say(`release ${gfn}+${count}`); }
  reclaim(gfn: number, count: number): void { this.#say(`reclaim ${gfn}+${count}`); }
  discard(gfn: number, count: number): void { this.#say(`discard ${gfn}+${count}`); }
  onActual(frames: number): void { this.#say(`actual ${frames}`); }
  onStatistics(statistics: BalloonStatistics): void { this.#say(JSON.stringify(statistics)); }
  #say(what: string): void {
    this.#trace?.tick();
    if (this.#trace?.on === false) return;
    this.log.push(what);
    this.#trace?.add(what);
  }
}

const frames = (...list: number[]) => new Uint8Array(Uint32Array.from(list).buffer);

function inflated(given: Record<string, unknown> = {}) {
  const balloon = new FakeBalloon();
  const made = rig(virtioBalloonPci, given, { services: { balloon } });
  return { ...made, balloon, driver: made.start({ allBut: [] }) };
}

test('gives frames back and takes them again, neighbours together', () => {
  const { driver, balloon } = inflated();
  driver.queues[0]!.add([{ read: frames(5, 6, 7, 20, 19, 18, 40) }]);
  driver.notify(0);
  driver.queues[1]!.add([{ read: frames(6) }]);
  driver.notify(1);
  expect(balloon.log).toEqual(['release 5+3', 'release 18+3', 'release 40+1', 'reclaim 6+1']);
  expect(driver.queues[0]!.takeUsed()?.written).toBe(0);
});

test('tells its target and hears how far the guest is', () => {
  const { driver, balloon } = inflated();
  expect(driver.device.read(Offset.num_pages, 4)).toBe(100);
  balloon.target = 50;
  balloon.onTarget?.();
  driver.device.write(Offset.actual, 4, 42);
  expect([driver.device.read(Offset.num_pages, 4), driver.isr.read(0, 1), balloon.log]).toEqual([50, 2, ['actual 42']]);
});

test('asks for statistics again and again with one buffer', () => {
  const { driver, balloon, clock } = inflated({ 'stats-polling-interval': 2 });
  const statistic = new Uint8Array(20);
  new DataView(statistic.buffer).setUint16(0, 4, true);
  new DataView(statistic.buffer).setUint32(2, 4096, true);
  new DataView(statistic.buffer).setUint16(10, 999, true);
  driver.queues[2]!.add([{ read: statistic }]);
  driver.notify(2);
  expect([balloon.log, driver.queues[2]!.takeUsed()]).toEqual([['{"freeMemory":4096}'], undefined]);
  clock.advance(2e9);
  expect(driver.queues[2]!.takeUsed()).toBeDefined();
  clock.advance(2e9);
  expect(driver.needsReset).toBe(false);
});

test('forgets free pages that the guest reports, unless they are poisoned', () => {
  const { driver, balloon, memory } = inflated({ 'free-page-reporting': true, 'deflate-on-oom': true });
  expect([driver.offers(BalloonFeature.DEFLATE_ON_OOM), driver.offers(BalloonFeature.STATS_VQ)]).toEqual([true, false]);
  driver.queues[2]!.add([{ write: 3 * 4096 }]);
  driver.notify(2);
  driver.device.write(Offset.poison_val, 4, 0xaa);
  driver.queues[2]!.add([{ write: 3 * 4096 }]);
  driver.notify(2);
  expect([balloon.log.length, balloon.log[0]?.startsWith('discard '), memory.missed]).toEqual([1, true, 0]);
});

const exercise = suiteDriver((suite, driver) => {
  const { random } = suite;
  driver.start({ allBut: [], size: 16, base: 0x4000, bufferBytes: 0x1000 });
  for (const queue of [0, 1]) {
    driver.queues[queue]!.add([{ read: frames(random.below(256), random.below(256)) }]);
    driver.notify(queue);
  }
  driver.queues[2]!.add([{ read: random.bytes(20) }]);
  driver.notify(2);
});
describeDevice(virtioBalloonPci, {
  configs: [{ slot: 3 }, { slot: 3, 'stats-polling-interval': 1, 'free-page-reporting': true }], exercise,
  services: ({ trace }) => ({ bus: new FakeBus(trace), balloon: new FakeBalloon(trace) }), allocation: { cold: coldAccess },
});
describeDevice(virtioBalloonMmio, { configs: [{}], services: ({ trace }) => ({ balloon: new FakeBalloon(trace) }), allocation: { cold: coldAccess } });
