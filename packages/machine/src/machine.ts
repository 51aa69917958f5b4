import {
  CpuPinsToken, CurrentCpuToken, FRAME_SIZE, PolyvisorError, PowerControlToken, RUN_FRAMES, Scope, saveSection,
  type AddressSpace, type CpuPins, type Host, type IoAccess, type MachineEvents, type MachineState, type Mmu,
  type Problem, type Section, type Snapshot, type Vcpu,
} from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { HostClock, InstructionClock, type MachineClock } from './clock/clocks.ts';
import { environmentLoop, type EventLoop } from './clock/event-loop.ts';
import { build, type Parts } from './compose/build.ts';
import { planMachine, type Plan } from './compose/plan.ts';
import type { NamedService, Plugins } from './compose/plugins.ts';
import type { MachineDescription } from './description/schema.ts';
import { runsOf } from './device-memory/device-memory.ts';
import { machineErrors } from './errors.ts';
import { createEvents } from './events.ts';
import { RunLoop, type Stop } from './run/run-loop.ts';
import { checkSections, openClock, saveClock } from './snapshot/clock-section.ts';
import { saveDeviceMemory } from './snapshot/device-memory-section.ts';
import { MEMORY_SECTION, loadMemory, saveMemory } from './snapshot/memory-section.ts';

export interface MachineOptions {
  readonly plugins: Plugins;
  /** Services for devices and the backend; the machine adds its own in a child scope. */
  readonly scope?: Scope;
  /** Services that the description chooses by name. */
  readonly services?: readonly NamedService[];
  /** A Host to live in, for machines that share frames; by default the machine makes and destroys its own. */
  readonly host?: Host;
  readonly eventLoop?: EventLoop;
}

/** How a machine came to its end. */
export type Outcome =
  | { readonly kind: 'off'; readonly status: number }
  | { readonly kind: 'faulted'; readonly problem: Problem }
  | { readonly kind: 'destroyed' };

/** Frames for second-level tables and copies, beyond guest RAM. */
const SPARE_BYTES = 4 * 2 ** 20;

/** A composed machine. Make one with `createMachine` or `restoreMachine`. */
export class Machine {
  readonly events: MachineEvents;
  /** The machine's services: the caller's, its own, and those its devices provide. */
  readonly scope: Scope;
  readonly host: Host;
  readonly clock: MachineClock;
  readonly #plan: Plan;
  readonly #parts: Parts;
  readonly #runLoop: RunLoop;
  /** Devices may drive pins while they are constructed, before there is anything to wake. */
  #wake: () => void = () => undefined;
  readonly #ownsHost: boolean;
  /** The vCPU that runs, which devices with registers for each of them ask for. */
  readonly #current = { index: 0 };
  readonly #input: unknown;
  #state: MachineState = 'created';
  #finish: (outcome: Outcome) => void = () => undefined;
  #finished: Promise<Outcome>;

  constructor(description: unknown, options: MachineOptions, snapshot: Snapshot | undefined) {
    this.events = createEvents();
    this.scope = (options.scope ?? Scope.root()).child();
    this.#input = description;
    const vcpus: Vcpu[] = [];
    this.scope.provide(PowerControlToken, {
      powerOff: (status) => {
        this.#requestStop({ kind: 'power-off', status });
      },
      reset: () => {
        this.#requestStop({ kind: 'reset' });
      },
    });
    this.scope.provide(CurrentCpuToken, this.#current);
    this.scope.provideLazily(CpuPinsToken, () => this.#pins(vcpus, this.#plan.description.cpu.count));
    this.#plan = planMachine(description, options.plugins, this.scope, options.services ?? []);
    const { memory, clock, name } = this.#plan.description;
    const loop = options.eventLoop ?? environmentLoop();
    this.clock = clock.source === 'host' ? new HostClock(() => loop.now()) : new InstructionClock(clock.hertz);
    this.#ownsHost = options.host === undefined;
    this.host = options.host ?? createHost({ frames: memory + this.#deviceMemory() + SPARE_BYTES });
    const format = this.#plan.mmu?.plugin.format;
    const space = this.host.createAddressSpace(format === undefined ? { name } : { name, format });
    try {
      const saved = snapshot && this.#openSnapshot(snapshot, space);
      if (!saved) for (const { gfn, count, rights } of this.#plan.ram) space.populate(gfn, count, rights);
      if (snapshot) this.clock.set(openClock(snapshot.sections));
      const { events } = this;
      this.#parts = build({ plan: this.#plan, host: this.host, space, clock: this.clock, events, vcpus, saved });
    } catch (error) {
      space.destroy();
      if (this.#ownsHost) this.host.destroy();
      throw error;
    }
    this.#publishServices();
    this.#runLoop = new RunLoop({ ...this.#parts, current: this.#current }, this.clock, this.events, loop, (stop) => {
      this.#onStop(stop);
    });
    this.#wake = () => {
      this.#runLoop.wake();
    };
    this.#finished = this.#nextOutcome();
    if (snapshot) this.#become('paused');
    else this.#parts.backend.boot('power-on');
  }

  get state(): MachineState {
    return this.#state;
  }
  /**
   * Resolves when the machine is off, has faulted or is destroyed. An off or faulted machine can still be inspected and
   * saved; when it is reset, there is a new promise for its next end.
   */
  get finished(): Promise<Outcome> {
    return this.#finished;
  }
  get vcpus(): readonly Vcpu[] {
    return this.#parts.vcpus;
  }
  /** Guest-physical memory. */
  get space(): AddressSpace {
    return this.#parts.space;
  }
  get mmu(): Mmu | undefined {
    return this.#parts.mmu;
  }
  /** Ports and device memory, as a vCPU reaches them. */
  get io(): IoAccess {
    return this.#parts.io;
  }

  /** Power on: from `created`. */
  start(): void {
    this.#expect('start', ['created']);
    this.#run();
  }
  /** Guest time stands still until `resume`. Takes effect at once. */
  pause(): void {
    this.#expect('pause', ['running']);
    this.#runLoop.stop();
    for (const { device } of this.#parts.devices) device.pause?.();
    this.#become('paused');
  }
  resume(): void {
    this.#expect('resume', ['paused']);
    for (const { device } of this.#parts.devices) device.resume?.();
    this.#run();
  }
  /** The reset button: everything but RAM goes to its power-on state; a machine that is off or faulted starts again. */
  reset(): void {
    this.#expect('reset', ['created', 'running', 'paused', 'off', 'faulted']);
    this.#resetParts();
    if (this.#state !== 'off' && this.#state !== 'faulted') return;
    this.#finished = this.#nextOutcome();
    this.#become('created');
  }
  /** Pulls the plug. `status` is what `finished` reports. */
  powerOff(status = 0): void {
    this.#expect('power off', ['created', 'running', 'paused']);
    this.#onStop({ kind: 'power-off', status });
  }
  /**
   * Runs at most about `budget` instructions of each vCPU here and now, without the event loop, for tests and tools.
   * The machine is `paused` afterwards, unless it ended.
   */
  run(budget: number): void {
    this.#expect('run', ['created', 'paused']);
    this.#become('running');
    this.#runLoop.runNow(budget);
    if (this.#state === 'running') this.#become('paused');
  }
  /** The whole state as a value; encode it with `encodeSnapshot`. */
  save(): Snapshot {
    this.#expect('save', ['created', 'paused', 'off', 'faulted']);
    const { cpu, backend } = this.#plan;
    const { devices, vcpus, space, memories } = this.#parts;
    const sections: (Section | undefined)[] = [
      saveClock(this.clock.now()),
      saveMemory(this.host, space, memories.shown()),
      ...saveDeviceMemory(memories.all),
      saveSection('backend', backend.plugin.kind, backend.plugin.state, () => this.#parts.backend.save()),
      ...vcpus.map((vcpu) => saveSection(`cpu.${vcpu.index}`, cpu.plugin.kind, cpu.plugin.state, () => vcpu.save())),
      ...devices.map(({ plan, device }) =>
        saveSection(`devices.${plan.id}`, plan.plugin.kind, plan.plugin.state, () => device.save?.()),
      ),
    ];
    return { format: 'polyvisor', version: 1, description: this.#input, sections: sections.filter((s) => s !== undefined) };
  }
  /** Gives everything back. The machine is of no use afterwards. */
  destroy(): void {
    if (this.#state === 'destroyed') return;
    this.#runLoop.stop();
    const { devices, vcpus, backend, mmu, memories, space } = this.#parts;
    backend.destroy();
    for (const vcpu of vcpus) vcpu.destroy();
    for (const { device } of [...devices].reverse()) device.destroy?.();
    mmu?.destroy();
    memories.release();
    space.destroy();
    if (this.#ownsHost) this.host.destroy();
    this.#become('destroyed');
    this.#finish({ kind: 'destroyed' });
    for (const point of Object.values(this.events) as { complete(): void }[]) point.complete();
  }

  /** Bytes that the memories of devices take, in whole runs. */
  #deviceMemory(): number {
    const sizes = this.#plan.devices.flatMap(({ resources }) => Object.values(resources.memory ?? {}));
    return sizes.reduce((sum, { size }) => sum + runsOf(size) * RUN_FRAMES * FRAME_SIZE, 0);
  }

  #nextOutcome(): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  #run(): void {
    this.#become('running');
    this.#runLoop.start();
  }

  #requestStop(stop: Stop): void {
    this.#runLoop.request ??= stop;
    for (const vcpu of this.#parts.vcpus) vcpu.kick();
    this.#runLoop.wake();
  }

  #onStop(stop: Stop): void {
    if (stop.kind === 'reset') {
      this.#resetParts();
      return;
    }
    this.#runLoop.stop();
    if (stop.kind === 'power-off') {
      this.#become('off', { status: stop.status });
      this.#finish({ kind: 'off', status: stop.status });
    } else {
      this.#become('faulted', { problem: stop.problem });
      this.#finish({ kind: 'faulted', problem: stop.problem });
    }
  }

  #resetParts(): void {
    for (const { device } of this.#parts.devices) device.reset('warm');
    for (const vcpu of this.#parts.vcpus) vcpu.reset();
    this.#parts.mmu?.flush({ what: 'all' });
    this.#parts.backend.boot('warm');
    this.#runLoop.wake();
  }

  /** What exactly one device provides can be had from the machine's scope. */
  #publishServices(): void {
    const offers = this.#parts.devices.flatMap(({ plan, device }) =>
      Object.entries(plan.resources.provides ?? {}).map(([name, token]) => ({ token, value: device.provides?.[name] })),
    );
    for (const { token, value } of offers) {
      if (offers.filter((o) => o.token.key === token.key).length === 1) this.scope.provide(token, value);
    }
  }

  #pins(vcpus: readonly Vcpu[], count: number): CpuPins {
    const woken = (act: (vcpu: Vcpu) => void) => (cpu: number) => {
      const vcpu = vcpus[cpu];
      if (!vcpu) return;
      act(vcpu);
      this.#wake();
    };
    return {
      count,
      setIntr: (cpu, asserted) => {
        vcpus[cpu]?.setIntr(asserted);
        if (asserted) this.#wake();
      },
      nmi: woken((vcpu) => {
        vcpu.nmi();
      }),
      smi: woken((vcpu) => {
        vcpu.smi();
      }),
      init: woken((vcpu) => {
        vcpu.init();
      }),
      sipi: (cpu, vector) => {
        vcpus[cpu]?.sipi(vector);
        this.#wake();
      },
    };
  }

  #openSnapshot(snapshot: Snapshot, space: AddressSpace): ReadonlyMap<string, Section> {
    const saved = new Map(snapshot.sections.map((s) => [s.id, s]));
    const problems = checkSections(snapshot, this.#plan);
    const wrong = loadMemory(this.host, space, saved.get(MEMORY_SECTION));
    if (wrong !== undefined) problems.push(machineErrors['snapshot-section'](MEMORY_SECTION, { section: MEMORY_SECTION, why: wrong }));
    const [first, ...rest] = problems;
    if (first) throw new PolyvisorError([first, ...rest]);
    return saved;
  }

  #expect(action: string, allowed: readonly MachineState[]): void {
    if (allowed.includes(this.#state)) return;
    const params = { action, state: this.#state, allowed };
    throw new PolyvisorError([machineErrors['wrong-state'](this.#plan.description.name, params)]);
  }

  #become(to: MachineState, more: { readonly status?: number; readonly problem?: Problem } = {}): void {
    const from = this.#state;
    this.#state = to;
    if (this.events.lifecycle.active) this.events.lifecycle.emit({ from, to, ...more });
  }
}

/**
 * Composes a machine from its description (an object, or parsed JSON) and plugins. Throws one `PolyvisorError` with
 * every problem that was found.
 */
export function createMachine(description: MachineDescription, options: MachineOptions): Machine {
  return new Machine(description, options, undefined);
}

/** Constructs a machine in the saved state; it is `paused`. */
export function restoreMachine(snapshot: Snapshot, options: MachineOptions): Machine {
  return new Machine(snapshot.description, options, snapshot);
}
