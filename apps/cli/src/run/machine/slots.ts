/** Device numbers on the PCI bus, which plugins call `slot` in their configuration. */
import type { AnyDevicePlugin } from '@polyvisor/core';
import type { MachineDescription } from '@polyvisor/machine';

type Devices = NonNullable<MachineDescription['devices']>;

/** The first that no part of the board has. */
const FIRST = 3;

/** The numbers that a machine file gives itself: those that nothing else must get by itself. */
export function slotsOf(devices: Readonly<Record<string, object | null>>): number[] {
  return Object.values(devices).map((device) => slotIn((device as { readonly config?: unknown } | null)?.config)).filter((slot) => slot !== undefined);
}

/** Gives those of `own` that need a slot and say none a free one. */
export function withSlots(devices: Devices, own: readonly string[], plugins: readonly AnyDevicePlugin[]): Devices {
  const pluginOf = (device: Devices[string] | undefined): AnyDevicePlugin | undefined => plugins.find(({ kind }) => kind === device?.kind);
  const configs = Object.values(devices).map((device) => {
    const parsed = pluginOf(device)?.config.safeParse(device.config ?? {});
    return parsed?.success === true ? parsed.data : device.config;
  });
  const taken = new Set(configs.map(slotIn));
  const placed: Devices = { ...devices };
  for (const name of own) {
    const device = devices[name];
    const plugin = pluginOf(device);
    if (device === undefined || plugin === undefined || !lacksSlot(plugin, device.config ?? {})) continue;
    let slot = FIRST;
    while (taken.has(slot)) slot++;
    taken.add(slot);
    placed[name] = { ...device, config: { ...device.config, slot } };
  }
  return placed;
}

function slotIn(config: unknown): number | undefined {
  const { slot } = (config ?? {}) as { readonly slot?: unknown };
  return typeof slot === 'number' ? slot : undefined;
}

function lacksSlot(plugin: AnyDevicePlugin, config: Readonly<Record<string, unknown>>): boolean {
  if ('slot' in config) return false;
  const parsed = plugin.config.safeParse(config);
  return !parsed.success && parsed.error.issues.some(({ path }) => path[0] === 'slot');
}
