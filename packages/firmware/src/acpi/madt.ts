import { acpiTable } from './table.ts';

export interface InterruptOverride {
  /** Line of the ISA bus. */
  readonly isa: number;
  readonly gsi: number;
  readonly level: boolean;
}

export interface MadtOptions {
  /** Ids of the local APICs, one for each processor. */
  readonly processors: readonly number[];
  readonly localAddress: number;
  readonly ioApic: { readonly id: number; readonly address: number };
  readonly overrides: readonly InterruptOverride[];
}

/** There is an 8259 pair. */
const PCAT_COMPAT = 1;
const ENABLED = 1;
const ANY_PROCESSOR = 0xff;
/** Flags of an override: active high, and level or edge (ACPI 6.5, table 5.26). */
const ACTIVE_HIGH = 1, EDGE = 1 << 2, LEVEL = 3 << 2;
/** An 8-bit local APIC entry cannot tell more; 255 is broadcast. */
const MOST_XAPIC = 254;

/** The interrupt controllers (ACPI 6.5, 5.2.12). */
export function madt(options: MadtOptions): Uint8Array {
  const u32 = (n: number): number[] => [n & 0xff, (n >> 8) & 0xff, (n >> 16) & 0xff, n >>> 24];
  const u16 = (n: number): number[] => [n & 0xff, n >> 8];
  return acpiTable('APIC', 5, Uint8Array.from([
    ...u32(options.localAddress), ...u32(PCAT_COMPAT),
    ...options.processors.flatMap((id, uid) => (id <= MOST_XAPIC
      ? [0, 8, uid, id, ...u32(ENABLED)]
      : [9, 16, 0, 0, ...u32(id), ...u32(ENABLED), ...u32(uid)])),
    1, 12, options.ioApic.id, 0, ...u32(options.ioApic.address), ...u32(0),
    ...options.overrides.flatMap(({ isa, gsi, level }) => [2, 10, 0, isa, ...u32(gsi), ...u16(ACTIVE_HIGH | (level ? LEVEL : EDGE))]),
    // LINT1 of every processor is NMI.
    4, 6, ANY_PROCESSOR, ...u16(0), 1,
  ]));
}
