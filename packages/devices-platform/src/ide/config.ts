import { z } from 'zod';

/** Master and slave of both channels. */
export const UNITS = 4;

const drive = z.strictObject({
  kind: z.enum(['disk', 'cdrom']),
  /** 0 and 1 are master and slave of the first channel, 2 and 3 of the second. Default the place in the list. */
  unit: z.int().min(0).max(UNITS - 1).optional(),
  /** Under which name the drive's `BlockBackend` is asked for. Default `drive` and the unit. */
  service: z.string().min(1).max(64).optional(),
  serial: z.string().max(20).optional(),
  model: z.string().max(40).optional(),
  /** The guest cannot write, also when the backend could. */
  readOnly: z.boolean().default(false),
});

export const ideConfig = z.strictObject({
  /** Place on bus 0. */
  device: z.int().min(0).max(31).default(1),
  fn: z.int().min(0).max(7).default(1),
  drives: z.array(drive).max(UNITS).default([]).refine(
    (drives) => new Set(drives.map(({ unit }, i) => unit ?? i)).size === drives.length, 'two drives are the same unit'),
});
export type IdeConfig = z.output<typeof ideConfig>;

export interface DriveConfig {
  readonly kind: 'disk' | 'cdrom';
  readonly unit: number;
  readonly service: string;
  readonly serial: string;
  readonly model: string;
  readonly readOnly: boolean;
}

export function driveConfigs({ drives }: IdeConfig): readonly DriveConfig[] {
  return drives.map(({ kind, unit = -1, service, serial, model, readOnly }, i) => {
    const at = unit < 0 ? i : unit;
    return {
      kind, unit: at, readOnly,
      service: service ?? `drive${at}`,
      serial: serial ?? `PV${String(at + 1).padStart(5, '0')}`,
      model: model ?? (kind === 'disk' ? 'Polyvisor disk' : 'Polyvisor CD-ROM'),
    };
  });
}
