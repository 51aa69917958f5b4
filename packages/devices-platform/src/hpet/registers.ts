/** The registers of the IA-PC HPET (specification 1.0a, October 2004, 2.3). Names are spelt as there. */
import type { RegisterDoc } from '../register-map.ts';

/** The main counter's period in femtoseconds: 100 MHz, which divides guest time's nanoseconds. */
export const PERIOD_FS = 10_000_000;
export const NS_PER_TICK = 10;
export const REGION_SIZE = 0x400;
export const TIMERS = 3;
/** Inputs that a timer can be routed to, beside the two of legacy replacement. */
export const FIRST_ROUTE = 20;
export const ROUTES = 4;

export const Offset = { CAPABILITIES: 0x00, CONFIGURATION: 0x10, STATUS: 0x20, COUNTER: 0xf0, TIMERS: 0x100, TIMER_STRIDE: 0x20 } as const;
/** In a timer's block. */
export const TimerOffset = { CONFIGURATION: 0x00, COMPARATOR: 0x08, FSB: 0x10 } as const;

/** General capabilities, low half: revision 1, three timers, a 64-bit counter, legacy replacement; the vendor is Intel. */
export const CAPABILITIES = 0x8086_0000 | (1 << 15) | (1 << 13) | ((TIMERS - 1) << 8) | 0x01;
export const Configuration = { ENABLE: 0x1, LEGACY: 0x2, MASK: 0x3 } as const;
/** Timer configuration, low half. */
export const TimerConfig = {
  LEVEL: 0x0002, ENABLE: 0x0004, PERIODIC: 0x0008, PERIODIC_CAPABLE: 0x0010, SIZE_64: 0x0020, SET_VALUE: 0x0040, MODE_32: 0x0100,
  ROUTE_SHIFT: 9, ROUTE: 0x3e00, FSB_ENABLE: 0x4000, FSB_CAPABLE: 0x8000, WRITABLE: 0x3f4e | 0x4000,
} as const;

export const REGISTERS: readonly RegisterDoc[] = [
  { name: 'capabilities', offset: 0x000, access: 'r', summary: 'high half: 10,000,000 fs for each tick', cite: '2.3.4' },
  { name: 'configuration', offset: 0x010, access: 'rw', summary: 'enable, legacy replacement', cite: '2.3.5' },
  { name: 'interrupt status', offset: 0x020, access: 'rw', summary: 'level-triggered timers; 1 clears', cite: '2.3.6' },
  { name: 'main counter', offset: 0x0f0, access: 'rw', summary: '64 bits; set while it stands', cite: '2.3.7' },
  { name: 'timer configuration', offset: 0x100, access: 'rw', summary: 'three timers, 0x20 apart', cite: '2.3.8' },
  { name: 'timer comparator', offset: 0x108, access: 'rw', summary: 'and the period of a periodic timer', cite: '2.3.9' },
  { name: 'timer FSB route', offset: 0x110, access: 'rw', summary: 'message: data, then address', cite: '2.3.10' },
];
