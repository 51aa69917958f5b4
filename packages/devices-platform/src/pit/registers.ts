/**
 * The registers of the Intel 8254 (data sheet 231164-005, September 1993), and port 61H of a PC (Intel 82371AB PIIX4,
 * 290562-001, 4.2.3.1), which holds counter 2's gate and output.
 */
import type { RegisterDoc } from '../register-map.ts';

/** CLK of all counters: a third of the NTSC colour carrier, in Hz. */
export const PIT_FREQUENCY = 1_193_182;
export const COUNTERS = 3;
export const CONTROL = 3;

/** Access of the control word, bits 5–4. */
export const Access = { LATCH: 0, LSB: 1, MSB: 2, BOTH: 3 } as const;

/** Control word. */
export const Control = { BCD: 0x01, READ_BACK: 3 } as const;
/** Read-back command: the bits are active low. */
export const ReadBack = { NO_COUNT: 0x20, NO_STATUS: 0x10 } as const;
/** Status byte. */
export const Status = { OUT: 0x80, NULL_COUNT: 0x40 } as const;

/** Port 61H: NMI status and control. */
export const PortB = { GATE2: 0x01, SPEAKER: 0x02, WRITABLE: 0x0f, REFRESH: 0x10, OUT2: 0x20 } as const;
/** Refresh requests toggle bit 4 with counter 1's customary count. */
export const REFRESH_TICKS = 18;

export const REGISTERS: readonly RegisterDoc[] = [
  { name: 'counter 0', offset: 0, access: 'rw', summary: 'IRQ 0; count, latched count or status', cite: 'write, read operations' },
  { name: 'counter 1', offset: 1, access: 'rw', summary: 'drives nothing', cite: 'write, read operations' },
  { name: 'counter 2', offset: 2, access: 'rw', summary: 'speaker; gate and output at port 61H', cite: 'write, read operations' },
  { name: 'control word', offset: 3, access: 'w', summary: 'mode, access, counter latch, read-back', cite: 'control word format' },
];
