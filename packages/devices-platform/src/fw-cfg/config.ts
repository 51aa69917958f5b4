import { token } from '@polyvisor/core';
import { z } from 'zod';
import { NAME_LENGTH } from './registers.ts';

/** Files that are too large for a description, or made by the composition: kernels, ACPI tables. */
export interface FirmwareFiles {
  readonly files: readonly FileContent[];
}

export interface FileContent {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The bytes, as many, when firmware has placed the chip set's power management at this port; asked when the file is selected. */
  readonly placed?: (powerBase: number) => Uint8Array;
}
export const FirmwareFilesToken = token<FirmwareFiles>('devices-platform/FirmwareFiles');

const name = z.string().min(1).max(NAME_LENGTH).regex(/^[\x21-\x7e]+$/, 'is printable ASCII without spaces');

export const fwCfgConfig = z
  .strictObject({
    port: z.int().min(0).max(0x1_0000 - 12).default(0x510),
    /** Processors of the machine, for firmware. */
    cpus: z.int().min(1).max(0xffff).default(1),
    /** Files by name, their contents as text. */
    files: z.array(z.strictObject({ name, text: z.string().max(2 ** 20) })).max(1024).default([]),
    /** Whether further files come from a `FirmwareFilesToken`. */
    service: z.boolean().default(false),
    /** Whether they tell where a PCI chip set has power management, which firmware decides (`PowerBaseToken`). */
    followPower: z.boolean().default(false),
  })
  .refine(({ files }) => new Set(files.map((file) => file.name)).size === files.length, 'two files have one name');

export type FwCfgConfig = z.output<typeof fwCfgConfig>;
