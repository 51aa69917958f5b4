/** What a machine has in memory and in its first processor's registers before it runs. */

/** Types of memory, as E820 and PVH number them (ACPI 6.5, table 15.4). */
export const MemoryType = { usable: 1, reserved: 2, acpi: 3, nvs: 4 } as const;
export type MemoryType = (typeof MemoryType)[keyof typeof MemoryType];

export interface MemoryRange {
  readonly address: number;
  readonly size: number;
  readonly type: MemoryType;
}

/** RAM of the machine, in bytes. */
export interface RamBytes {
  readonly address: number;
  readonly size: number;
}

export interface Piece {
  /** For people. */
  readonly what: string;
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Bytes that it takes; what is beyond `bytes` is zero. */
  readonly size: number;
}

/** State of the bootstrap processor. Selectors are those of the GDT that is among the pieces. */
export interface EntryState {
  readonly mode: 32 | 64;
  readonly rip: number;
  readonly rax: number;
  readonly rbx: number;
  readonly rsi: number;
  /** For 64-bit mode: a PML4 that maps the first 4 GiB to themselves. */
  readonly cr3: number;
  readonly gdt: { readonly base: number; readonly limit: number; readonly code: number; readonly data: number };
}

export interface BootPlan {
  readonly pieces: readonly Piece[];
  readonly memoryMap: readonly MemoryRange[];
  readonly entry: EntryState;
}
