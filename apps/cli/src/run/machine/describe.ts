import { fullvirtBackend } from '@polyvisor/backend-fullvirt';
import { PolyvisorError, type AnyDevicePlugin } from '@polyvisor/core';
import { cpuModels, cpuX86 } from '@polyvisor/cpu-x86';
import { acpiPmPci, ahci, apic, debugConsole, fwCfg, hpet, i8042, ide, pciHost, pcieHost, pit, rtc, uart16550, vga } from '@polyvisor/devices-platform';
import { virtioBlkPci } from '@polyvisor/devices-virtio';
import type { MachineDescription } from '@polyvisor/machine';
import { runErrors } from '../errors.ts';
import type { Device, Drive, RunOptions } from '../options/types.ts';
import { SERIAL_BUSES, SERIAL_PORTS, SerialBus, busOf } from './consoles.ts';
import { configOf, hasSetting } from './device-config.ts';
import { DRIVERS } from './plugins.ts';
import { DEBUG_CONSOLE, POWER, comName } from './service-names.ts';

type Devices = NonNullable<MachineDescription['devices']>;

const FW_CFG = 0x510;
const HPET = 0xfed0_0000;
/**
 * SLP_TYP of S5 where firmware boots: soft off of a PIIX4 (290562-001, 7.2.3), which OVMF writes on both boards without a look at
 * its tables. Small kernels that are loaded directly, and have no eyes for tables, know the devices' default.
 */
const FIRMWARE_S5 = 0;
/** Ports and interrupts of COM1 to COM4. */
const COM = [{ port: 0x3f8, irq: 4 }, { port: 0x2f8, irq: 3 }, { port: 0x3e8, irq: 4 }, { port: 0x2e8, irq: 3 }] as const;
/** The first place on the PCI bus that no part of the board has. */
const FIRST_SLOT = 3;

/** The machine that the options mean. `plugins` are those it can be made of; `reserved` are PCI slots that no device gets by itself. */
export function describeMachine(options: RunOptions, plugins: readonly AnyDevicePlugin[], reserved: readonly number[] = []): MachineDescription {
  const { cpu } = options;
  if (cpu !== undefined && !cpuModels.some(({ name }) => name === cpu)) {
    const wants = cpuModels.map(({ name }) => name).join(', ');
    throw new PolyvisorError([runErrors['option-value']('', { option: '-cpu', value: cpu, why: 'is no model of a processor', wants })]);
  }
  return {
    name: options.name,
    memory: options.memory,
    cpu: { kind: cpuX86.kind, count: options.cpus, config: { model: cpu ?? 'max' } },
    mmu: { kind: `mmu/${options.mmu}`, config: {} },
    backend: {
      kind: fullvirtBackend.kind,
      config: { onShutdown: options.noReboot ? 'power-off' : 'reset', acpi: acpiConfig(options) },
    },
    devices: withBoard(board(options), new Plugged(options, plugins, reserved).devices()),
  };
}

/** What is plugged in takes no name of the board's. */
function withBoard(soldered: Devices, plugged: Devices): Devices {
  const taken = Object.keys(plugged).find((id) => Object.hasOwn(soldered, id));
  if (taken === undefined) return { ...soldered, ...plugged };
  throw new PolyvisorError([runErrors['id-twice']('', { option: '-device', id: taken })]);
}

/** What the tables say of the board. */
function acpiConfig({ machine, serial, vga: card, bios }: RunOptions): Record<string, unknown> {
  return {
    keyboardController: true, hpet: HPET, ...sleepType({ bios }), pci: machine === 'q35' ? 'q35' : 'i440fx', vga: card !== 'none', serial: COM.slice(0, serial.length),
    firmwareConfig: bios === undefined ? false : FW_CFG,
  };
}

const sleepType = ({ bios }: Pick<RunOptions, 'bios'>): { readonly s5?: number } => (bios === undefined ? {} : { s5: FIRMWARE_S5 });

/** What is soldered on. */
function board(options: RunOptions): Devices {
  const q35 = options.machine === 'q35';
  const serial = options.serial.map((_, i) => {
    const name = comName(i);
    return [name, { kind: uart16550.kind, config: { ...COM[i]!, wordLength: 8 }, services: { out: name, in: name } }] as const;
  });
  return {
    apic: { kind: apic.kind },
    pit: { kind: pit.kind },
    rtc: { kind: rtc.kind, config: { start: 'service', memory: options.memory } },
    pci: { kind: q35 ? pcieHost.kind : pciHost.kind, services: { power: POWER } },
    pm: { kind: acpiPmPci.kind, config: { startsEnabled: true, ...sleepType(options), size: q35 ? 128 : 64 }, services: { power: POWER } },
    hpet: { kind: hpet.kind, config: { address: HPET } },
    keyboard: { kind: i8042.kind, services: { power: POWER } },
    ...Object.fromEntries(serial),
    ...(options.vga === 'std' && { vga: { kind: vga.kind } }),
    ...(options.bios !== undefined && { fwcfg: { kind: fwCfg.kind, config: { cpus: options.cpus, service: true, followPower: true } } }),
    ...(options.debugConsole && { debugcon: { kind: debugConsole.kind, services: { out: DEBUG_CONSOLE } } }),
  };
}

/** Drives and the devices of `-device`, each in a place on the PCI bus. */
class Plugged {
  readonly #options: RunOptions;
  readonly #plugins: readonly AnyDevicePlugin[];
  readonly #taken: Set<number>;
  /** Drives that a device has. */
  readonly #inUse: Set<string>;

  constructor(options: RunOptions, plugins: readonly AnyDevicePlugin[], reserved: readonly number[]) {
    this.#options = options;
    this.#plugins = plugins;
    this.#taken = new Set(reserved);
    this.#inUse = new Set(options.drives.filter((drive) => drive.interface !== 'none').map(({ id }) => id));
  }

  devices(): Devices {
    const devices: Devices = {};
    // Places that are asked for are nobody else's, wherever they are asked for.
    for (const { settings } of this.#options.devices) {
      const slot = settings.peek('addr') ?? settings.peek('slot');
      if (slot !== undefined) this.#taken.add(Number(slot));
    }
    const buses: SerialBus[] = [];
    const chardevs = new Set(this.#options.chardevs.map(({ id }) => id));
    for (const [i, device] of this.#options.devices.entries()) {
      if (SERIAL_PORTS.includes(device.driver)) {
        busOf(device, buses).add(device, chardevs);
        continue;
      }
      const id = device.settings.text('id') ?? `device${i}`;
      if (SERIAL_BUSES.includes(device.driver)) buses.push(new SerialBus(id, device.settings));
      else devices[id] = this.#device(device);
    }
    for (const bus of buses) devices[bus.id] = this.#serialBus(bus);
    for (const drive of this.#options.drives) {
      if (drive.interface !== 'virtio') continue;
      if (Object.hasOwn(devices, drive.id)) throw new PolyvisorError([runErrors['id-twice']('', { option: '-drive', id: drive.id })]);
      devices[drive.id] = this.#virtio(drive);
    }
    const plain = this.#options.drives.filter((drive) => drive.interface === 'ide');
    const q35 = this.#options.machine === 'q35';
    if (plain.length > 0) devices[q35 ? 'ahci' : 'ide'] = q35 ? this.#ahci(plain) : this.#ide(plain);
    return devices;
  }

  /** The board's controller: CD-ROM drives are on the second channel, as firmware and people expect. */
  #ide(drives: readonly Drive[]): Devices[string] {
    const units = placesOf(drives, { disk: [0, 1, 2, 3], cdrom: [2, 3, 0, 1] });
    return {
      kind: ide.kind,
      config: { drives: drives.map(({ media, readOnly }, i) => ({ kind: media, unit: units[i]!, readOnly })) },
      services: Object.fromEntries(drives.map(({ id }, i) => [`drive${units[i]!}`, id])),
    };
  }

  /** A q35 board has SATA. */
  #ahci(drives: readonly Drive[]): Devices[string] {
    const ports = placesOf(drives, { disk: [0, 1, 2, 3, 4, 5], cdrom: [0, 1, 2, 3, 4, 5] });
    return {
      kind: ahci.kind,
      config: { drives: drives.map(({ media, readOnly }, i) => ({ kind: media, port: ports[i]!, readOnly })) },
      services: Object.fromEntries(drives.map(({ id }, i) => [`drive${ports[i]!}`, id])),
    };
  }

  #virtio(drive: Drive): Devices[string] {
    return { kind: virtioBlkPci.kind, config: { slot: this.#free(undefined), 'read-only': drive.readOnly }, services: { drive: drive.id } };
  }

  /** A driver by QEMU's name, or any plugin by its kind. */
  #device({ driver, settings }: Device): Devices[string] {
    const known = DRIVERS[driver];
    const plugin = this.#plugins.find(({ kind }) => kind === (known?.kind ?? driver));
    if (!plugin) {
      const all = [...Object.keys(DRIVERS), ...SERIAL_BUSES, ...SERIAL_PORTS, ...this.#plugins.map(({ kind }) => kind)];
      throw new PolyvisorError([runErrors['unknown-driver']('', { driver, known: all })]);
    }
    const services: Record<string, string> = known?.power ? { power: POWER } : {};
    if (known?.service) services[known.service] = settings.need(known.service);
    const { drive } = services;
    if (drive !== undefined && this.#inUse.has(drive)) throw new PolyvisorError([runErrors['drive-twice']('', { drive, driver })]);
    if (drive !== undefined) this.#inUse.add(drive);
    const pci = hasSetting(plugin, 'slot');
    const slot = pci ? { slot: this.#free(settings.number('addr', 0, 31) ?? settings.number('slot', 0, 31)) } : {};
    return { kind: plugin.kind, config: configOf(plugin, settings, slot), services };
  }

  #serialBus(bus: SerialBus): Devices[string] {
    const plugin = this.#plugins.find(({ kind }) => kind === SerialBus.kind)!;
    const slot = this.#free(bus.settings.number('addr', 0, 31));
    return { kind: SerialBus.kind, config: configOf(plugin, bus.settings, { slot, ...bus.config() }), services: bus.services() };
  }

  #free(wanted: number | undefined): number {
    let slot = wanted ?? FIRST_SLOT;
    if (wanted === undefined) while (this.#taken.has(slot)) slot++;
    this.#taken.add(slot);
    return slot;
  }
}

/** A place on a controller for each drive: the one that it asks for, or the first that nobody asks for. */
function placesOf(drives: readonly Drive[], free: Readonly<Record<Drive['media'], readonly number[]>>): readonly number[] {
  const most = free.disk.length;
  const taken = new Set<number>();
  for (const { index, file } of drives) {
    if (index === undefined) continue;
    if (taken.has(index) || index >= most) throw new PolyvisorError([runErrors['no-place-for-drive']('', { drive: file, index, most })]);
    taken.add(index);
  }
  return drives.map(({ media, file, index }) => {
    const place = index ?? free[media].find((one) => !taken.has(one));
    if (place === undefined) throw new PolyvisorError([runErrors['too-many-drives']('', { drive: file, most })]);
    taken.add(place);
    return place;
  });
}
