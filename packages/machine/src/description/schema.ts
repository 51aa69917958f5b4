import { parseBytes } from '@polyvisor/core';
import { z } from 'zod';

const HEX = /^0x[0-9a-fA-F]{1,13}$/;

/** An address in JSON: a number, or hexadecimal text, since JSON has no hexadecimal numbers. */
const address = z
  .union([z.int().nonnegative(), z.string().regex(HEX, 'must be a number or text such as "0x3f8"')])
  .transform((value) => Number(value))
  .describe('Address in bytes: a number, or text such as "0x3f8".');

const bytes = z
  .union([z.int().positive(), z.string().regex(/^\d+\s*(B|K|KiB|M|MiB|G|GiB)?$/, 'must be bytes or text such as "64MiB"')])
  .transform((value) => parseBytes(value) ?? 0)
  .describe('Bytes: a number, or text such as "64MiB".');

const kind = z.string().min(1).describe('Kind of the plugin: vendor/model.');
const config = z.record(z.string(), z.unknown()).default({}).describe("The plugin's own settings.");

const device = z.strictObject({
  kind,
  config,
  pio: z.record(z.string(), address).default({}).describe('Base of each port region; overrides where it usually is.'),
  mmio: z.record(z.string(), address).default({}).describe('Base of each memory region.'),
  irq: z.record(z.string(), z.int().min(0).max(1023)).default({}).describe('Interrupt input (GSI) of each line.'),
  services: z
    .record(z.string(), z.string())
    .default({})
    .describe('Which service of that type: a name given to createMachine, or the id of a device.'),
});

/** Schema of a machine description; its JSON Schema is published as `machine.schema.json`. */
export const machineDescription = z.strictObject({
  $schema: z.string().optional().describe('For editors; has no meaning to the machine.'),
  name: z.string().min(1).default('machine'),
  memory: bytes.describe('Guest RAM in bytes, a multiple of 4096: a number, or text such as "64MiB".'),
  cpu: z.strictObject({ kind, count: z.int().min(1).max(255).default(1), config }),
  mmu: z.strictObject({ kind, config }).optional(),
  backend: z.strictObject({ kind, config }),
  clock: z
    .discriminatedUnion('source', [
      z.strictObject({ source: z.literal('host') }),
      z.strictObject({
        source: z.literal('instructions'),
        hertz: z.number().positive().default(1e9).describe('Instructions of all vCPUs in a guest second.'),
      }),
    ])
    .default({ source: 'host' })
    .describe('What guest time follows: host time, or the instruction count (deterministic).'),
  devices: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/, 'must begin with a letter, and have letters, digits, - and _ only'), device)
    .default({}),
});

/** What a person writes. */
export type MachineDescription = z.input<typeof machineDescription>;
/** The same with defaults filled in. */
export type ParsedDescription = z.output<typeof machineDescription>;
export type ParsedDevice = ParsedDescription['devices'][string];

/** JSON Schema (draft 2020-12) of a description as a person writes it. */
export function machineJsonSchema(): unknown {
  return {
    ...z.toJSONSchema(machineDescription, { io: 'input' }),
    $id: 'https://polyvisor.dev/machine.schema.json',
    title: 'Polyvisor machine description',
  };
}
