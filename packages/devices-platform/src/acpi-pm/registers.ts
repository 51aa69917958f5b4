/**
 * The fixed hardware registers of ACPI 6.4, 4.8.3, and the PM timer of 4.8.2.1. Names are spelt as there. The SMI command
 * port is that of PC chip sets (Intel 82371AB PIIX4, 290562-001, 4.2.8).
 */
import type { RegisterDoc } from '../register-map.ts';

export const PM_TIMER_FREQUENCY = 3_579_545;
export const PM_BLOCK_SIZE = 16;
/** Offsets in the block, by 32-bit words. */
export const PmOffset = { EVENT: 0, CONTROL: 4, TIMER: 8, SMI_ENABLE: 0x30 } as const;
/** SMI_EN of ICH9 (316972-004, 13.8.3.7): firmware that finds APMC_EN set leaves system management mode alone. */
export const SMI_APMC_ENABLED = 0x20;

/** PM1 status and enable (tables 4.12 and 4.13); an enable has the place of its status. */
export const Pm1 = {
  TMR: 0x0001, BM: 0x0010, GBL: 0x0020, PWRBTN: 0x0100, SLPBTN: 0x0200, RTC: 0x0400, WAK: 0x8000,
  STATUS: 0x8731, ENABLE: 0x0721,
} as const;
/** PM1 control (table 4.14). SLP_EN and GBL_RLS are write-only. */
export const Pm1Control = { SCI_EN: 0x0001, SLP_TYP_SHIFT: 10, SLP_EN: 0x2000, WRITABLE: 0x1c02 } as const;

export const REGISTERS: readonly RegisterDoc[] = [
  { name: 'PM1a_STS', offset: 0x00, access: 'rw', summary: 'events; 1 clears', cite: '4.8.3.1.1' },
  { name: 'PM1a_EN', offset: 0x02, access: 'rw', summary: 'which of them raise SCI', cite: '4.8.3.1.2' },
  { name: 'PM1a_CNT', offset: 0x04, access: 'rw', summary: 'SCI_EN, SLP_TYP, SLP_EN', cite: '4.8.3.2.1' },
  { name: 'PM_TMR', offset: 0x08, access: 'r', summary: '3.579545 MHz, 24 or 32 bits', cite: '4.8.2.1' },
];
