/**
 * The keyboard and mouse controller of a PC: the Intel 8042 with the firmware of the IBM Personal System/2 (Hardware
 * Interface Technical Reference, 1991, "Keyboard and Auxiliary Device Controller"), and system control port A.
 */
import type { RegisterDoc } from '../register-map.ts';

/** Status register, port 64H. */
export const Status = { OUTPUT_FULL: 0x01, SYSTEM: 0x04, COMMAND: 0x08, UNLOCKED: 0x10, AUX_FULL: 0x20 } as const;

/** Controller command byte, RAM location 0. */
export const CommandByte = { KEYBOARD_INT: 0x01, AUX_INT: 0x02, SYSTEM: 0x04, NO_KEYBOARD: 0x10, NO_AUX: 0x20, TRANSLATE: 0x40 } as const;

/** Commands to port 64H. */
export const Command = {
  READ_RAM: 0x20, WRITE_RAM: 0x60, DISABLE_AUX: 0xa7, ENABLE_AUX: 0xa8, TEST_AUX: 0xa9, SELF_TEST: 0xaa, TEST_KEYBOARD: 0xab,
  DISABLE_KEYBOARD: 0xad, ENABLE_KEYBOARD: 0xae, READ_INPUT: 0xc0, READ_OUTPUT: 0xd0, WRITE_OUTPUT: 0xd1, WRITE_KEYBOARD_BUFFER: 0xd2,
  WRITE_AUX_BUFFER: 0xd3, WRITE_AUX: 0xd4, READ_TEST: 0xe0, PULSE: 0xf0,
} as const;
export const RAM_SIZE = 32;
export const SELF_TEST_PASSED = 0x55;
export const TEST_PASSED = 0x00;
/** Input port: the keyboard is not locked. */
export const INPUT_PORT = 0x80;
/** Output port: the processor runs, address line 20 is open, and what the two interrupt lines show. */
export const OutputPort = { RUN: 0x01, A20: 0x02, KEYBOARD_FULL: 0x10, AUX_FULL: 0x20, WRITABLE: 0x03 } as const;
/** System control port A, 92H. */
export const PortA = { RESET: 0x01, A20: 0x02 } as const;

/** What keyboard and mouse answer. */
export const Reply = { ACK: 0xfa, RESEND: 0xfe, ECHO: 0xee, TESTED: 0xaa } as const;

export const REGISTERS: readonly RegisterDoc[] = [
  { name: 'output buffer', offset: 0x60, access: 'r', summary: 'from keyboard, mouse or controller', cite: 'output buffer' },
  { name: 'input buffer', offset: 0x60, access: 'w', summary: 'a parameter, else to the keyboard', cite: 'input buffer' },
  { name: 'status', offset: 0x64, access: 'r', summary: 'what is in the output buffer', cite: 'status register' },
  { name: 'command', offset: 0x64, access: 'w', summary: 'to the controller', cite: 'commands' },
  { name: 'port A', offset: 0x92, access: 'rw', summary: 'bit 0 resets, bit 1 is A20', cite: 'system control port A' },
];
