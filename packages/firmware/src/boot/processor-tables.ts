/** Descriptors and page tables that the boot protocols want to be there. */

const PRESENT_WRITABLE = 3n;
const LARGE = 1n << 7n;
const GIB = 4;

/** Flat segments: code at 10H and data at 18H, as the Linux boot protocol names them (boot.rst, "32-bit boot protocol"). */
export function flatGdt(mode: 32 | 64): Uint8Array {
  const code = mode === 64 ? 0x00af_9b00_0000_ffffn : 0x00cf_9b00_0000_ffffn;
  return entries([0n, 0n, code, 0x00cf_9300_0000_ffffn]);
}

/** A PML4, its table and four directories that map the first 4 GiB to themselves by 2 MiB pages. */
export function identityTables(address: number): Uint8Array {
  const tables = new Uint8Array((2 + GIB) * 4096);
  tables.set(entries([BigInt(address + 0x1000) | PRESENT_WRITABLE]), 0);
  tables.set(entries(Array.from({ length: GIB }, (_, i) => BigInt(address + 0x2000 + i * 0x1000) | PRESENT_WRITABLE)), 0x1000);
  tables.set(entries(Array.from({ length: GIB * 512 }, (_, i) => (BigInt(i) << 21n) | LARGE | PRESENT_WRITABLE)), 0x2000);
  return tables;
}

function entries(values: readonly bigint[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  values.forEach((value, i) => { view.setBigUint64(8 * i, value, true); });
  return new Uint8Array(view.buffer);
}
