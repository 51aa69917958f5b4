import { FakeClock, RecordingSink, ScriptedSource, fakeDeviceHost } from '@polyvisor/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { uart16550 } from './uart16550.ts';

/**
 * The chip a second time, written from the data sheet without a look at the device: lists instead of rings, numbers
 * instead of names, every signal worked out anew when it is asked for.
 */
class DataSheetUart {
  ier = 0;
  fcr = 0;
  lcr = 0;
  mcr = 0;
  scr = 0;
  divisor = 12;
  delta = 0;
  lines = 0xb0;
  rx: number[] = [];
  lastRead = 0;
  overrun = false;
  timeout = false;
  tx: number[] = [];
  shifting: number | null = null;
  thri = false;
  now = 0;
  readonly at = { arrival: Infinity, departure: Infinity, timeout: Infinity };
  readonly sent: number[] = [];
  waiting: number[] = [];
  readonly timed: boolean;
  readonly gated: boolean;

  constructor(timed: boolean, gated: boolean) {
    this.timed = timed;
    this.gated = gated;
  }

  get fifo() { return this.fcr % 2 === 1; }
  get depth() { return this.fifo ? 16 : 1; }
  get trigger() { return this.fifo ? [1, 4, 8, 14][this.fcr >> 6]! : 1; }
  get loop() { return this.mcr >= 16; }
  get dlab() { return this.lcr >= 128; }
  get mask() { return 2 ** (5 + (this.lcr % 4)) - 1; }

  get characterTime() {
    const data = 5 + (this.lcr % 4);
    const stop = (this.lcr & 4) === 0 ? 1 : data === 5 ? 1.5 : 2;
    const bits = 1 + data + ((this.lcr & 8) === 0 ? 0 : 1) + stop;
    return Math.round((bits * Math.max(1, this.divisor) * 1e9) / 115200);
  }

  get source() {
    if ((this.ier & 4) !== 0 && this.overrun) return 6;
    if ((this.ier & 1) !== 0 && this.timeout) return 12;
    if ((this.ier & 1) !== 0 && this.rx.length >= this.trigger) return 4;
    if ((this.ier & 2) !== 0 && this.thri) return 2;
    if ((this.ier & 8) !== 0 && this.delta !== 0) return 0;
    return 1;
  }

  get intr() { return this.source !== 1 && (!this.gated || (this.mcr & 8) !== 0); }

  read(offset: number): number {
    let value;
    switch (offset) {
      case 0:
        if (this.dlab) return this.divisor % 256;
        if (this.rx.length > 0) this.lastRead = this.rx.shift()!;
        value = this.lastRead;
        this.timeout = false;
        this.activity();
        this.arrivals();
        return value;
      case 1:
        return this.dlab ? this.divisor >> 8 : this.ier;
      case 2:
        value = this.source;
        if (value === 2) this.thri = false;
        return value + (this.fifo ? 0xc0 : 0);
      case 3:
        return this.lcr;
      case 4:
        return this.mcr;
      case 5:
        value = this.rx.length > 0 ? 1 : 0;
        if (this.overrun) value += 2;
        if (this.tx.length === 0) value += this.shifting === null ? 0x60 : 0x20;
        this.overrun = false;
        return value;
      case 6:
        value = this.lines + this.delta;
        this.delta = 0;
        return value;
      default:
        return this.scr;
    }
  }

  write(offset: number, value: number): void {
    switch (offset) {
      case 0:
        if (this.dlab) this.divisor = (this.divisor & 0xff00) + value;
        else {
          this.thri = false;
          if (this.tx.length < this.depth) this.tx.push(value);
          else if (!this.fifo) this.tx = [value];
          this.departures();
        }
        return;
      case 1:
        if (this.dlab) this.divisor = (this.divisor & 0xff) + value * 256;
        else {
          if ((value & 2) !== 0 && (this.ier & 2) === 0) this.thri = this.tx.length === 0;
          this.ier = value & 15;
        }
        return;
      case 2: {
        const on = value % 2 === 1;
        const switched = on !== this.fifo;
        this.fcr = on ? value & 0xc9 : 0;
        if (switched || (on && (value & 2) !== 0)) {
          this.rx = [];
          this.lastRead = 0;
          this.timeout = false;
          this.at.timeout = Infinity;
        }
        if ((switched || (on && (value & 4) !== 0)) && this.tx.length > 0) {
          this.tx = [];
          this.thri = true;
        }
        this.arrivals();
        return;
      }
      case 3:
        this.lcr = value;
        return;
      case 4: {
        this.mcr = value & 31;
        const bit = (mask: number, place: number) => ((this.mcr & mask) === 0 ? 0 : place);
        const lines = this.loop ? bit(1, 0x20) + bit(2, 0x10) + bit(4, 0x40) + bit(8, 0x80) : 0xb0;
        for (const place of [0x10, 0x20, 0x80]) if (((lines ^ this.lines) & place) !== 0) this.delta |= place >> 4;
        if ((this.lines & 0x40) !== 0 && (lines & 0x40) === 0) this.delta |= 4;
        this.lines = lines;
        this.arrivals();
        return;
      }
      case 7:
        this.scr = value;
    }
  }

  feed(bytes: readonly number[]): void {
    const listening = this.waiting.length === 0;
    this.waiting.push(...bytes);
    if (listening) this.arrivals();
  }

  advance(ns: number): void {
    const end = this.now + ns;
    for (;;) {
      const next = Math.min(this.at.arrival, this.at.departure, this.at.timeout);
      if (next > end) break;
      this.now = next;
      const due = { ...this.at };
      if (due.arrival === next) this.arrive();
      if (due.departure === next) {
        this.at.departure = Infinity;
        this.leave();
        this.departures();
      }
      // It may have been put off or taken back by what happened in the same nanosecond.
      if (due.timeout === next && this.at.timeout === next) {
        this.at.timeout = Infinity;
        this.timeout = true;
      }
    }
    this.now = end;
  }

  private arrive(): void {
    this.at.arrival = Infinity;
    if (this.loop || this.rx.length >= this.depth) return;
    if (this.waiting.length > 0) this.receive(this.waiting.shift()!);
    this.arrivals();
  }

  private arrivals(): void {
    while (!this.loop && this.rx.length < this.depth && this.waiting.length > 0 && this.at.arrival === Infinity) {
      if (this.timed) this.at.arrival = this.now + this.characterTime;
      else this.receive(this.waiting.shift()!);
    }
  }

  private receive(byte: number): void {
    if (this.rx.length >= this.depth) {
      this.overrun = true;
      if (!this.fifo) this.rx = [byte & this.mask];
    } else this.rx.push(byte & this.mask);
    if (!this.timeout) this.activity();
  }

  private activity(): void {
    if (!this.fifo) return;
    this.at.timeout = this.rx.length === 0 ? Infinity : this.now + 4 * this.characterTime;
  }

  private departures(): void {
    while (this.shifting === null && this.tx.length > 0) {
      this.shifting = this.tx.shift()!;
      if (this.tx.length === 0) this.thri = true;
      if (this.timed) this.at.departure = this.now + this.characterTime;
      else this.leave();
    }
  }

  private leave(): void {
    const byte = this.shifting! & this.mask;
    this.shifting = null;
    if (this.loop) this.receive(byte);
    else if ((this.lcr & 0x40) === 0) this.sent.push(byte);
  }
}

type Operation =
  | { kind: 'read'; offset: number }
  | { kind: 'write'; offset: number; value: number }
  | { kind: 'feed'; bytes: number[] }
  | { kind: 'advance'; ns: number }
  | { kind: 'restore' };

const byte = fc.nat(0xff);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('read' as const), offset: fc.nat(7) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('write' as const), offset: fc.nat(7), value: byte }) },
  // What random bytes seldom hit: sending in a row, DLAB off, FIFOs on, loopback on and off, all interrupts.
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), offset: fc.constant(0), value: byte }) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom<[number, number]>([1, 0x0f], [1, 0x02], [1, 0], [2, 0x81], [2, 0], [2, 0x03], [2, 0x05], [3, 0x03], [4, 0x1b], [4, 0x0b])
      .map(([offset, value]) => ({ kind: 'write' as const, offset, value })),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('feed' as const), bytes: fc.array(byte, { maxLength: 20 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), ns: fc.oneof(fc.nat(200_000), fc.nat(20_000_000)) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restore' as const }) },
);

function powerOn(timed: boolean, gated: boolean) {
  const config = uart16550.config.parse({ timing: timed ? 'baud' : 'none', out2GatesInterrupt: gated });
  const services = { out: new RecordingSink(), in: new ScriptedSource() };
  const make = (now: number, saved?: ReturnType<ReturnType<typeof uart16550.create>['save']>) => {
    const fake = fakeDeviceHost(uart16550, config, { services, clock: new FakeClock(now) });
    return { fake, device: uart16550.create(config, fake.host, saved) };
  };
  return { ...services, make };
}

describe.each([
  { timed: false, gated: true },
  { timed: true, gated: false },
])('the UART beside a model from the data sheet ($timed, $gated)', ({ timed, gated }) => {
  test('reads, sends and interrupts the same after any operations, restored or not', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120, size: 'max' }), (operations) => {
        const model = new DataSheetUart(timed, gated);
        const { out, in: source, make } = powerOn(timed, gated);
        let { fake, device } = make(0);
        for (const op of operations) {
          switch (op.kind) {
            case 'read':
              expect(device.regions.regs.read(op.offset, 1), `offset ${op.offset}`).toBe(model.read(op.offset));
              break;
            case 'write':
              device.regions.regs.write(op.offset, 1, op.value);
              model.write(op.offset, op.value);
              break;
            case 'feed':
              source.feed(op.bytes);
              model.feed(op.bytes);
              break;
            case 'advance':
              fake.clock.advance(op.ns);
              model.advance(op.ns);
              break;
            case 'restore':
              ({ fake, device } = make(fake.clock.now(), uart16550State(device.save())));
          }
          expect(fake.levels.get('intr')!.asserted, `INTR after ${JSON.stringify(op)}`).toBe(model.intr);
          expect(source.available).toBe(model.waiting.length);
          expect(out.bytes).toEqual(model.sent);
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** As it comes out of a snapshot: checked against the schema. */
function uart16550State(state: unknown) {
  const { state: spec } = uart16550;
  if (spec.kind !== 'versioned') throw new Error('the UART has state');
  return spec.schema.parse(state);
}
