import { acpiTable } from './table.ts';

/** Three timers of 64 bits with legacy replacement, of vendor 8086H (IA-PC HPET 1.0a, 2.3.4 and 3.2.4). */
const BLOCK_ID = 0x8086_a201;
/** Shortest period in ticks that loses no interrupt. */
const MINIMUM_TICK = 128;

/** The high-precision event timers at `address`. */
export function hpetTable(address: number): Uint8Array {
  const content = new Uint8Array(20);
  const view = new DataView(content.buffer);
  view.setUint32(0, BLOCK_ID, true);
  // Generic address structure of memory (ACPI 6.5, 5.2.3.2).
  view.setUint8(5, 64);
  view.setBigUint64(8, BigInt(address), true);
  view.setUint16(17, MINIMUM_TICK, true);
  return acpiTable('HPET', 1, content);
}
