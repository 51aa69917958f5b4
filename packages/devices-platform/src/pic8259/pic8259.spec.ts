import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PicPair } from './pic-pair.ts';

/** A pair as a PC's firmware sets it up: vectors 20H and 28H, everything open. */
function started(icw4 = { master: 1, slave: 1 }) {
  const changes: boolean[] = [];
  const pair = new PicPair((int) => changes.push(int));
  const master = (a0: number, value: number) => pair.masterPorts.write(a0, 1, value);
  const slave = (a0: number, value: number) => pair.slavePorts.write(a0, 1, value);
  const setUp = (write: typeof master, vector: number, icw3: number, last: number) => {
    write(0, 0x11);
    for (const value of [vector, icw3, last, 0]) write(1, value);
  };
  setUp(master, 0x20, 4, icw4.master);
  setUp(slave, 0x28, 2, icw4.slave);
  return {
    pair, changes, master, slave,
    raise: (irq: number) => pair.setLine(irq, true, true),
    lower: (irq: number) => pair.setLine(irq, false, true),
    readMaster: (a0: number) => pair.masterPorts.read(a0, 1),
    readSlave: (a0: number) => pair.slavePorts.read(a0, 1),
  };
}

const EOI = 0x20;

describe('the 8259A pair', () => {
  test('asks for nothing before it is initialized', () => {
    const pair = new PicPair(() => undefined);
    pair.pulse(3);
    expect([pair.int, pair.masterPorts.read(1, 1)]).toEqual([false, 0xff]);
  });

  test('gives the vector of the highest request, and the next one after its end', () => {
    const pic = started();
    pic.raise(5);
    pic.raise(1);
    expect([pic.pair.int, pic.pair.acknowledge()]).toEqual([true, 0x21]);
    expect(pic.pair.int).toBe(false);
    pic.master(0, EOI);
    expect([pic.pair.int, pic.pair.acknowledge()]).toEqual([true, 0x25]);
  });

  test('lets a higher priority interrupt a lower one, and not the other way round', () => {
    const pic = started();
    pic.raise(4);
    pic.pair.acknowledge();
    pic.raise(6);
    expect(pic.pair.int).toBe(false);
    pic.raise(3);
    expect(pic.pair.acknowledge()).toBe(0x23);
    pic.master(0, 0x0b);
    expect(pic.readMaster(0)).toBe(0x18);
    pic.master(0, 0x0a);
    expect(pic.readMaster(0)).toBe(0x40);
  });

  test('takes an edge once, and takes it back when the input falls before the acknowledgement', () => {
    const pic = started();
    pic.raise(3);
    pic.lower(3);
    expect(pic.changes).toEqual([true, false]);
    expect(pic.pair.acknowledge()).toBe(0x27);
    pic.master(0, 0x0b);
    expect(pic.readMaster(0)).toBe(0);
    pic.raise(3);
    expect(pic.pair.acknowledge()).toBe(0x23);
    pic.master(0, EOI);
    expect(pic.pair.int).toBe(false);
  });

  test('repeats a level until it is gone, for the inputs that ELCR names', () => {
    const pic = started();
    pic.pair.elcrPorts.write(0, 1, 0xff);
    pic.pair.elcrPorts.write(1, 1, 0xff);
    expect([pic.pair.elcrPorts.read(0, 1), pic.pair.elcrPorts.read(1, 1)]).toEqual([0xf8, 0xde]);
    pic.raise(10);
    for (let i = 0; i < 2; i++) {
      expect(pic.pair.acknowledge()).toBe(0x2a);
      pic.slave(0, EOI);
      pic.master(0, EOI);
    }
    pic.lower(10);
    expect(pic.pair.int).toBe(false);
  });

  test('cascades: the second chip is served in the place of input 2', () => {
    const pic = started();
    pic.raise(8);
    pic.raise(3);
    expect([pic.pair.acknowledge(), pic.pair.int]).toEqual([0x28, false]);
    pic.slave(0, EOI);
    pic.master(0, EOI);
    expect(pic.pair.acknowledge()).toBe(0x23);
  });

  test('keeps the second chip out while it is in service, unless the first is in the special fully nested mode', () => {
    const plain = started();
    plain.raise(12);
    plain.pair.acknowledge();
    plain.raise(8);
    expect(plain.pair.int).toBe(false);
    const special = started({ master: 0x11, slave: 1 });
    special.raise(12);
    special.pair.acknowledge();
    special.raise(3);
    expect(special.pair.int).toBe(false);
    special.raise(8);
    expect(special.pair.acknowledge()).toBe(0x28);
  });

  test('masks', () => {
    const pic = started();
    pic.master(1, 0xef);
    pic.raise(3);
    pic.raise(4);
    expect([pic.pair.acknowledge(), pic.readMaster(1)]).toEqual([0x24, 0xef]);
  });

  test('ends by itself with AEOI, and rotates when it is told to', () => {
    const pic = started({ master: 3, slave: 1 });
    pic.master(0, 0x80);
    pic.raise(3);
    expect(pic.pair.acknowledge()).toBe(0x23);
    pic.raise(1);
    pic.raise(5);
    expect(pic.pair.acknowledge()).toBe(0x25);
    expect(pic.pair.acknowledge()).toBe(0x21);
  });

  test.each([
    ['rotates on a non-specific EOI', 0xa0, 0x25],
    ['rotates on a specific EOI', 0xe3, 0x25],
    ['leaves priorities alone on a plain one', 0x20, 0x21],
    ['leaves priorities alone on a specific one', 0x63, 0x21],
  ])('%s', (_name, command, next) => {
    const pic = started();
    pic.raise(3);
    pic.pair.acknowledge();
    pic.master(0, command);
    pic.raise(1);
    pic.raise(5);
    expect(pic.pair.acknowledge()).toBe(next);
  });

  test('sets the lowest priority', () => {
    const pic = started();
    pic.master(0, 0xc0 | 4);
    pic.raise(1);
    pic.raise(5);
    expect(pic.pair.acknowledge()).toBe(0x25);
  });

  test('lets lower priorities through in the special mask mode, and ends only what is not masked', () => {
    const pic = started();
    pic.raise(3);
    pic.pair.acknowledge();
    pic.master(1, 0x08);
    pic.raise(6);
    expect(pic.pair.int).toBe(false);
    pic.master(0, 0x68);
    expect(pic.pair.acknowledge()).toBe(0x26);
    pic.master(0, EOI);
    pic.master(0, 0x0b);
    expect(pic.readMaster(0)).toBe(0x08);
  });

  test('is polled: the next read acknowledges', () => {
    const pic = started();
    pic.master(0, 0x0c);
    expect(pic.readMaster(0)).toBe(0);
    pic.raise(9);
    pic.master(0, 0x0c);
    expect(pic.readMaster(0)).toBe(0x82);
    pic.slave(0, 0x0c);
    expect([pic.readSlave(1), pic.readSlave(1), pic.pair.int]).toEqual([0x81, 0, false]);
  });

  test('keeps a pulse until it is acknowledged', () => {
    const pic = started();
    pic.pair.pulse(0);
    expect([pic.pair.acknowledge(), pic.pair.int]).toEqual([0x20, false]);
  });
});

/** Priorities of one chip a second time, by sorting instead of looking. */
test('serves what the data sheet says after any commands', () => {
  const command = fc.oneof(
    fc.record({ kind: fc.constant('raise' as const), value: fc.nat(7) }),
    fc.record({ kind: fc.constant('lower' as const), value: fc.nat(7) }),
    fc.record({ kind: fc.constant('mask' as const), value: fc.nat(0xff) }),
    fc.record({ kind: fc.constant('ocw2' as const), value: fc.nat(7).chain((op) => fc.nat(7).map((n) => (op << 5) | n)) }),
    fc.record({ kind: fc.constant('acknowledge' as const), value: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60, size: 'max' }), (commands) => {
      const pic = started();
      // The second chip is not there: input 2 of the first has nothing on it.
      let serving: number[] = [];
      let waiting: number[] = [];
      const high = new Set<number>();
      let mask = 0;
      let lowest = 7;
      const rank = (input: number) => (input - lowest - 1 + 8) % 8;
      const candidate = () => {
        const [first] = waiting.filter((i) => (mask & (1 << i)) === 0).sort((a, b) => rank(a) - rank(b));
        return first === undefined || serving.some((s) => rank(s) <= rank(first)) ? undefined : first;
      };
      for (const { kind, value } of commands) {
        if (kind === 'raise' && value !== 2) {
          pic.raise(value);
          if (!high.has(value) && !waiting.includes(value)) waiting.push(value);
          high.add(value);
        } else if (kind === 'lower' && value !== 2) {
          pic.lower(value);
          high.delete(value);
          waiting = waiting.filter((i) => i !== value);
        } else if (kind === 'mask') {
          pic.master(1, value);
          mask = value;
        } else if (kind === 'ocw2') {
          pic.master(0, value);
          const input = value & 7;
          const first = [...serving].sort((a, b) => rank(a) - rank(b))[0];
          const ended = { 1: first, 5: first, 3: input, 7: input }[value >> 5];
          if (ended !== undefined) serving = serving.filter((s) => s !== ended);
          if (value >> 5 === 5 && first !== undefined) lowest = first;
          if (value >> 5 === 6 || value >> 5 === 7) lowest = input;
        } else if (kind === 'acknowledge') {
          const next = candidate();
          expect(pic.pair.acknowledge()).toBe(0x20 + (next ?? 7));
          if (next !== undefined) {
            serving.push(next);
            waiting = waiting.filter((i) => i !== next);
          }
        }
        expect(pic.pair.int).toBe(candidate() !== undefined);
      }
    }),
    { numRuns: 300 },
  );
});
