import type { Assembler } from '../assembler/assembler.ts';
import { Register } from '../assembler/operands.ts';

const { EAX, ECX, EDX } = Register;

/** Port 61H: gate and output of the 8254's channel 2. */
const PORT_B = 0x61, GATE = 1, OUTPUT = 0x20;
const CHANNEL_2 = 0x42, CONTROL = 0x43;
/** Channel 2, both bytes, mode 0: the output rises when the count is over. */
const ONE_SHOT = 0xb0;
const MILLISECONDS = 10;
const COUNT = Math.round((1_193_182 * MILLISECONDS) / 1000);

/** The time-stamp counter, measured by the 8254 for 10 ms. `clock.milliseconds` leaves the time since the start in EAX. */
export function clock(a: Assembler): void {
  a.label('clock.begin');
  a.output(PORT_B, GATE);
  a.output(CONTROL, ONE_SHOT);
  a.output(CHANNEL_2, COUNT & 0xff);
  a.output(CHANNEL_2, COUNT >> 8);
  a.readTimeStamp();
  a.store({ offset: 'clock.start' }, EAX);
  a.store({ offset: 'clock.startHigh' }, EDX);
  a.label('clock.wait');
  a.input(PORT_B);
  a.testByte(OUTPUT);
  a.jumpIf('equal', 'clock.wait');
  a.readTimeStamp();
  a.doWith('sub', EAX, { offset: 'clock.start' });
  a.set(EDX, 0);
  a.set(ECX, MILLISECONDS);
  a.divide(ECX);
  // Without an 8254 the port reads all ones and nothing was measured: any rate is better than a division by zero.
  a.do('or', EAX, { number: 1 });
  a.store({ offset: 'clock.rate' }, EAX);
  a.return();

  a.label('clock.milliseconds');
  a.push(ECX, EDX, Register.EBX);
  a.readTimeStamp();
  a.doWith('sub', EAX, { offset: 'clock.start' });
  a.doWith('sbb', EDX, { offset: 'clock.startHigh' });
  a.load(ECX, { offset: 'clock.rate' });
  // 64 by 32 bits in two steps; the upper half of the quotient is 49 days, which are left out.
  a.mov(Register.EBX, EAX);
  a.mov(EAX, EDX);
  a.set(EDX, 0);
  a.divide(ECX);
  a.mov(EAX, Register.EBX);
  a.divide(ECX);
  a.pop(ECX, EDX, Register.EBX);
  a.return();

  for (const name of ['clock.start', 'clock.startHigh', 'clock.rate']) a.space(name, 4);
}
