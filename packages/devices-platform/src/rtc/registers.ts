/**
 * The registers of the Motorola MC146818A (data sheet MC146818A/D, 1988) as a PC has them: an index at port 70H, whose
 * bit 7 masks NMI, and data at port 71H (Intel 82371AB PIIX4, 290562-001, 4.2.5).
 */
import type { RegisterDoc } from '../register-map.ts';

export const RAM_SIZE = 128;

/** Indices. */
export const Reg = {
  SECONDS: 0x00, SECONDS_ALARM: 0x01, MINUTES: 0x02, MINUTES_ALARM: 0x03, HOURS: 0x04, HOURS_ALARM: 0x05,
  DAY_OF_WEEK: 0x06, DAY: 0x07, MONTH: 0x08, YEAR: 0x09, A: 0x0a, B: 0x0b, C: 0x0c, D: 0x0d, RAM: 0x0e,
} as const;

/** Register A. */
export const RegA = { UIP: 0x80, WRITABLE: 0x7f, DIVIDER_SHIFT: 4, DIVIDER_RESET: 6, RATE: 0x0f } as const;
/** Register B. */
export const RegB = { SET: 0x80, PIE: 0x40, AIE: 0x20, UIE: 0x10, SQWE: 0x08, BINARY: 0x04, HOURS_24: 0x02, DSE: 0x01 } as const;
/** Register C; PF, AF and UF have the places of their enables in B. */
export const RegC = { IRQF: 0x80, PF: 0x40, AF: 0x20, UF: 0x10, FLAGS: 0x70 } as const;
/** Register D: the battery is good. */
export const VRT = 0x80;

/** PM in the hours of the 12-hour format. */
export const PM = 0x80;
/** An alarm byte from here on matches everything. */
export const DO_NOT_CARE = 0xc0;
/** Index port. */
export const Index = { NMI_MASK: 0x80, REGISTER: 0x7f } as const;

export const REGISTERS: readonly RegisterDoc[] = [
  { name: 'seconds', offset: 0x00, access: 'rw', summary: 'alarm at 0x01', cite: 'table 3' },
  { name: 'minutes', offset: 0x02, access: 'rw', summary: 'alarm at 0x03', cite: 'table 3' },
  { name: 'hours', offset: 0x04, access: 'rw', summary: 'alarm at 0x05; bit 7 is PM in the 12-hour format', cite: 'table 3' },
  { name: 'day of the week', offset: 0x06, access: 'rw', summary: '1 is Sunday', cite: 'table 3' },
  { name: 'day', offset: 0x07, access: 'rw', summary: 'of the month', cite: 'table 3' },
  { name: 'month', offset: 0x08, access: 'rw', summary: '1 to 12', cite: 'table 3' },
  { name: 'year', offset: 0x09, access: 'rw', summary: 'of the century', cite: 'table 3' },
  { name: 'A', offset: 0x0a, access: 'rw', summary: 'UIP, divider, rate', cite: 'register A' },
  { name: 'B', offset: 0x0b, access: 'rw', summary: 'SET, enables, format', cite: 'register B' },
  { name: 'C', offset: 0x0c, access: 'r', summary: 'flags; reading clears them', cite: 'register C' },
  { name: 'D', offset: 0x0d, access: 'r', summary: 'VRT', cite: 'register D' },
  { name: 'RAM', offset: 0x0e, access: 'rw', summary: 'to 0x7f; the century is at 0x32', cite: 'figure 12' },
];
