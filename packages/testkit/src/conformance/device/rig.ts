import {
  BlockBackendToken, PolyvisorError, decodeSnapshot, encodeSnapshot, openSection, saveSection,
  type AnyDevice, type Section,
} from '@polyvisor/core';
import { testkitErrors } from '../../errors/testkit-errors.ts';
import { ScriptedSource } from '../../fakes/bytes.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { anyDeviceHost } from '../../fakes/fake-device-host.ts';
import { FakeMemory, type FakeMemoryOptions } from '../../fakes/fake-memory.ts';
import { Random } from '../../random/random.ts';
import { RunawayError, Trace, hex } from '../../trace/trace.ts';
import { describeError } from '../report.ts';
import type { DeviceDriver } from './driver.ts';
import type { DeviceSubject } from './options.ts';

export interface RigStart {
  /** Restore from this. */
  readonly section?: Section | undefined;
  /** Time, memory and services as they are around this one. */
  readonly like?: DeviceRig;
  readonly memory?: FakeMemoryOptions;
  readonly failDma?: FakeMemory['failWith'];
  /** False: nothing that could allocate stands between device and fakes. */
  readonly guarded?: boolean;
  /** Stands around every call into the plugin. */
  readonly around?: <T>(act: () => T) => T;
}

type Fake = ReturnType<typeof anyDeviceHost>;

/** What a level line or a timer shows from outside. */
export interface RigStatus {
  readonly levels: Readonly<Record<string, boolean>>;
  /** Deadlines in the order the timers were made; −1 when not armed. */
  readonly timers: readonly number[];
  /** Bases of movable regions and memories; −1 for nowhere. */
  readonly places: Readonly<Record<string, number>>;
}

/** Guest memory begins with a readable part, then read-only, then a hole, then RAM again. */
const MEMORY: FakeMemoryOptions = { size: 0x100000, readOnly: [[0x80000, 0x90000]], holes: [[0x90000, 0xa0000]] };
/** `advance` may pass thousands of periods. */
const CALLS_WHILE_TIME_PASSES = 4_000_000;

/** One device among fakes. Exceptions of its handlers are kept as faults and show in the trace. */
export class DeviceRig {
  readonly subject: DeviceSubject;
  readonly device: AnyDevice;
  readonly fake: Fake;
  /** What it did to its surroundings while it was made. */
  readonly whileMade: readonly string[];
  readonly faults: string[] = [];
  readonly runaways: string[] = [];
  /** Its services answer by promises. */
  readonly asynchronous: boolean;
  readonly #around: <T>(act: () => T) => T;

  constructor(subject: DeviceSubject, start: RigStart = {}) {
    this.subject = subject;
    this.#around = start.around ?? ((act) => act());
    const { plugin, config } = subject;
    const trace = new Trace();
    const clock = new FakeClock(start.like?.fake.clock.now() ?? 0, trace);
    const memory = new FakeMemory({ ...MEMORY, ...subject.options.memory, ...start.memory, trace });
    if (start.failDma !== undefined) memory.failWith = start.failDma;
    const services = subject.options.services?.({ trace, clock, random: new Random(subject.seed) }) ?? {};
    const guarded = start.guarded ?? true;
    this.fake = this.#around(() => anyDeviceHost(plugin, config, { trace, clock, memory, services, guarded }));
    if (start.like) this.#surroundAs(start.like);
    this.asynchronous = Object.values(this.fake.resources.services ?? {}).some((t) => t.key === BlockBackendToken.key);
    trace.maxCalls = subject.limits.calls;
    trace.maxBytes = subject.limits.dmaBytes;
    const saved = start.section === undefined ? undefined : openSection('dut', plugin.state, start.section);
    this.device = this.#around(() => plugin.create(config, this.fake.host, saved));
    this.whileMade = [...trace.entries];
  }

  get trace(): Trace {
    return this.fake.trace;
  }
  get clock(): FakeClock {
    return this.fake.clock;
  }

  read(region: string, offset: number, size: 1 | 2 | 4): number {
    const handler = this.#region(region);
    const what = `read ${region}+${hex(offset)}/${size}`;
    const value = this.perform(what, () => handler.read(offset, size));
    if (value !== undefined && this.trace.on) this.trace.add(`${what} = ${hex(value)}`);
    return value ?? -1;
  }
  write(region: string, offset: number, size: 1 | 2 | 4, value: number): void {
    const handler = this.#region(region);
    const what = `write ${region}+${hex(offset)}/${size} = ${hex(value)}`;
    if (this.trace.on) this.trace.add(what);
    this.perform(what, () => { handler.write(offset, size, value); });
  }
  advance(ns: number): void {
    this.trace.maxCalls = CALLS_WHILE_TIME_PASSES;
    this.perform(`advance ${ns}`, () => this.clock.advance(ns));
    this.trace.maxCalls = this.subject.limits.calls;
  }
  feed(service: string, bytes: Iterable<number> | string): void {
    const source = this.fake.services[service];
    if (source instanceof ScriptedSource) this.perform(`feed ${service}`, () => { source.feed(bytes); });
  }
  reset(why: 'power-on' | 'warm'): void {
    this.perform(`reset ${why}`, () => { this.device.reset(why); });
  }
  destroy(): void {
    this.perform('destroy', () => this.device.destroy?.());
  }

  /** Calls into the device; an exception is kept. */
  perform<T>(what: string, act: () => T): T | undefined {
    this.trace.startOperation();
    try {
      return this.#around(act);
    } catch (error) {
      const kept = error instanceof RunawayError ? this.runaways : this.faults;
      kept.push(`${what}: ${describeError(error)}`);
      if (this.trace.on) this.trace.add(`${what} threw ${describeError(error)}`);
      return undefined;
    }
  }

  /** The section as a snapshot would carry it: through CBOR and back. Throws when the state does not fit its schema. */
  save(): Section | undefined {
    this.trace.startOperation();
    const section = this.#around(() =>
      saveSection('dut', this.subject.plugin.kind, this.subject.plugin.state, () => this.device.save?.()));
    if (!section) return undefined;
    const bytes = encodeSnapshot({ format: 'polyvisor', version: 1, description: null, sections: [section] });
    return decodeSnapshot(bytes).sections[0];
  }

  status(): RigStatus {
    const levels = Object.fromEntries([...this.fake.levels].map(([name, line]) => [name, line.asserted]));
    const places = Object.fromEntries([...this.fake.placements, ...this.fake.memories].map(([name, { base }]) => [name, base ?? -1]));
    return { levels, places, timers: this.clock.timers.map((t) => (t.armed ? t.deadline : -1)) };
  }

  driver(random: Random): DeviceDriver {
    return {
      read: (region, offset, size) => this.read(region, offset, size),
      write: (region, offset, size, value) => { this.write(region, offset, size, value); },
      advance: (ns) => { this.advance(ns); },
      feed: (service, bytes) => { this.feed(service, bytes); },
      memory: this.fake.memory,
      asserted: (line) => this.fake.levels.get(line)?.asserted ?? false,
      service: (name) => this.fake.services[name],
      provided: (name) => this.device.provides?.[name],
      config: this.subject.config,
      random,
    };
  }

  /** Nothing waits to be read any more, as when the power comes on. */
  drain(): void {
    for (const service of Object.values(this.fake.services)) if (service instanceof ScriptedSource) service.clear();
  }

  #region(name: string) {
    const region = this.device.regions?.[name];
    if (!region) throw new PolyvisorError([testkitErrors['no-region'](this.subject.plugin.kind, { name })]);
    return region;
  }
  #surroundAs(like: DeviceRig): void {
    this.fake.memory.bytes.set(like.fake.memory.bytes);
    for (const [name, { bytes }] of this.fake.memories) bytes.set(like.fake.memories.get(name)?.bytes ?? []);
    for (const [name, service] of Object.entries(this.fake.services)) {
      const { takeOver } = service as { takeOver?: (other: unknown) => void };
      takeOver?.call(service, like.fake.services[name]);
    }
  }
}

/** Lets promises of services settle, when there are such services. */
export async function settle(rig: DeviceRig): Promise<void> {
  if (!rig.asynchronous) return;
  for (let i = 0; i < 16; i += 1) await Promise.resolve();
}
