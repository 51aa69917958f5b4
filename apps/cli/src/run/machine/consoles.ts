import { PolyvisorError } from '@polyvisor/core';
import { virtioConsolePci } from '@polyvisor/devices-virtio';
import { runErrors } from '../errors.ts';
import type { Settings } from '../options/settings.ts';
import type { Device } from '../options/types.ts';
import { NOWHERE, chardevName } from './service-names.ts';

/** QEMU's spelling: a bus, and consoles and ports on it. */
export const SERIAL_BUSES: readonly string[] = ['virtio-serial-pci', 'virtio-serial'];
export const SERIAL_PORTS: readonly string[] = ['virtconsole', 'virtserialport'];

const MOST_PORTS = 30;

interface Port {
  readonly chardev: string;
  readonly name: string | undefined;
}

/** A virtio console with the ports that stand behind it. */
export class SerialBus {
  readonly id: string;
  readonly settings: Settings;
  readonly #ports: Port[] = [];
  #console: Port | undefined;

  constructor(id: string, settings: Settings) {
    this.id = id;
    this.settings = settings;
  }

  /** `free` are the channels that no port has taken. */
  add({ driver, settings }: Device, free: Set<string>): void {
    const refuse = (setting: string, why: string): PolyvisorError => new PolyvisorError([runErrors['device-setting']('', { driver, setting, why })]);
    const id = settings.need('chardev');
    if (!free.delete(id)) throw new PolyvisorError([runErrors['unknown-chardev']('', { option: `-device ${driver}`, id, known: [...free] })]);
    const port: Port = { chardev: chardevName(id), name: settings.text('name') };
    settings.number('nr', 0, MOST_PORTS);
    settings.text('id');
    settings.end();
    if (driver === 'virtconsole') {
      if (this.#console) throw refuse('', `the bus "${this.id}" has a console already`);
      this.#console = port;
    } else {
      if (port.name === undefined) throw refuse('name', 'a port without a name cannot be found in the guest');
      if (this.#ports.length === MOST_PORTS) throw refuse('', `the bus "${this.id}" takes ${MOST_PORTS} ports`);
      this.#ports.push(port);
    }
  }

  /** The plugin's configuration beside the slot. */
  config(): Record<string, unknown> {
    return { ports: this.#ports.map(({ name }) => name) };
  }

  services(): Record<string, string> {
    const console = this.#console?.chardev ?? NOWHERE;
    const ports = this.#ports.flatMap(({ chardev }, i) => [[`out${i + 1}`, chardev], [`in${i + 1}`, chardev]] as const);
    return { out: console, in: console, ...Object.fromEntries(ports) };
  }

  static readonly kind = virtioConsolePci.kind;
}

/** The bus that a port names, else the last one before it. */
export function busOf({ driver, settings }: Device, buses: readonly SerialBus[]): SerialBus {
  const name = settings.text('bus')?.replace(/\.0$/, '');
  const bus = name === undefined ? buses.at(-1) : buses.find(({ id }) => id === name);
  if (bus) return bus;
  const why = name === undefined ? 'a -device virtio-serial-pci has to stand before it' : `there is no -device virtio-serial-pci,id=${name} before it`;
  throw new PolyvisorError([runErrors['device-setting']('', { driver, setting: 'bus', why })]);
}
