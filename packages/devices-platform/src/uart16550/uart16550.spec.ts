import { PolyvisorError, openSection, saveSection } from '@polyvisor/core';
import { fakeDeviceHost, type RecordingSink, type ScriptedSource } from '@polyvisor/testkit';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { Fcr, Ier, Iir, Lcr, Lsr, Mcr, Msr, Offset } from './registers.ts';
import type { Uart16550State } from './state.ts';
import { uart16550 } from './uart16550.ts';

const { DATA, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR } = Offset;

function powerOn(given: z.input<typeof uart16550.config> = {}, saved?: Uart16550State, waiting = '') {
  const config = uart16550.config.parse(given);
  const fake = fakeDeviceHost(uart16550, config);
  const source = fake.services['in'] as ScriptedSource;
  source.feed(waiting);
  const device = uart16550.create(config, fake.host, saved);
  const { regs } = device.regions;
  return {
    device,
    source,
    sink: fake.services['out'] as RecordingSink,
    clock: fake.clock,
    trace: fake.trace,
    intr: fake.levels.get('intr')!,
    read: (offset: number) => regs.read(offset, 1),
    write: (offset: number, value: number) => regs.write(offset, 1, value),
  };
}

/** As a driver leaves it: FIFOs on with a trigger of 8, 8N1 at 115200 baud, interrupts through the gate. */
function started(given: z.input<typeof uart16550.config> = {}) {
  const uart = powerOn(given);
  uart.write(LCR, Lcr.DLAB | Lcr.WLS);
  uart.write(DATA, 1);
  uart.write(IER, 0);
  uart.write(LCR, Lcr.WLS);
  uart.write(IIR_FCR, Fcr.ENABLE | 0x80);
  uart.write(MCR, Mcr.DTR | Mcr.RTS | Mcr.OUT2);
  return uart;
}

const CHARACTER_NS = 86_806;

describe('the registers', () => {
  test('come up as a master reset leaves them', () => {
    const uart = powerOn();
    expect([IER, IIR_FCR, LCR, MCR, LSR, MSR].map(uart.read)).toEqual([0, Iir.NONE, 0, 0, Lsr.THRE | Lsr.TEMT, 0xb0]);
    expect(uart.intr.asserted).toBe(false);
  });

  test('keep the bits that exist, and no others', () => {
    const uart = powerOn();
    for (const offset of [IER, LCR, MCR, SCR]) uart.write(offset, 0x7f);
    expect([IER, LCR, MCR, SCR].map(uart.read)).toEqual([0x0f, 0x7f, 0x1f, 0x7f]);
  });

  test('show the divisor latch under DLAB, and leave data and IER alone', () => {
    const uart = powerOn();
    uart.write(IER, 0x05);
    uart.write(LCR, Lcr.DLAB);
    uart.write(DATA, 0x34);
    uart.write(IER, 0x12);
    expect([uart.read(DATA), uart.read(IER)]).toEqual([0x34, 0x12]);
    uart.write(LCR, 0);
    expect(uart.read(IER)).toBe(0x05);
    expect(uart.sink.bytes).toEqual([]);
  });

  test('ignore writes to LSR and MSR', () => {
    const uart = powerOn();
    uart.write(LSR, 0xff);
    uart.write(MSR, 0xff);
    expect([uart.read(LSR), uart.read(MSR)]).toEqual([0x60, 0xb0]);
  });

  test('say in IIR whether the FIFOs are on', () => {
    const uart = powerOn();
    uart.write(IIR_FCR, Fcr.ENABLE);
    expect(uart.read(IIR_FCR)).toBe(0xc1);
    uart.write(IIR_FCR, 0);
    expect(uart.read(IIR_FCR)).toBe(0x01);
  });
});

describe('sending', () => {
  test('delivers each character at once and stays empty', () => {
    const uart = powerOn();
    uart.write(LCR, Lcr.WLS);
    for (const character of 'hello') uart.write(DATA, character.charCodeAt(0));
    expect(uart.sink.text).toBe('hello');
    expect(uart.read(LSR)).toBe(Lsr.THRE | Lsr.TEMT);
  });

  test('sends only the bits of the word length', () => {
    const uart = powerOn();
    uart.write(LCR, 0x02);
    uart.write(DATA, 0xc1);
    expect(uart.sink.bytes).toEqual([0x41]);
  });

  test('sends as many bits as firmware would have left, also after a reset', () => {
    const uart = powerOn({ wordLength: 8 });
    uart.write(DATA, 0xc1);
    uart.write(LCR, 0);
    uart.device.reset('warm');
    uart.write(DATA, 0xc2);
    expect([uart.sink.bytes, uart.read(LCR)]).toEqual([[0xc1, 0xc2], Lcr.WLS]);
  });

  test('sends nothing during a break', () => {
    const uart = started();
    uart.write(LCR, Lcr.WLS | Lcr.BREAK);
    uart.write(DATA, 0x41);
    uart.write(LCR, Lcr.WLS);
    uart.write(DATA, 0x42);
    expect(uart.sink.text).toBe('B');
  });

  test('takes its time at the baud rate, with the FIFO behind the shift register', () => {
    const uart = started({ timing: 'baud' });
    for (let i = 0; i < 17; i++) uart.write(DATA, 0x41 + i);
    expect(uart.read(LSR)).toBe(0);
    uart.clock.advance(CHARACTER_NS - 1);
    expect(uart.sink.text).toBe('');
    uart.clock.advance(1);
    expect(uart.sink.text).toBe('A');
    uart.clock.advance(15 * CHARACTER_NS);
    expect(uart.read(LSR)).toBe(Lsr.THRE);
    uart.clock.advance(CHARACTER_NS);
    expect(uart.sink.text).toBe('ABCDEFGHIJKLMNOPQ');
    expect(uart.read(LSR)).toBe(Lsr.THRE | Lsr.TEMT);
  });

  test('lets the shift register finish when the FIFO is reset', () => {
    const uart = started({ timing: 'baud' });
    for (const byte of [0x41, 0x42, 0x43]) uart.write(DATA, byte);
    uart.write(IIR_FCR, Fcr.ENABLE | Fcr.XMIT_RESET);
    expect(uart.read(LSR)).toBe(Lsr.THRE);
    uart.clock.advance(3 * CHARACTER_NS);
    expect(uart.sink.text).toBe('A');
  });
});

describe('receiving', () => {
  test('takes no more than there is room for, and loses nothing', () => {
    const uart = started();
    const text = 'the quick brown fox jumps over the lazy dog';
    uart.source.feed(text);
    expect(uart.source.available).toBe(text.length - 16);
    let read = '';
    while ((uart.read(LSR) & Lsr.DR) !== 0) read += String.fromCharCode(uart.read(DATA));
    expect(read).toBe(text);
    expect(uart.read(LSR) & Lsr.OE).toBe(0);
  });

  test('holds one character in the 16450 mode', () => {
    const uart = powerOn();
    uart.write(LCR, Lcr.WLS);
    uart.source.feed('ab');
    expect(uart.source.available).toBe(1);
    expect([uart.read(DATA), uart.read(DATA)]).toEqual([0x61, 0x62]);
    expect(uart.read(LSR) & Lsr.DR).toBe(0);
  });

  test('empties the FIFO when it is reset or switched', () => {
    const uart = started();
    uart.source.feed('abc');
    uart.write(IIR_FCR, Fcr.ENABLE | Fcr.RCVR_RESET);
    expect(uart.read(LSR) & Lsr.DR).toBe(0);
    uart.source.feed('abc');
    uart.write(IIR_FCR, 0);
    expect(uart.read(LSR) & Lsr.DR).toBe(0);
  });

  test('does not program FCR without its bit 0', () => {
    const uart = started();
    uart.source.feed('abc');
    uart.write(IIR_FCR, Fcr.ENABLE | 0x80);
    expect(uart.read(LSR) & Lsr.DR).toBe(Lsr.DR);
    uart.write(IIR_FCR, Fcr.RCVR_RESET | 0xc0);
    uart.write(IIR_FCR, Fcr.ENABLE);
    uart.write(IER, Ier.ERBFI);
    uart.source.feed('x');
    expect(uart.intr.asserted).toBe(true);
  });

  test('gives each character its time at the baud rate', () => {
    const uart = started({ timing: 'baud' });
    uart.source.feed('ab');
    uart.clock.advance(CHARACTER_NS - 1);
    expect(uart.read(LSR) & Lsr.DR).toBe(0);
    uart.clock.advance(1);
    expect(uart.read(DATA)).toBe(0x61);
    expect(uart.read(LSR) & Lsr.DR).toBe(0);
    uart.clock.advance(CHARACTER_NS);
    expect(uart.read(DATA)).toBe(0x62);
  });

  test('waits at the baud rate until the driver has made room', () => {
    const uart = started({ timing: 'baud' });
    uart.source.feed(Array.from({ length: 20 }, (_, i) => i));
    uart.clock.advance(100 * CHARACTER_NS);
    expect(uart.source.available).toBe(4);
    for (let i = 0; i < 20; i++) {
      expect(uart.read(DATA)).toBe(i);
      uart.clock.advance(CHARACTER_NS);
    }
    expect(uart.read(LSR) & Lsr.OE).toBe(0);
  });

  test('looks at what waited before it was made, once the machine runs', () => {
    const uart = powerOn({}, undefined, 'x');
    expect(uart.read(LSR) & Lsr.DR).toBe(0);
    uart.clock.advance(0);
    expect(uart.read(LSR) & Lsr.DR).toBe(Lsr.DR);
  });

  test('takes nothing while the machine is paused', () => {
    const uart = started();
    uart.device.pause!();
    uart.source.feed('x');
    expect(uart.source.available).toBe(1);
    uart.device.resume!();
    expect(uart.source.available).toBe(0);
  });
});

describe('interrupts', () => {
  test('reach the line only through OUT2, unless the board wires INTR straight', () => {
    const gated = powerOn();
    const straight = powerOn({ out2GatesInterrupt: false });
    for (const uart of [gated, straight]) uart.write(IER, Ier.ETBEI);
    expect([gated.intr.asserted, straight.intr.asserted]).toEqual([false, true]);
    expect(gated.read(IIR_FCR)).toBe(Iir.THR_EMPTY);
    gated.write(IER, 0);
    gated.write(IER, Ier.ETBEI);
    gated.write(MCR, Mcr.OUT2);
    expect(gated.intr.asserted).toBe(true);
  });

  test('show THR empty when ETBEI is set, until IIR is read, and again when ETBEI is set anew', () => {
    const uart = started();
    uart.write(IER, Ier.ETBEI);
    expect(uart.intr.asserted).toBe(true);
    expect(uart.read(IIR_FCR) & 0x0f).toBe(Iir.THR_EMPTY);
    expect(uart.intr.asserted).toBe(false);
    expect(uart.read(IIR_FCR) & 0x0f).toBe(Iir.NONE);
    uart.write(IER, Ier.ETBEI);
    expect(uart.intr.asserted).toBe(false);
    uart.write(IER, 0);
    uart.write(IER, Ier.ETBEI);
    expect(uart.intr.asserted).toBe(true);
  });

  test('fall and rise again when a character is written and leaves at once', () => {
    const uart = started();
    uart.write(IER, Ier.ETBEI);
    const before = uart.trace.entries.length;
    uart.write(DATA, 0x41);
    expect(uart.trace.entries.slice(before)).toEqual(['level intr deasserted', 'sink out 0x41', 'level intr asserted']);
  });

  test('do not lose THR empty to a read of IIR that shows something higher', () => {
    const uart = started();
    uart.write(IER, Ier.ETBEI | Ier.ERBFI);
    uart.source.feed('12345678');
    expect(uart.read(IIR_FCR) & 0x0f).toBe(Iir.RECEIVED_DATA);
    for (let i = 0; i < 8; i++) uart.read(DATA);
    expect(uart.read(IIR_FCR) & 0x0f).toBe(Iir.THR_EMPTY);
  });

  test.each([
    [0x00, 1],
    [0x40, 4],
    [0x80, 8],
    [0xc0, 14],
  ])('announce received data with FCR 0x%s from %i characters on', (trigger, count) => {
    const uart = started();
    uart.write(IIR_FCR, Fcr.ENABLE | trigger);
    uart.write(IER, Ier.ERBFI);
    for (let i = 1; i < count; i++) uart.source.feed([i]);
    expect(uart.intr.asserted).toBe(false);
    uart.source.feed([count]);
    expect(uart.read(IIR_FCR) & 0x0f).toBe(Iir.RECEIVED_DATA);
    uart.read(DATA);
    expect(uart.intr.asserted).toBe(false);
  });

  test('announce characters below the trigger four character times after the last of them', () => {
    const uart = started();
    uart.write(IER, Ier.ERBFI);
    uart.source.feed('a');
    uart.clock.advance(4 * CHARACTER_NS - 1);
    uart.source.feed('b');
    uart.clock.advance(4 * CHARACTER_NS - 1);
    expect(uart.intr.asserted).toBe(false);
    uart.clock.advance(1);
    expect(uart.read(IIR_FCR)).toBe(0xcc);
    uart.read(DATA);
    expect(uart.intr.asserted).toBe(false);
    uart.clock.advance(4 * CHARACTER_NS);
    expect(uart.intr.asserted).toBe(true);
    uart.read(DATA);
    uart.clock.advance(10 * CHARACTER_NS);
    expect(uart.intr.asserted).toBe(false);
  });

  test('come in the order line status, received data, THR empty, modem status', () => {
    const uart = started();
    uart.write(IIR_FCR, 0);
    uart.write(MCR, Mcr.LOOP | Mcr.OUT2);
    uart.write(DATA, 1);
    uart.write(DATA, 2);
    uart.write(IER, 0x0f);
    const next = () => uart.read(IIR_FCR) & 0x0f;
    expect(next()).toBe(Iir.LINE_STATUS);
    uart.read(LSR);
    expect(next()).toBe(Iir.RECEIVED_DATA);
    uart.read(DATA);
    expect(next()).toBe(Iir.THR_EMPTY);
    expect(next()).toBe(Iir.MODEM_STATUS);
    uart.read(MSR);
    expect(next()).toBe(Iir.NONE);
    expect(uart.intr.asserted).toBe(false);
  });
});

describe('loopback', () => {
  test('turns the transmitter to the receiver, and away from the line', () => {
    const uart = started();
    uart.write(MCR, Mcr.LOOP);
    uart.source.feed('host');
    uart.write(DATA, 0x5a);
    expect(uart.read(DATA)).toBe(0x5a);
    expect(uart.sink.bytes).toEqual([]);
    expect(uart.source.available).toBe(4);
    uart.write(MCR, 0);
    expect(uart.source.available).toBe(0);
  });

  test('overruns: the full FIFO keeps its characters, the single buffer takes the newest', () => {
    const uart = started();
    uart.write(MCR, Mcr.LOOP);
    for (let i = 0; i < 17; i++) uart.write(DATA, i);
    expect(uart.read(LSR) & (Lsr.OE | Lsr.DR)).toBe(Lsr.OE | Lsr.DR);
    expect(uart.read(LSR) & Lsr.OE).toBe(0);
    expect(Array.from({ length: 16 }, () => uart.read(DATA))).toEqual(Array.from({ length: 16 }, (_, i) => i));
    uart.write(IIR_FCR, 0);
    uart.write(DATA, 1);
    uart.write(DATA, 2);
    expect(uart.read(LSR) & Lsr.OE).toBe(Lsr.OE);
    expect(uart.read(DATA)).toBe(2);
  });

  test.each([
    [Mcr.DTR, Msr.DSR],
    [Mcr.RTS, Msr.CTS],
    [Mcr.OUT1, Msr.RI],
    [Mcr.OUT2, Msr.DCD],
  ])('connects the MCR output 0x%s to the MSR input %s', (output, input) => {
    const uart = powerOn();
    uart.write(MCR, Mcr.LOOP);
    uart.read(MSR);
    uart.write(MCR, Mcr.LOOP | output);
    expect(uart.read(MSR) & Msr.INPUTS).toBe(input);
    uart.write(MCR, 0);
    expect(uart.read(MSR) & Msr.INPUTS).toBe(0xb0);
  });

  test('notes a change once, and the end of ringing only', () => {
    const uart = powerOn();
    uart.write(MCR, Mcr.LOOP);
    expect(uart.read(MSR)).toBe(Msr.DCTS | Msr.DDSR | Msr.DDCD);
    uart.write(MCR, Mcr.LOOP | Mcr.OUT1);
    expect(uart.read(MSR)).toBe(Msr.RI);
    uart.write(MCR, Mcr.LOOP);
    expect(uart.read(MSR)).toBe(Msr.TERI);
    expect(uart.read(MSR)).toBe(0);
  });

  test('keeps its interrupts while OUT2 is set', () => {
    const uart = started();
    uart.write(MCR, Mcr.LOOP | Mcr.OUT2);
    uart.read(MSR);
    uart.write(IER, Ier.EDSSI);
    uart.write(MCR, Mcr.LOOP | Mcr.OUT2 | Mcr.DTR);
    expect(uart.intr.asserted).toBe(true);
    uart.read(MSR);
    expect(uart.intr.asserted).toBe(false);
  });
});

describe('saving', () => {
  test('keeps characters under way, timers and the line', () => {
    const uart = started({ timing: 'baud' });
    uart.write(IER, Ier.ERBFI | Ier.ETBEI);
    uart.source.feed('a');
    uart.clock.advance(CHARACTER_NS);
    for (const byte of [0x41, 0x42]) uart.write(DATA, byte);
    uart.clock.advance(CHARACTER_NS);
    expect(uart.intr.asserted).toBe(true);
    const section = saveSection('com1', uart16550.kind, uart16550.state, () => uart.device.save());

    const copy = powerOn({ timing: 'baud' }, openSection('com1', uart16550.state, section));
    expect(copy.intr.asserted).toBe(true);
    expect(copy.device.save()).toEqual(uart.device.save());
    copy.clock.advance(10 * CHARACTER_NS);
    expect(copy.sink.text).toBe('B');
    copy.read(DATA);
    expect(copy.read(IIR_FCR) & 0x0f).toBe(Iir.THR_EMPTY);
  });

  test('refuses a state that no chip can have', () => {
    const state = { ...powerOn().device.save(), ier: 0xff };
    const section = { id: 'com1', kind: uart16550.kind, version: 1, state };
    expect(() => openSection('com1', uart16550.state, section)).toThrow(PolyvisorError);
  });

  test('resets to what a fresh chip is', () => {
    const uart = started({ timing: 'baud' });
    uart.write(IER, 0x0f);
    uart.write(SCR, 0x55);
    uart.write(MCR, Mcr.OUT2 | Mcr.LOOP);
    uart.write(DATA, 1);
    uart.device.reset('warm');
    expect(uart.device.save()).toEqual(powerOn().device.save());
    expect(uart.intr.asserted).toBe(false);
    expect(uart.clock.nextDeadline()).toBe(Infinity);
  });

  test('lets go of its source when it is destroyed', () => {
    const uart = powerOn();
    uart.device.destroy!();
    expect(uart.source.onAvailable).toBeUndefined();
  });
});
