import { TABLE_HEADER, acpiTable } from './table.ts';

export interface PowerManagement {
  /** First port of PM1a: events, control 4 on, the timer 8 on. */
  readonly base: number;
  /** Ports of the chip set's power management from `base` on; 16 without. */
  readonly blockSize?: number;
  /** General-purpose events: ports of status and enable together. */
  readonly gpe0?: { readonly base: number; readonly length: number } | undefined;
  /** Port and values by which ACPI mode is entered and left; without it the machine is always in ACPI mode. */
  readonly smi?: { readonly port: number; readonly enable: number; readonly disable: number } | undefined;
  /** Interrupt of SCI. */
  readonly sci: number;
  /** SLP_TYP of S5. */
  readonly s5: number;
  readonly timerBits: 24 | 32;
  /** Port and value that reset the machine. */
  readonly reset?: { readonly port: number; readonly value: number } | undefined;
  /** Index of the century in CMOS memory, 0 for none. */
  readonly century: number;
  readonly keyboardController: boolean;
  readonly clock: boolean;
  /** There is VGA, which may be looked for at its usual places. */
  readonly vga?: boolean;
}

const SIZE = 276;
/** IAPC_BOOT_ARCH (ACPI 6.5, table 5.10). */
const LEGACY_DEVICES = 1, KEYBOARD = 2, NO_VGA = 4, NO_CLOCK = 0x20;
/** Fixed feature flags (table 5.9): WBINVD works, C1 works, no sleep button, 32-bit timer, reset register. */
const WBINVD = 1, C1 = 4, NO_SLEEP_BUTTON = 0x20, TIMER_32 = 0x100, RESET = 0x400;
/** Latencies that mean: there is no C2, no C3. */
const NO_C2 = 101, NO_C3 = 1001;
const SYSTEM_IO = 1;

/** Where the FADT has the addresses of FACS and DSDT, of 4 and 8 bytes. */
export const FadtPointer = { facs: 36, dsdt: 40, dsdt64: 140 } as const;

/** The fixed hardware (ACPI 6.5, 5.2.9), without the addresses of `FadtPointer`. */
export function fadt(pm: PowerManagement): Uint8Array {
  const content = new Uint8Array(SIZE - TABLE_HEADER);
  const view = new DataView(content.buffer);
  const u8 = (at: number, value: number): void => { view.setUint8(at - TABLE_HEADER, value); };
  const u16 = (at: number, value: number): void => { view.setUint16(at - TABLE_HEADER, value, true); };
  const u32 = (at: number, value: number): void => { view.setUint32(at - TABLE_HEADER, value, true); };
  /** Generic address structure of an I/O port (5.2.3.2); `access` is 1 for bytes to 3 for double words. */
  const port = (at: number, address: number, bits: number, access: number): void => {
    u8(at, SYSTEM_IO);
    u8(at + 1, bits);
    u8(at + 3, access);
    u32(at + 4, address);
  };
  const [events, control, timer] = [pm.base, pm.base + 4, pm.base + 8];
  u16(46, pm.sci);
  if (pm.smi) {
    u32(48, pm.smi.port);
    u8(52, pm.smi.enable);
    u8(53, pm.smi.disable);
  }
  u32(56, events);
  u32(64, control);
  u32(76, timer);
  u8(88, 4);
  u8(89, 2);
  u8(91, 4);
  if (pm.gpe0) {
    u32(80, pm.gpe0.base);
    u8(92, pm.gpe0.length);
    port(220, pm.gpe0.base, pm.gpe0.length * 8, 1);
  }
  u16(96, NO_C2);
  u16(98, NO_C3);
  u8(108, pm.century);
  u16(109, LEGACY_DEVICES | (pm.vga === true ? 0 : NO_VGA) | (pm.keyboardController ? KEYBOARD : 0) | (pm.clock ? 0 : NO_CLOCK));
  u32(112, WBINVD | C1 | NO_SLEEP_BUTTON | (pm.timerBits === 32 ? TIMER_32 : 0) | (pm.reset ? RESET : 0));
  if (pm.reset) {
    port(116, pm.reset.port, 8, 1);
    u8(128, pm.reset.value);
  }
  port(148, events, 32, 2);
  port(172, control, 16, 2);
  port(208, timer, 32, 3);
  return acpiTable('FACP', 6, content);
}
