import type { Assembler } from '../assembler/assembler.ts';
import { Register } from '../assembler/operands.ts';

const { EAX, EDX, ESI } = Register;

/** A 16550 at COM1. */
const COM1 = 0x3f8;
const IER = COM1 + 1, LCR = COM1 + 3, MCR = COM1 + 4, LSR = COM1 + 5;
const DATA_READY = 1, TRANSMITTER_EMPTY = 0x20;
const NEWLINE = 10, RETURN = 13;

/**
 * `print` shows the text at ESI, `putc` AL, `getc` waits for a byte and leaves it in EAX; all keep every other register. The FIFO stays as
 * it is, because switching it on would drop what was typed before.
 */
export function serial(a: Assembler): void {
  a.label('serial.begin');
  // 115200 baud, 8 bits without parity; DTR, RTS and OUT2, which lets the interrupt out; an interrupt for received bytes.
  for (const [port, value] of [[LCR, 0x80], [COM1, 1], [IER, 0], [LCR, 3], [MCR, 0x0b], [IER, 1]] as const) a.output(port, value);
  a.return();

  a.label('print');
  a.push(EAX, ESI);
  a.label('print.next');
  a.loadByte(EAX, { base: ESI });
  a.do('cmp', EAX, { number: 0 });
  a.jumpIf('equal', 'print.end');
  a.call('putc');
  a.increment(ESI);
  a.jump('print.next');
  a.label('print.end');
  a.pop(EAX, ESI);
  a.return();

  a.label('putc');
  a.push(EAX, EDX);
  a.do('cmp', EAX, { number: NEWLINE });
  a.jumpIf('notEqual', 'putc.plain');
  a.set(EAX, RETURN);
  a.call('putc');
  a.set(EAX, NEWLINE);
  a.label('putc.plain');
  a.push(EAX);
  a.label('putc.wait');
  a.input(LSR);
  a.testByte(TRANSMITTER_EMPTY);
  a.jumpIf('equal', 'putc.wait');
  a.pop(EAX);
  a.output(COM1);
  a.pop(EAX, EDX);
  a.return();

  a.label('getc');
  a.push(EDX);
  a.label('getc.look');
  a.forbidInterrupts();
  a.input(LSR);
  a.testByte(DATA_READY);
  a.jumpIf('notEqual', 'getc.there');
  // STI holds interrupts off for one more instruction: a byte that comes now ends HLT.
  a.allowInterrupts();
  a.halt();
  a.jump('getc.look');
  a.label('getc.there');
  a.allowInterrupts();
  a.input(COM1);
  a.do('and', EAX, { number: 0xff });
  a.pop(EDX);
  a.return();
}
