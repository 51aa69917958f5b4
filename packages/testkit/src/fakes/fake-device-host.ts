import {
  PolyvisorError, lineWish,
  type AnyDevicePlugin, type DeviceHost, type DevicePlugin, type EdgeLine, type LevelLine, type Resources,
} from '@polyvisor/core';
import { testkitErrors } from '../errors/testkit-errors.ts';
import { Trace } from '../trace/trace.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeMemory } from './fake-memory.ts';
import { fakeServices } from './fake-services.ts';
import { RecordingEdgeLine, RecordingLevelLine, RecordingMessagePort } from './lines.ts';
import { FakeDeviceMemory, RecordingPlacement } from './placement.ts';
import { RecordingLog } from './power.ts';

export interface FakeDeviceHostOptions {
  /** The device's name; default `dut`. */
  readonly id?: string;
  readonly trace?: Trace;
  readonly clock?: FakeClock;
  readonly memory?: FakeMemory;
  /** Services by the names that the resources give them; core's own have fakes by default. */
  readonly services?: { readonly [name: string]: unknown };
  /** False: no proxies, so that a measurement does not see their cost. Default true. */
  readonly guarded?: boolean;
}

/** A device host made of fakes, and the fakes. */
export interface FakeDeviceHost<R extends Resources> {
  readonly host: DeviceHost<R>;
  readonly resources: R;
  readonly trace: Trace;
  readonly clock: FakeClock;
  readonly memory: FakeMemory;
  readonly log: RecordingLog;
  readonly messages: RecordingMessagePort;
  readonly levels: ReadonlyMap<string, RecordingLevelLine>;
  readonly edges: ReadonlyMap<string, RecordingEdgeLine>;
  /** Of movable regions. */
  readonly placements: ReadonlyMap<string, RecordingPlacement>;
  readonly memories: ReadonlyMap<string, FakeDeviceMemory>;
  readonly services: { readonly [name: string]: unknown };
}

const ASK: Readonly<Record<string, string>> = {
  irq: "irq: { line: 'level' }", msi: 'msi: true', dma: 'dma: true', timer: 'timers: true', placement: 'movable: true', memory: 'memory: { frames: { size } }', services: 'services: { out: ByteSinkToken }',
};

/**
 * Builds exactly the host that the plugin's resources ask for. Reading anything else from it throws
 * `testkit/undeclared-access`, where the machine's own host would give `undefined`.
 */
export function fakeDeviceHost<C, R extends Resources, S>(
  plugin: DevicePlugin<C, R, S>,
  config: C,
  options: FakeDeviceHostOptions = {},
): FakeDeviceHost<R> {
  const made = anyDeviceHost(plugin, config, options);
  // The plugin's own types say what `host` has; `anyDeviceHost` builds it from the same resources.
  return { ...made, resources: made.resources as R, host: made.host as DeviceHost<R> };
}

/** The same for a plugin whose types nobody knows. */
export function anyDeviceHost(
  plugin: AnyDevicePlugin, config: unknown, options: FakeDeviceHostOptions = {},
): Omit<FakeDeviceHost<Resources>, 'host'> & { readonly host: unknown } {
  const trace = options.trace ?? new Trace();
  const clock = options.clock ?? new FakeClock(0, trace);
  const memory = options.memory ?? new FakeMemory({ trace });
  const resources = plugin.resources(config);
  const log = new RecordingLog(trace);
  const messages = new RecordingMessagePort(trace);
  const levels = new Map<string, RecordingLevelLine>();
  const edges = new Map<string, RecordingEdgeLine>();
  const irq: Record<string, LevelLine | EdgeLine> = {};
  for (const [name, wish] of Object.entries(resources.irq ?? {})) {
    const line = lineWish(wish).kind === 'level' ? new RecordingLevelLine(name, trace) : new RecordingEdgeLine(name, trace);
    if (line instanceof RecordingLevelLine) levels.set(name, line);
    else edges.set(name, line);
    irq[name] = line;
  }
  const movable = Object.entries({ ...resources.pio, ...resources.mmio }).filter(([, wish]) => wish.movable);
  const placements = new Map(movable.map(([name]) => [name, new RecordingPlacement(name, trace)]));
  const wishes = Object.entries(resources.memory ?? {});
  const memories = new Map(wishes.map(([name, { size }]) => [name, new FakeDeviceMemory(name, size, trace)]));
  const services = fakeServices(resources.services ?? {}, options.services ?? {}, trace);
  const guard = (at: string, target: object): object => (options.guarded === false ? target : guarded(plugin.kind, at, target));
  const host = guard('', {
    id: options.id ?? 'dut',
    clock: guard('clock.', { source: clock.source, now: () => clock.now() }),
    log,
    ...(resources.irq ? { irq: guard('irq.', irq) } : {}),
    ...(resources.msi ? { msi: messages } : {}),
    ...(resources.dma ? { dma: memory } : {}),
    ...(resources.timers ? { timer: (fire: () => void) => clock.timer(fire) } : {}),
    ...(placements.size > 0 ? { placement: guard('placement.', Object.fromEntries(placements)) } : {}),
    ...(resources.memory ? { memory: guard('memory.', Object.fromEntries(memories)) } : {}),
    ...(resources.services ? { services: guard('services.', services) } : {}),
  });
  return { host, resources, trace, clock, memory, log, messages, levels, edges, placements, memories, services };
}

function guarded(kind: string, at: string, target: object): object {
  return new Proxy(target, {
    get(inside, key, receiver): unknown {
      if (typeof key === 'symbol' || Object.hasOwn(inside, key)) return Reflect.get(inside, key, receiver);
      const property = `${at}${key}`;
      const ask = ASK[property] ?? `the entry "${key}"`;
      throw new PolyvisorError([testkitErrors['undeclared-access'](kind, { kind, property, ask })]);
    },
  });
}
