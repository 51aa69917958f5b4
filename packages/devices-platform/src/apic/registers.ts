/**
 * The registers of the local APIC (Intel SDM vol. 3A, chapter 11, edition 325462-080) and of the 82093AA I/O APIC (data
 * sheet 290566-001). Names are spelt as there. A local APIC's registers are named by their index: the MMIO offset is 16
 * times it, the MSR of x2APIC mode 800H plus it (11.12.1.2).
 */
import type { RegisterDoc } from '../register-map.ts';

export const Lapic = {
  ID: 0x02, VERSION: 0x03, TPR: 0x08, APR: 0x09, PPR: 0x0a, EOI: 0x0b, RRD: 0x0c, LDR: 0x0d, DFR: 0x0e, SVR: 0x0f,
  ISR: 0x10, TMR: 0x18, IRR: 0x20, ESR: 0x28, ICR_LOW: 0x30, ICR_HIGH: 0x31,
  LVT_TIMER: 0x32, LVT_THERMAL: 0x33, LVT_PERFORMANCE: 0x34, LVT_LINT0: 0x35, LVT_LINT1: 0x36, LVT_ERROR: 0x37,
  INITIAL_COUNT: 0x38, CURRENT_COUNT: 0x39, DIVIDE: 0x3e, SELF_IPI: 0x3f,
} as const;

/** Entries of the local vector table, timer to error. */
export const LVT_COUNT = 6;
/** Version 14H, six LVT entries, and EOI broadcasts can be suppressed (11.4.8). */
export const LAPIC_VERSION = 0x14 | ((LVT_COUNT - 1) << 16) | (1 << 24);

/** Spurious interrupt vector register (11.9). */
export const Svr = { VECTOR: 0xff, ENABLED: 0x100, SUPPRESS_EOI_BROADCAST: 0x1000, MASK: 0x11ff } as const;
/** Error status register (11.5.3). */
export const Esr = { SEND_ILLEGAL_VECTOR: 0x20, RECEIVE_ILLEGAL_VECTOR: 0x40, ILLEGAL_REGISTER: 0x80 } as const;

/** Local vector table entries (11.5.1, figure 11-8). */
export const Lvt = {
  VECTOR: 0xff, MODE_SHIFT: 8, REMOTE_IRR: 0x4000, LEVEL: 0x8000, MASKED: 0x1_0000, TIMER_MODE_SHIFT: 17,
} as const;
/** The bits of each entry that can be written, timer to error. */
export const LVT_WRITABLE = [0x7_00ff, 0x1_07ff, 0x1_07ff, 0x1_a7ff, 0x1_a7ff, 0x1_00ff] as const;
/** Bits that are read-only rather than reserved: delivery status, and remote IRR of the two pins. */
export const LVT_READ_ONLY = [0x1000, 0x1000, 0x1000, 0x5000, 0x5000, 0x1000] as const;

export const TimerMode = { ONE_SHOT: 0, PERIODIC: 1, TSC_DEADLINE: 2 } as const;

/** Delivery modes of messages, LVT and redirection entries (11.6.1, 11.11.2; 82093AA 3.2.4). */
export const Delivery = { FIXED: 0, LOWEST: 1, SMI: 2, NMI: 4, INIT: 5, STARTUP: 6, EXTINT: 7 } as const;

/** Interrupt command register, low half (11.6.1). */
export const Icr = {
  VECTOR: 0xff, MODE_SHIFT: 8, LOGICAL: 0x800, BUSY: 0x1000, ASSERT: 0x4000, LEVEL: 0x8000, SHORTHAND_SHIFT: 18, WRITABLE: 0xc_cfff,
} as const;
export const Shorthand = { NONE: 0, SELF: 1, ALL: 2, OTHERS: 3 } as const;

/** IA32_APIC_BASE (11.4.4, 11.12.1). */
export const Base = { X2APIC: 0x400, ENABLED: 0x800 } as const;
export const APIC_ADDRESS = 0xfee0_0000;
export const MSR_FIRST = 0x800;
export const MSR_LAST = 0x8ff;
export const MSR_TSC_DEADLINE = 0x6e0;

/** The I/O APIC's directly reached registers (82093AA 3.0; EOI since version 20H) and its indexed ones. */
export const IoApicOffset = { IOREGSEL: 0x00, IOWIN: 0x10, EOI: 0x40 } as const;
export const IoApicIndex = { ID: 0x00, VERSION: 0x01, ARBITRATION: 0x02, REDIRECTION: 0x10 } as const;
export const IOAPIC_ADDRESS = 0xfec0_0000;
export const IOAPIC_PINS = 24;
/** A redirection entry's low half (82093AA 3.2.4). */
export const Redirection = {
  VECTOR: 0xff, MODE_SHIFT: 8, LOGICAL: 0x800, REMOTE_IRR: 0x4000, LEVEL: 0x8000, MASKED: 0x1_0000, WRITABLE: 0x1_afff,
} as const;

/** Interrupt messages (11.11.1): the address has 0FEEH in bits 31–20. */
export const Message = { BASE: 0xfee0_0000, LOGICAL: 0x4, REDIRECTION_HINT: 0x8, LEVEL: 0x8000, ASSERT: 0x4000 } as const;

const lvt = (name: string, index: number, summary: string): RegisterDoc => ({ name, offset: 16 * index, access: 'rw', summary, cite: '11.5.1' });

/** The local APIC's page as a driver sees it. */
export const REGISTERS: readonly RegisterDoc[] = [
  { name: 'ID', offset: 0x020, access: 'r', summary: 'APIC ID', cite: '11.4.6' },
  { name: 'Version', offset: 0x030, access: 'r', summary: '0x01050014', cite: '11.4.8' },
  { name: 'TPR', offset: 0x080, access: 'rw', summary: 'task priority; bits 7–4 are CR8', cite: '11.8.3.1' },
  { name: 'PPR', offset: 0x0a0, access: 'r', summary: 'processor priority', cite: '11.8.3.1' },
  { name: 'EOI', offset: 0x0b0, access: 'w', summary: 'end of interrupt', cite: '11.8.5' },
  { name: 'LDR', offset: 0x0d0, access: 'rw', summary: 'logical destination; read-only in x2APIC mode', cite: '11.6.2.2' },
  { name: 'DFR', offset: 0x0e0, access: 'rw', when: 'xAPIC', summary: 'destination format: flat or cluster', cite: '11.6.2.2' },
  { name: 'SVR', offset: 0x0f0, access: 'rw', summary: 'spurious vector, enable, EOI broadcast', cite: '11.9' },
  { name: 'ISR', offset: 0x100, access: 'r', summary: 'in service, 8 registers', cite: '11.8.4' },
  { name: 'TMR', offset: 0x180, access: 'r', summary: 'trigger mode, 8 registers', cite: '11.8.4' },
  { name: 'IRR', offset: 0x200, access: 'r', summary: 'requests, 8 registers', cite: '11.8.4' },
  { name: 'ESR', offset: 0x280, access: 'rw', summary: 'errors since the write before the last', cite: '11.5.3' },
  { name: 'ICR', offset: 0x300, access: 'rw', summary: 'interrupt command; low half sends', cite: '11.6.1' },
  { name: 'ICR high', offset: 0x310, access: 'rw', when: 'xAPIC', summary: 'destination', cite: '11.6.1' },
  lvt('LVT timer', 0x32, 'timer: vector, mask, mode'),
  lvt('LVT thermal', 0x33, 'kept; nothing raises it'),
  lvt('LVT performance', 0x34, 'kept; nothing raises it'),
  lvt('LVT LINT0', 0x35, 'the 8259 pair, on the bootstrap processor'),
  lvt('LVT LINT1', 0x36, 'kept; nothing raises it'),
  lvt('LVT error', 0x37, 'an error was noted in ESR'),
  { name: 'Initial count', offset: 0x380, access: 'rw', summary: 'starts the timer', cite: '11.5.4' },
  { name: 'Current count', offset: 0x390, access: 'r', summary: 'counts down to 0', cite: '11.5.4' },
  { name: 'Divide configuration', offset: 0x3e0, access: 'rw', summary: 'divides 1 GHz by 1 to 128', cite: '11.5.4' },
  { name: 'Self IPI', offset: 0x3f0, access: 'w', when: 'x2APIC', summary: 'vector to itself', cite: '11.12.11' },
];
