import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PolyvisorError, type AnyDevicePlugin, type Problem } from '@polyvisor/core';
import type { MachineDescription } from '@polyvisor/machine';
import { runErrors } from '../errors.ts';
import { withSlots } from './slots.ts';

type Devices = Readonly<Record<string, object | null>>;
type Changes = Partial<Omit<MachineDescription, 'devices'>> & { readonly devices?: Devices };

/** What a machine file says: modules with plugins, and changes to the machine that the options describe. */
export interface MachineFile {
  readonly path: string;
  readonly plugins: readonly AnyDevicePlugin[];
  readonly changes: Changes;
}

export const NO_MACHINE_FILE: MachineFile = { path: '', plugins: [], changes: {} };

/** What a person can do in a file, where the remedy of the composition is one in code. */
const REMEDIES: Readonly<Record<string, string>> = {
  'machine/unknown-plugin': 'Correct the kind, or name the module that exports it under "plugins" of the file.',
  'pci/slot-taken': 'Give it another "slot", or none: then it gets a free one.',
};

/**
 * Reads a machine file: JSON with `plugins`, a list of modules (paths from the file on, or names of installed packages) that export
 * device plugins, and any part of a machine description. Devices are added to the machine's; one of an existing name takes its
 * place, `null` removes it.
 */
export async function readMachineFile(path: string): Promise<MachineFile> {
  const refuse = (why: string, cause?: unknown): PolyvisorError => new PolyvisorError([runErrors['bad-machine-file']('', { path, why }, cause)]);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw refuse(messageOf(cause), cause);
  }
  if (!isObject(json)) throw refuse('it is no object');
  const { plugins: modules = [], ...changes } = json;
  if (!Array.isArray(modules) || !modules.every((module) => typeof module === 'string')) throw refuse('"plugins" is no list of modules');
  if (!isObject(changes['devices'] ?? {})) throw refuse('"devices" is no object of devices by their names');
  // A module may export a plugin twice, by name and as its default.
  const plugins = new Set<AnyDevicePlugin>();
  for (const [i, module] of modules.entries()) {
    for (const plugin of await devicesOf(module, path, `${path}: plugins.${i}`)) plugins.add(plugin);
  }
  return { path, plugins: [...plugins], changes };
}

/** The description with a file's changes. A PCI function of the file that says no slot gets a free one. */
export function changed(description: MachineDescription, { changes: { devices = {}, ...changes } }: MachineFile, plugins: readonly AnyDevicePlugin[]): MachineDescription {
  const all = Object.entries({ ...description.devices, ...devices }).filter(([, device]) => device !== null);
  const merged = Object.fromEntries(all) as NonNullable<MachineDescription['devices']>;
  return { ...description, ...changes, devices: withSlots(merged, Object.keys(devices), plugins) };
}

/** Makes a machine: a mistake that stands in the file is answered with the file's name. */
export function blaming<T>(file: MachineFile, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof PolyvisorError)) throw error;
    const [first, ...rest] = error.problems;
    throw new PolyvisorError([located(first, file), ...rest.map((problem) => located(problem, file))], { cause: error });
  }
}

function located(problem: Problem, { path, plugins, changes }: MachineFile): Problem {
  const own = Object.keys(changes.devices ?? {});
  // A device that a bus refuses is called by its name alone.
  const place = own.includes(problem.place) ? `devices.${problem.place}` : problem.place;
  const [part = '', name = ''] = place.split('.');
  const here = part === 'devices' ? own.includes(name) : part === 'plugins' ? plugins.length > 0 : Object.hasOwn(changes, part);
  return here ? { ...problem, place: `${path}: ${place}`, remedy: REMEDIES[problem.code] ?? problem.remedy } : problem;
}

async function devicesOf(module: string, file: string, place: string): Promise<AnyDevicePlugin[]> {
  const refuse = (why: string, cause?: unknown): PolyvisorError => new PolyvisorError([runErrors['machine-file-module'](place, { module, why }, cause)]);
  const path = resolve(dirname(file), module);
  const found = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  if (!found && /^(\.|\/|[A-Za-z]:)/.test(module)) throw refuse(`is no file: ${path}`);
  let exported: object;
  try {
    exported = (await import(pathToFileURL(found ? path : packageEntry(module, resolve(file))).href)) as object;
  } catch (cause) {
    const why = `cannot be loaded: ${messageOf(cause)}`;
    throw refuse(found ? why : `is no file (${path}), and as a package it ${why}`, cause);
  }
  const devices = Object.values(exported).filter(isDevice);
  if (devices.length === 0) throw refuse(`exports no device, but: ${Object.keys(exported).join(', ') || 'nothing'}`);
  return devices;
}

/** The file that a module beside the machine file would get by a package's name, wherever this command is installed. */
function packageEntry(name: string, file: string): string {
  const require = createRequire(file);
  try {
    return require.resolve(name);
  } catch (cause) {
    // A package for `import` alone: Node offers no resolution from another place than this module's.
    const folder = require.resolve.paths(name)?.map((modules) => join(modules, name)).find((path) => existsSync(join(path, 'package.json')));
    const { exports } = (folder === undefined ? {} : JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))) as { readonly exports?: unknown };
    let entry: unknown = isObject(exports) ? exports['.'] ?? exports : undefined;
    while (isObject(entry)) entry = entry['node'] ?? entry['import'] ?? entry['default'];
    if (folder === undefined || typeof entry !== 'string') throw cause;
    return join(folder, entry);
  }
}

function isDevice(value: unknown): value is AnyDevicePlugin {
  const { kind, create, resources } = (value ?? {}) as Partial<AnyDevicePlugin>;
  return typeof kind === 'string' && typeof create === 'function' && typeof resources === 'function';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function messageOf(error: unknown): string {
  // Behind the first line stands which modules required which.
  return error instanceof Error ? error.message.split('\nRequire stack')[0]! : String(error);
}
