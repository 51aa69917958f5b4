import type { SmbiosOptions } from '@polyvisor/firmware';
import type { SmbiosConfig } from './config.ts';
import type { RamBytes } from './layout.ts';

/** As `acpiOptions`, for the tables that name the machine. */
export function smbiosOptions({ manufacturer, product, serial, uuid }: SmbiosConfig, ram: readonly RamBytes[], cpus: number): SmbiosOptions {
  return { cpus, ram, manufacturer, product, ...(serial !== undefined && { serial }), ...(uuid !== undefined && { uuid }) };
}
