import type { PciIdentity } from './config-space.ts';

/** A function of the chip set and where it is on bus 0. */
export interface ChipFunction {
  readonly device: number;
  readonly fn: number;
  readonly identity: PciIdentity;
}

/** What the functions of a chip set are, and where their registers stand. */
export interface Chip {
  readonly host: PciIdentity;
  /** PAM0 to PAM6 and SMRAM of the host bridge. They keep what is written; memory below 1 MiB does not follow. */
  readonly pam: number;
  readonly smram: number;
  /** PCIEXBAR. */
  readonly ecam: number | undefined;
  /** The bridge to ISA, with PIRQA to PIRQD. */
  readonly isa: ChipFunction;
  readonly pirq: number;
  /** The function with the power management block, if it is not the bridge to ISA. */
  readonly power: ChipFunction | undefined;
  /** PMBASE, bytes of the block, and the register and bit that open it. */
  readonly pmBase: { readonly at: number; readonly size: number; readonly enable: number; readonly bit: number };
}

const INTEL = 0x8086;
const HOST_BRIDGE = 0x06_0000, ISA_BRIDGE = 0x06_0100, OTHER_BRIDGE = 0x06_8000;

export const CHIPS = {
  /** Intel 82441FX (290549-001) with 82371SB PIIX3 and the power management of 82371AB PIIX4 (290562-001). */
  i440fx: {
    host: { vendor: INTEL, device: 0x1237, revision: 2, classCode: HOST_BRIDGE },
    pam: 0x59, smram: 0x72, ecam: undefined,
    isa: { device: 1, fn: 0, identity: { vendor: INTEL, device: 0x7000, classCode: ISA_BRIDGE, multifunction: true } },
    pirq: 0x60,
    power: { device: 1, fn: 3, identity: { vendor: INTEL, device: 0x7113, revision: 3, classCode: OTHER_BRIDGE, interruptPin: 1 } },
    pmBase: { at: 0x40, size: 64, enable: 0x80, bit: 0x01 },
  },
  /** Intel 82G33 (316966-002), the memory controller of a Q35 board, with 82801I ICH9 (316972-004). */
  q35: {
    host: { vendor: INTEL, device: 0x29c0, revision: 0, classCode: HOST_BRIDGE },
    pam: 0x90, smram: 0x9d, ecam: 0x60,
    isa: { device: 31, fn: 0, identity: { vendor: INTEL, device: 0x2918, revision: 2, classCode: ISA_BRIDGE, multifunction: true } },
    pirq: 0x60,
    power: undefined,
    pmBase: { at: 0x40, size: 128, enable: 0x44, bit: 0x80 },
  },
} as const satisfies Record<string, Chip>;

export type ChipName = keyof typeof CHIPS;
