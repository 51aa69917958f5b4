import {
  LocalApicsToken, FRAME_SIZE, PolyvisorError, lineWish, schemaProblems, throwIfAny,
  type AnyBackendPlugin, type AnyCpuPlugin, type AnyDevicePlugin, type AnyMmuPlugin, type LineKind, type Problem,
  type RamRange, type Resources, type Scope,
} from '@polyvisor/core';
import type { z } from 'zod';
import { machineDescription, type ParsedDescription } from '../description/schema.ts';
import { machineErrors } from '../errors.ts';
import { Placement, type Placed } from './placement.ts';
import { PluginIndex, type NamedService, type Plugins } from './plugins.ts';
import { ServiceBinder, creationOrder, type Source } from './services.ts';

const LARGEST_MEMORY = 2 ** 30;

export interface LinePlan {
  readonly name: string;
  readonly kind: LineKind;
  readonly gsi: number;
}

/** A device that passed all checks. */
export interface DevicePlan {
  readonly id: string;
  readonly plugin: AnyDevicePlugin;
  readonly config: unknown;
  readonly resources: Resources;
  readonly pio: readonly Placed[];
  readonly mmio: readonly Placed[];
  readonly lines: readonly LinePlan[];
  readonly services: ReadonlyMap<string, Source>;
  /** Ids of devices that must exist first. */
  readonly needs: ReadonlySet<string>;
}

/** A description that passed all checks: what `build` makes a machine of. */
export interface Plan {
  readonly description: ParsedDescription;
  readonly cpu: { readonly plugin: AnyCpuPlugin; readonly config: unknown };
  readonly mmu: { readonly plugin: AnyMmuPlugin; readonly config: unknown } | undefined;
  readonly backend: { readonly plugin: AnyBackendPlugin; readonly config: unknown; readonly services: ReadonlyMap<string, Source> };
  readonly ram: readonly RamRange[];
  /** In creation order. */
  readonly devices: readonly DevicePlan[];
  readonly controller: Source | undefined;
  /** Who has the processors' local APICs. */
  readonly apics: Source | undefined;
}

/** Checks everything that can be checked before anything is made, and throws one error with all problems. */
export function planMachine(input: unknown, plugins: Plugins, scope: Scope, named: readonly NamedService[]): Plan {
  const parsed = machineDescription.safeParse(input);
  if (!parsed.success) throw failed(schemaProblems('machine', '', 'the machine description', parsed.error));
  const description = parsed.data;
  const problems: Problem[] = [];

  const cpu = pick(new PluginIndex('CPU', plugins.cpus, problems), description.cpu, 'cpu', problems);
  const mmus = new PluginIndex('MMU', plugins.mmus ?? [], problems);
  const mmu = description.mmu && pick(mmus, description.mmu, 'mmu', problems);
  const backend = pick(new PluginIndex('backend', plugins.backends, problems), description.backend, 'backend', problems);
  const ram = backend ? planRam(description.memory, backend, problems) : [];

  const binder = new ServiceBinder(scope, named, problems);
  const devices = planDevices(description, plugins, ram, binder, problems);
  const backendServices = new Map<string, Source>();
  for (const [name, token] of Object.entries(backend?.plugin.services ?? {})) {
    const source = binder.bind('backend.services', name, token, undefined);
    if (source) backendServices.set(name, source);
  }
  const wantsController = devices.some((d) => d.resources.irq !== undefined || d.resources.msi === true);
  const controller = wantsController ? binder.interruptController('devices') : undefined;
  if (controller?.from === 'device') {
    for (const d of devices) if (d.id !== controller.id && (d.lines.length > 0 || d.resources.msi)) d.needs.add(controller.id);
  }
  checkSharing(devices, problems);
  const ordered = creationOrder(devices, problems);
  throwIfAny(problems);
  // Both exist, or there was a problem; the compiler cannot know.
  if (!cpu || !backend) throw new Error('a plugin is missing without a problem');
  return { description, cpu, mmu, backend: { ...backend, services: backendServices }, ram, devices: ordered, controller, apics: binder.optional(LocalApicsToken) };
}

function failed(problems: readonly Problem[]): PolyvisorError {
  const [first, ...rest] = problems;
  if (!first) throw new Error('a schema refused the value without a reason');
  return new PolyvisorError([first, ...rest]);
}

interface Choice {
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
}

function pick<P extends { readonly kind: string; readonly config: z.ZodType }>(
  index: PluginIndex<P>,
  choice: Choice,
  place: string,
  problems: Problem[],
): { readonly plugin: P; readonly config: unknown } | undefined {
  const plugin = index.find(choice.kind, `${place}.kind`, problems);
  if (!plugin) return undefined;
  const config = plugin.config.safeParse(choice.config);
  if (config.success) return { plugin, config: config.data };
  problems.push(...schemaProblems('machine', `${place}.config`, choice.kind, config.error));
  return undefined;
}

function planRam(bytes: number, backend: { plugin: AnyBackendPlugin; config: unknown }, problems: Problem[]): readonly RamRange[] {
  if (bytes % FRAME_SIZE !== 0 || bytes === 0) {
    problems.push(machineErrors['bad-memory-size']('memory', { size: String(bytes), why: 'is not a positive multiple of 4096' }));
    return [];
  }
  const ram = ask('backend', backend.plugin, problems, () => backend.plugin.layout(bytes, backend.config));
  if (!ram) return [];
  let end = 0;
  let sum = 0;
  for (const { gfn, count } of ram) {
    if (gfn < end) problems.push(machineErrors['bad-layout']('backend', { kind: backend.plugin.kind, why: 'overlaps or is not ascending' }));
    end = gfn + count;
    sum += count;
  }
  if (sum * FRAME_SIZE !== bytes) {
    const why = `has ${sum * FRAME_SIZE} bytes instead of ${bytes}`;
    problems.push(machineErrors['bad-layout']('backend', { kind: backend.plugin.kind, why }));
  }
  return ram;
}

/** What a plugin answers; a plugin that throws instead is reported like any other mistake. */
function ask<T>(place: string, plugin: { readonly kind: string }, problems: Problem[], question: () => T): T | undefined {
  try {
    return question();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    problems.push(machineErrors['plugin-failed'](place, { kind: plugin.kind, why }, cause));
    return undefined;
  }
}

type OpenDevicePlan = DevicePlan & { readonly needs: Set<string> };

function planDevices(
  description: ParsedDescription,
  plugins: Plugins,
  ram: readonly RamRange[],
  binder: ServiceBinder,
  problems: Problem[],
): OpenDevicePlan[] {
  const index = new PluginIndex('device', plugins.devices ?? [], problems);
  const chosen = Object.entries(description.devices).flatMap(([id, device]) => {
    const found = pick(index, device, `devices.${id}`, problems);
    const resources = found && ask(`devices.${id}`, found.plugin, problems, () => found.plugin.resources(found.config));
    return found && resources ? [{ id, device, ...found, resources }] : [];
  });
  for (const { id, resources } of chosen) checkMemory(`devices.${id}.memory`, resources, problems);
  for (const { id, resources } of chosen) binder.offerFrom(id, resources.provides ?? {});
  const ports = new Placement('pio', [], problems);
  const memory = new Placement('mmio', ram, problems);
  return chosen.map(({ id, device, plugin, config, resources }) => {
    const place = `devices.${id}`;
    const services = new Map<string, Source>();
    for (const [name, token] of Object.entries(resources.services ?? {})) {
      const source = binder.bind(`${place}.services.${name}`, name, token, device.services[name]);
      if (source) services.set(name, source);
    }
    unknownNames(`${place}.services`, 'service', Object.keys(device.services), Object.keys(resources.services ?? {}), problems);
    const sources = [...services.values()];
    return {
      id,
      plugin,
      config,
      resources,
      pio: ports.device(place, resources.pio ?? {}, device.pio),
      mmio: memory.device(place, resources.mmio ?? {}, device.mmio),
      lines: planLines(place, resources, device.irq, problems),
      services,
      needs: new Set(sources.flatMap((s) => (s.from === 'device' && s.id !== id ? [s.id] : []))),
    };
  });
}

function checkMemory(place: string, { memory = {} }: Resources, problems: Problem[]): void {
  for (const [region, { size }] of Object.entries(memory)) {
    if (Number.isInteger(size) && size % FRAME_SIZE === 0 && size > 0 && size <= LARGEST_MEMORY) continue;
    const why = `size ${size} is not a multiple of ${FRAME_SIZE} from ${FRAME_SIZE} to ${LARGEST_MEMORY}`;
    problems.push(machineErrors['bad-wish'](`${place}.${region}`, { region, why }));
  }
}

function planLines(place: string, resources: Resources, inputs: Readonly<Record<string, number>>, problems: Problem[]): LinePlan[] {
  const wishes = resources.irq ?? {};
  unknownNames(`${place}.irq`, 'irq', Object.keys(inputs), Object.keys(wishes), problems);
  return Object.entries(wishes).flatMap(([name, wish]) => {
    const { kind, prefer } = lineWish(wish);
    const gsi = inputs[name] ?? prefer;
    if (gsi !== undefined) return [{ name, kind, gsi }];
    problems.push(machineErrors['no-irq-input'](`${place}.irq.${name}`, { line: name }));
    return [];
  });
}

function unknownNames(place: string, space: string, given: readonly string[], known: readonly string[], problems: Problem[]): void {
  for (const name of given) {
    if (!known.includes(name)) problems.push(machineErrors['unknown-placement'](`${place}.${name}`, { name, space, known }));
  }
}

function checkSharing(devices: readonly DevicePlan[], problems: Problem[]): void {
  const first = new Map<number, { kind: LineKind; place: string }>();
  for (const { id, lines } of devices) {
    for (const { name, kind, gsi } of lines) {
      const place = `devices.${id}.irq.${name}`;
      const other = first.get(gsi);
      if (!other) first.set(gsi, { kind, place });
      else if (other.kind !== kind) problems.push(machineErrors['irq-mixed'](place, { line: name, gsi, other: other.place }));
    }
  }
}
