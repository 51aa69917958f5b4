import { PolyvisorError, type AnyDevicePlugin, type Region } from '@polyvisor/core';
import type { PciBus, PciFunction } from '@polyvisor/devices-platform';
import { FakeMemory, Trace, VirtioPciDriver, anyDeviceHost, type DeviceDriver, type FunctionAccess, type VirtioStart } from '@polyvisor/testkit';

/** A bus with one function, whose interrupt pin shows in the trace. */
export class FakeBus implements PciBus {
  fn: PciFunction | undefined;
  asserted = false;
  readonly #trace: Trace;
  constructor(trace: Trace = new Trace()) {
    this.#trace = trace;
  }
  attach(_owner: string, _device: number, _fn: number, what: PciFunction): void {
    this.fn = what;
    what.onInterrupt = (asserted) => {
      this.#trace.tick();
      if (asserted === this.asserted) return;
      this.asserted = asserted;
      if (this.#trace.on) this.#trace.add(`level intx ${asserted}`);
    };
  }
}

/** The regions of a virtio function by their BARs. */
const BARS: Readonly<Record<number, string>> = { 0: 'legacy', 1: 'msix', 4: 'modern' };

export interface RigOptions {
  readonly services?: Readonly<Record<string, unknown>>;
  readonly saved?: unknown;
  readonly memory?: FakeMemory;
  readonly guarded?: boolean;
}

/** A device behind virtio-pci with its driver. */
export function rig(plugin: AnyDevicePlugin, given: Record<string, unknown> = {}, options: RigOptions = {}) {
  const config = plugin.config.parse({ slot: 3, ...given });
  const trace = new Trace();
  trace.on = options.guarded ?? true;
  const bus = new FakeBus(trace);
  const memory = options.memory ?? new FakeMemory({ size: 4 * 2 ** 20 });
  const fake = anyDeviceHost(plugin, config, { trace, memory, guarded: options.guarded ?? true, services: { bus, ...options.services } });
  const device = plugin.create(config, fake.host, options.saved);
  const bar = (index: number): Region => device.regions![BARS[index]!]!;
  const access: FunctionAccess = { config: bus.fn!, bar, memory };
  return {
    device, bus, memory, access, bar, config,
    clock: fake.clock, messages: fake.messages.sent, services: fake.services,
    errors: () => fake.log.messages.filter((m) => m.level === 'guest-error').map((m) => m.message),
    start: (start: VirtioStart = {}) => new VirtioPciDriver(access).start(start),
  };
}

/** Lets promises of services settle. */
export async function settle(turns = 40): Promise<void> {
  for (let i = 0; i < turns; i += 1) await Promise.resolve();
}

/** What a suite's `exercise` does with a virtio driver. Where the suite takes the memory away, the driver gives up. */
export function suiteDriver(act: (suite: DeviceDriver, driver: VirtioPciDriver) => void): (suite: DeviceDriver) => void {
  return (suite) => {
    const bus = suite.service('bus') as FakeBus;
    const region = (name: string): Region => ({
      read: (offset, size) => suite.read(name, offset, size),
      write: (offset, size, value) => {
        suite.write(name, offset, size, value);
      },
    });
    const driver = new VirtioPciDriver({ config: bus.fn!, bar: (index) => region(BARS[index]!), memory: suite.memory });
    try {
      act(suite, driver);
    } catch (error) {
      if (!(error instanceof PolyvisorError)) throw error;
    }
  };
}

/** Accesses that may allocate: the status, which resets, and what makes a ring. */
export function coldAccess({ region, direction, offset }: { readonly region: string; readonly direction: string; readonly offset: number }): boolean {
  if (direction === 'read') return false;
  if (region === 'legacy') return offset === 18 || offset === 8;
  if (region === 'regs') return [0x070, 0x044, 0x040].includes(offset);
  return region === 'modern' && (offset === 20 || offset === 28);
}
