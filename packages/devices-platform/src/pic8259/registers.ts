/**
 * The registers of the Intel 8259A (data sheet 231468-003, December 1988) and the two edge/level control registers that
 * PCs have since EISA (Intel 82371AB PIIX4, 290562-001, 4.2.6). Bit names are spelt as there.
 */
import type { RegisterDoc } from '../register-map.ts';

/** Initialization Command Word 1. */
export const Icw1 = { IC4: 0x01, SNGL: 0x02, SELECT: 0x10 } as const;
/** Initialization Command Word 4. µPM and the buffered modes change nothing that a PC's processor sees. */
export const Icw4 = { AEOI: 0x02, SFNM: 0x10 } as const;

/** Operation Command Word 2, bits 7–5: what it does. */
export const Ocw2 = {
  CLEAR_ROTATE_IN_AEOI: 0,
  NON_SPECIFIC_EOI: 1,
  SPECIFIC_EOI: 3,
  SET_ROTATE_IN_AEOI: 4,
  ROTATE_ON_NON_SPECIFIC_EOI: 5,
  SET_PRIORITY: 6,
  ROTATE_ON_SPECIFIC_EOI: 7,
} as const;

/** Operation Command Word 3. */
export const Ocw3 = { RIS: 0x01, RR: 0x02, POLL: 0x04, SELECT: 0x08, SMM: 0x20, ESMM: 0x40 } as const;

/** Bit 7 of the poll word: an interrupt was acknowledged. */
export const POLL_INTERRUPT = 0x80;

/** ELCR bits that can be set: IRQ 0, 1, 2, 8 and 13 are always edges. */
export const ELCR_MASKS = [0xf8, 0xde] as const;

/** The input of the first chip that the second one drives. */
export const CASCADE = 2;

/** The ports of one chip. */
export const REGISTERS: readonly RegisterDoc[] = [
  { name: 'IRR', offset: 0, access: 'r', when: 'RR, not RIS', summary: 'requests', cite: 'OCW3' },
  { name: 'ISR', offset: 0, access: 'r', when: 'RR and RIS', summary: 'interrupts in service', cite: 'OCW3' },
  { name: 'poll word', offset: 0, access: 'r', when: 'after POLL', summary: 'acknowledges', cite: 'OCW3' },
  { name: 'ICW1', offset: 0, access: 'w', when: 'bit 4', summary: 'begins the initialization', cite: 'ICW1' },
  { name: 'OCW2', offset: 0, access: 'w', when: 'bits 4–3 = 00', summary: 'end of interrupt, rotation', cite: 'OCW2' },
  { name: 'OCW3', offset: 0, access: 'w', when: 'bits 4–3 = 01', summary: 'special mask mode, poll, read register', cite: 'OCW3' },
  { name: 'ICW2', offset: 1, access: 'w', when: 'after ICW1', summary: 'vector of input 0', cite: 'ICW2' },
  { name: 'ICW3', offset: 1, access: 'w', when: 'after ICW2, not SNGL', summary: 'which inputs are slaves', cite: 'ICW3' },
  { name: 'ICW4', offset: 1, access: 'w', when: 'last, with IC4', summary: 'AEOI, special fully nested mode', cite: 'ICW4' },
  { name: 'IMR', offset: 1, access: 'rw', when: 'otherwise', summary: 'mask (OCW1)', cite: 'OCW1' },
];
