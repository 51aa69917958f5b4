import { readFileSync } from 'node:fs';
import { resolve, dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PolyvisorError, type AnyDevicePlugin } from '@polyvisor/core';
import type { MachineDescription } from '@polyvisor/machine';
import { runErrors } from '../errors.ts';

type Changes = Partial<Omit<MachineDescription, 'devices'>> & { readonly devices?: Readonly<Record<string, object | null>> };

/** What a machine file says: modules with plugins, and changes to the machine that the options describe. */
export interface MachineFile {
  readonly plugins: readonly AnyDevicePlugin[];
  readonly changes: Changes;
}

/**
 * Reads a machine file: JSON with `plugins`, a list of modules (paths from the file on) that export device plugins, and any part
 * of a machine description. Devices are added to the machine's; one of an existing name takes its place, `null` removes it.
 */
export async function readMachineFile(path: string): Promise<MachineFile> {
  const refuse = (why: string, cause?: unknown): PolyvisorError => new PolyvisorError([runErrors['bad-machine-file']('', { path, why }, cause)]);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw refuse('it is no object');
  const { plugins = [], ...changes } = json as { readonly plugins?: unknown };
  if (!Array.isArray(plugins) || !plugins.every((module) => typeof module === 'string')) throw refuse('"plugins" is no list of modules');
  const found: AnyDevicePlugin[] = [];
  for (const module of plugins) {
    const devices = await devicesOf(resolve(dirname(path), module), (why, cause) => refuse(`${module} ${why}`, cause));
    found.push(...devices);
  }
  return { plugins: found, changes: changes };
}

export function changed(description: MachineDescription, { devices = {}, ...changes }: Changes): MachineDescription {
  const all = Object.entries({ ...description.devices, ...devices }).filter(([, device]) => device !== null);
  return { ...description, ...changes, devices: Object.fromEntries(all) as NonNullable<MachineDescription['devices']> };
}

async function devicesOf(path: string, refuse: (why: string, cause?: unknown) => PolyvisorError): Promise<AnyDevicePlugin[]> {
  let module: object;
  try {
    module = (await import(pathToFileURL(path).href)) as object;
  } catch (cause) {
    throw refuse(`cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  const devices = Object.values(module).filter(isDevice);
  if (devices.length === 0) throw refuse('exports no device plugin');
  return devices;
}

function isDevice(value: unknown): value is AnyDevicePlugin {
  const { kind, create, resources } = (value ?? {}) as Partial<AnyDevicePlugin>;
  return typeof kind === 'string' && typeof create === 'function' && typeof resources === 'function';
}
