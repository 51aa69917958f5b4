import { z } from 'zod';
import type { DriveConfig } from '../ide/config.ts';
import { PORTS } from './registers.ts';

const drive = z.strictObject({
  kind: z.enum(['disk', 'cdrom']),
  /** Default the place in the list. */
  port: z.int().min(0).max(PORTS - 1).optional(),
  /** Under which name the drive's `BlockBackend` is asked for. Default `drive` and the port. */
  service: z.string().min(1).max(64).optional(),
  serial: z.string().max(20).optional(),
  model: z.string().max(40).optional(),
  /** The guest cannot write, also when the backend could. */
  readOnly: z.boolean().default(false),
});

export const ahciConfig = z.strictObject({
  /** Place on bus 0. */
  device: z.int().min(0).max(31).default(31),
  fn: z.int().min(0).max(7).default(2),
  drives: z.array(drive).max(PORTS).default([]).refine(
    (drives) => new Set(drives.map(({ port }, i) => port ?? i)).size === drives.length, 'two drives are at the same port'),
});
export type AhciConfig = z.output<typeof ahciConfig>;

/** The drives; `unit` is the port. */
export function driveConfigs({ drives }: AhciConfig): readonly DriveConfig[] {
  return drives.map(({ kind, port, service, serial, model, readOnly }, i) => {
    const unit = port ?? i;
    return {
      kind, unit, readOnly,
      service: service ?? `drive${unit}`,
      serial: serial ?? `PV${String(unit + 1).padStart(5, '0')}`,
      model: model ?? (kind === 'disk' ? 'Polyvisor disk' : 'Polyvisor CD-ROM'),
    };
  });
}
