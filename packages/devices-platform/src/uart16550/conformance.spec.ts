import type { DeviceDriver } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { Fcr, Lcr, Lsr, Mcr, Offset } from './registers.ts';
import { uart16550 } from './uart16550.ts';

/** A driver's session: set up, send a line, read what came, now and then in loopback. */
function exercise(driver: DeviceDriver): void {
  const { random } = driver;
  const read = (offset: number) => driver.read('regs', offset, 1);
  const write = (offset: number, value: number) => driver.write('regs', offset, 1, value);
  write(Offset.LCR, Lcr.DLAB | Lcr.WLS);
  write(Offset.DATA, 1 + random.below(12));
  write(Offset.IER, 0);
  write(Offset.LCR, Lcr.WLS);
  write(Offset.IIR_FCR, Fcr.ENABLE | (random.below(4) << Fcr.TRIGGER_SHIFT));
  write(Offset.MCR, Mcr.OUT2 | (random.below(4) === 0 ? Mcr.LOOP : 0));
  write(Offset.IER, random.below(16));
  for (let i = random.below(20); i > 0; i--) write(Offset.DATA, random.below(256));
  driver.feed('in', random.bytes(random.below(40)));
  driver.advance(random.below(2_000_000));
  read(Offset.IIR_FCR);
  for (let i = 0; i < 16 && (read(Offset.LSR) & Lsr.DR) !== 0; i++) read(Offset.DATA);
}

describeDevice(uart16550, {
  configs: [{}, { timing: 'baud' }, { port: 0x2f8, irq: 3, out2GatesInterrupt: false }],
  exercise,
});
