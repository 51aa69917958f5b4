import {
  PolyvisorError, openSection,
  type AddressSpace, type AnyDevice, type Backend, type Host, type InterruptController, type IoAccess,
  type MachineEvents, type Mmu, type Section, type Vcpu,
  type LocalApics,
} from '@polyvisor/core';
import type { MachineClock } from '../clock/clocks.ts';
import type { DeviceMemories } from '../device-memory/device-memories.ts';
import { machineErrors } from '../errors.ts';
import { createLog } from '../events.ts';
import { InterruptRouter } from '../interrupts/router.ts';
import { Buses } from './buses.ts';
import type { DevicePlan, Plan } from './plan.ts';
import { loadDeviceMemory } from '../snapshot/device-memory-section.ts';
import type { Source } from './services.ts';

/** Everything a machine is made of, made. */
export interface Parts {
  readonly io: IoAccess;
  readonly space: AddressSpace;
  readonly mmu: Mmu | undefined;
  readonly vcpus: readonly Vcpu[];
  readonly devices: readonly { readonly plan: DevicePlan; readonly device: AnyDevice }[];
  readonly backend: Backend;
  readonly memories: DeviceMemories;
  /** Whether a device answers at a guest-physical address. */
  readonly claims: (gpa: number) => boolean;
}

export interface BuildInput {
  readonly plan: Plan;
  readonly host: Host;
  readonly space: AddressSpace;
  readonly clock: MachineClock;
  readonly events: MachineEvents;
  /** Where vCPUs appear as they are made, for services that were handed out before. */
  readonly vcpus: Vcpu[];
  /** Sections by id when restoring. */
  readonly saved: ReadonlyMap<string, Section> | undefined;
}

const MAX_INPUTS = 1024;

/** Makes a machine from a checked plan: devices first (in the order of their services), then vCPUs, then the backend. */
export function build(input: BuildInput): Parts {
  const undo: (() => void)[] = [];
  try {
    return makeParts(input, undo);
  } catch (error) {
    // What exists already gives back what it holds outside the machine.
    for (const step of undo.reverse()) step();
    throw error;
  }
}

function makeParts(input: BuildInput, undo: (() => void)[]): Parts {
  const { plan, space, clock, events, saved, vcpus } = input;
  const buses = new Buses(events, input.host, space);
  const { ports, mmio, memories } = buses;
  undo.push(() => {
    memories.release();
  });
  const router = new InterruptRouter(MAX_INPUTS, events, clock);
  router.importing = saved !== undefined;
  const made = new Map<string, AnyDevice>();
  const resolve = (source: Source): unknown =>
    source.from === 'outside' ? source.get() : made.get(source.id)?.provides?.[source.name];

  if (plan.controller?.from === 'outside') router.controller = plan.controller.get() as InterruptController;
  const devices = plan.devices.map((device) => {
    const instance = createDevice(device, input, { router, buses }, resolve);
    undo.push(() => instance.destroy?.());
    checkDevice(device, instance);
    made.set(device.id, instance);
    if (plan.controller?.from === 'device' && plan.controller.id === device.id) {
      router.controller = resolve(plan.controller) as InterruptController;
    }
    buses.place(device, instance);
    return { plan: device, device: instance };
  });
  checkInputs(plan, router.controller);
  router.importing = false;
  buses.connect();

  const io: IoAccess = {
    pioRead: (port, size) => ports.read(port, size),
    pioWrite: (port, size, value) => {
      ports.write(port, size, value);
    },
    mmioRead: (gpa, size) => mmio.read(gpa, size),
    mmioWrite: (gpa, size, value) => {
      mmio.write(gpa, size, value);
    },
    acknowledgeInterrupt: (cpu) => router.controller?.acknowledge(cpu) ?? -1,
  };
  const count = plan.description.cpu.count;
  const mmu = plan.mmu?.plugin.create(plan.mmu.config, { host: input.host, space, cpus: count });
  if (mmu) {
    undo.push(() => {
      mmu.destroy();
    });
  }
  for (let index = 0; index < count; index++) {
    const id = `cpu.${index}`;
    const log = createLog(id, events, () => clock.now());
    const state = saved && openSection(id, plan.cpu.plugin.state, saved.get(id));
    const apics = plan.apics && (resolve(plan.apics) as LocalApics | undefined);
    const cpuHost = { index, host: input.host, space, mmu, io, clock, log, apics };
    const vcpu = plan.cpu.plugin.create(plan.cpu.config, cpuHost, state);
    undo.push(() => {
      vcpu.destroy();
    });
    vcpus.push(vcpu);
  }
  clock.attach(vcpus);
  const backendState = saved && openSection('backend', plan.backend.plugin.state, saved.get('backend'));
  const services = Object.fromEntries([...plan.backend.services].map(([name, source]) => [name, resolve(source)]));
  const log = createLog('backend', events, () => clock.now());
  const backendHost = { vcpus, space, ram: plan.ram, mmu, memory: space.dma(), io, clock, log, services };
  const backend = plan.backend.plugin.create(plan.backend.config, backendHost, backendState);
  return { io, space, mmu, vcpus, devices, backend, memories, claims: (gpa) => mmio.claims(gpa) };
}

function createDevice(
  plan: DevicePlan, input: BuildInput, { router, buses }: { readonly router: InterruptRouter; readonly buses: Buses }, resolve: (source: Source) => unknown,
): AnyDevice {
  const { id, resources, plugin } = plan;
  const { clock, events, saved } = input;
  const place = `devices.${id}`;
  const irq = Object.fromEntries(
    plan.lines.map(({ name, kind, gsi }) => [name, kind === 'level' ? router.level(gsi) : router.edge(gsi, place)]),
  );
  const placements = buses.placements(plan);
  const memory = buses.memory(plan);
  if (saved) loadDeviceMemory(id, memory, saved);
  // Only what was declared gets a field: a device that did not ask for DMA has no `dma` at run time either.
  const host = {
    id,
    clock: { source: clock.source, now: () => clock.now() },
    log: createLog(place, events, () => clock.now()),
    ...(resources.irq && { irq }),
    ...(resources.msi && { msi: router.message(place) }),
    ...(resources.dma && { dma: input.space.dma() }),
    ...(resources.timers && { timer: (fire: () => void) => clock.timer(fire) }),
    ...(placements.size > 0 && { placement: Object.fromEntries(placements) }),
    ...(resources.memory && { memory: Object.fromEntries(memory) }),
    ...(resources.services && { services: Object.fromEntries([...plan.services].map(([n, s]) => [n, resolve(s)])) }),
  };
  const state = saved && openSection(place, plugin.state, saved.get(place));
  try {
    return plugin.create(plan.config, host, state);
  } catch (cause) {
    if (cause instanceof PolyvisorError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PolyvisorError([machineErrors['plugin-failed'](place, { kind: plugin.kind, why }, cause)]);
  }
}

function checkDevice(plan: DevicePlan, device: AnyDevice): void {
  const place = `devices.${plan.id}`;
  const { pio, mmio } = plan.resources;
  checkParts(plan, place, 'regions', Object.keys({ ...pio, ...mmio }), Object.keys(device.regions ?? {}));
  checkParts(plan, place, 'services', Object.keys(plan.resources.provides ?? {}), Object.keys(device.provides ?? {}));
}

function checkParts(plan: DevicePlan, place: string, what: string, declared: readonly string[], returned: readonly string[]): void {
  const missing = declared.filter((n) => !returned.includes(n));
  const extra = returned.filter((n) => !declared.includes(n));
  if (missing.length + extra.length === 0) return;
  throw new PolyvisorError([machineErrors['wrong-parts'](place, { kind: plan.plugin.kind, what, missing, extra })]);
}

function checkInputs(plan: Plan, controller: InterruptController | undefined): void {
  if (!controller) return;
  const { inputs } = controller;
  const [first, ...rest] = plan.devices.flatMap(({ id, lines }) =>
    lines
      .filter(({ gsi }) => gsi >= inputs)
      .map(({ name, gsi }) => machineErrors['irq-out-of-range'](`devices.${id}.irq.${name}`, { line: name, gsi, inputs })),
  );
  if (first) throw new PolyvisorError([first, ...rest]);
}
