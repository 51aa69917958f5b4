import { FakeClock, RecordingLevelLine, RecordingSink, ScriptedSource } from '@polyvisor/testkit';
import { describe, expect, test } from 'vitest';
import { Uart16550Chip } from './chip.ts';
import { Fcr, Ier, Iir, Lcr, Lsr, Msr, Offset } from './registers.ts';

function chip(fifos: boolean) {
  const clock = new FakeClock();
  const intr = new RecordingLevelLine('intr');
  const wiring = {
    clock, intr, out: new RecordingSink(), in: new ScriptedSource(), out2GatesInterrupt: false, timed: false, wordLength: 5,
    timer: (fire: () => void) => clock.timer(fire),
  };
  const uart = new Uart16550Chip(wiring, undefined);
  uart.write(Offset.LCR, 1, Lcr.WLS);
  if (fifos) uart.write(Offset.IIR_FCR, 1, Fcr.ENABLE);
  return { uart, intr };
}

describe('errors from the line', () => {
  test('interrupt, and go when LSR is read', () => {
    const { uart, intr } = chip(false);
    uart.write(Offset.IER, 1, Ier.ELSI);
    uart.receive(0, Lsr.BI);
    expect(intr.asserted).toBe(true);
    expect(uart.read(Offset.IIR_FCR)).toBe(Iir.LINE_STATUS);
    expect(uart.read(Offset.LSR)).toBe(Lsr.THRE | Lsr.TEMT | Lsr.DR | Lsr.BI);
    expect(intr.asserted).toBe(false);
    expect(uart.read(Offset.LSR)).toBe(Lsr.THRE | Lsr.TEMT | Lsr.DR);
  });

  test('show in the FIFO mode when their character comes to the top', () => {
    const { uart } = chip(true);
    uart.receive(0x41, 0);
    uart.receive(0x42, Lsr.PE);
    uart.receive(0x43, Lsr.FE);
    const errors = () => uart.read(Offset.LSR) & (Lsr.CHARACTER_ERRORS | Lsr.FIFO_ERROR);
    expect(errors()).toBe(Lsr.FIFO_ERROR);
    uart.read(Offset.DATA);
    expect(errors()).toBe(Lsr.FIFO_ERROR | Lsr.PE);
    expect(errors()).toBe(Lsr.FIFO_ERROR);
    uart.read(Offset.DATA);
    expect(errors()).toBe(Lsr.FIFO_ERROR | Lsr.FE);
    expect(errors()).toBe(0);
  });

  test('go with their characters when the FIFO is reset, but for the overrun', () => {
    const { uart } = chip(true);
    uart.receive(0x41, Lsr.FE);
    for (let i = 0; i < 16; i++) uart.receive(i, 0);
    uart.write(Offset.IIR_FCR, 1, Fcr.ENABLE | Fcr.RCVR_RESET);
    expect(uart.read(Offset.LSR)).toBe(Lsr.THRE | Lsr.TEMT | Lsr.OE);
  });
});

describe('the modem lines', () => {
  test('come from outside, and survive a reset', () => {
    const { uart, intr } = chip(false);
    uart.write(Offset.IER, 1, Ier.EDSSI);
    uart.setModemInputs(Msr.DSR | Msr.RI);
    expect(intr.asserted).toBe(true);
    expect(uart.read(Offset.MSR)).toBe(Msr.DSR | Msr.RI | Msr.DCTS | Msr.DDCD);
    uart.reset();
    expect(uart.read(Offset.MSR)).toBe(Msr.DSR | Msr.RI);
  });
});
