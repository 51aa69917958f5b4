import { device, eisaId, name, type Aml } from './aml.ts';
import { dma, io, irq, memory32, resources, type Descriptor } from './resources.ts';

/** Devices at places of their own, as the DSDT names them. */
export interface IsaOptions {
  /** Serial ports, the first of them COM1. */
  readonly serial?: readonly { readonly port: number; readonly irq: number }[];
  /** There is a pair of 8237 DMA controllers. */
  readonly dma?: boolean;
  /** Address of the high-precision event timers, which are also in a table of their own. */
  readonly hpet?: number | undefined;
  /** First port of QEMU's firmware configuration device. */
  readonly firmwareConfig?: number | undefined;
}

interface FixedDevices extends IsaOptions {
  readonly keyboardController: boolean;
  readonly clock: boolean;
}

const CLOCK_IRQ = 8, TIMER_IRQ = 0, CASCADE_IRQ = 2, KEYBOARD_IRQ = 1, MOUSE_IRQ = 12, CASCADE_DMA = 4;
const FIRMWARE_CONFIG_PORTS = 12;
const HPET_SIZE = 0x400;
const PRESENT = 0x0f;

/** Devices behind the bridge to ISA, by the identifiers that Microsoft gave them. */
export function isaDevices(options: FixedDevices): Aml {
  const found = (when: boolean, ...devices: Aml[]): Aml[] => (when ? devices : []);
  return [
    isa('PIC', 'PNP0000', io(0x20, 2), io(0xa0, 2), io(0x4d0, 2), irq(CASCADE_IRQ)),
    isa('TIMR', 'PNP0100', io(0x40, 4), irq(TIMER_IRQ)),
    isa('SPKR', 'PNP0800', io(0x61, 1)),
    ...found(options.dma === true, isa('DMAC', 'PNP0200', io(0x00, 16), io(0x80, 16), io(0xc0, 32), dma(CASCADE_DMA))),
    ...found(options.clock, isa('RTC', 'PNP0B00', io(0x70, 2), irq(CLOCK_IRQ))),
    ...found(
      options.keyboardController,
      isa('KBD', 'PNP0303', io(0x60, 1), io(0x64, 1), irq(KEYBOARD_IRQ)), isa('MOU', 'PNP0F13', irq(MOUSE_IRQ)),
    ),
    ...(options.serial ?? []).map(({ port, irq: line }, i) => device(`COM${i + 1}`,
      name('_HID', eisaId('PNP0501')), name('_UID', i + 1), name('_CRS', resources(io(port, 8), irq(line))))),
  ].flat();
}

/** Devices that are no part of a bus. */
export function boardDevices(options: FixedDevices): Aml {
  const { hpet, firmwareConfig } = options;
  return [
    ...(hpet === undefined ? [] : [isa('HPET', 'PNP0103', memory32(hpet, HPET_SIZE))]),
    ...(firmwareConfig === undefined ? [] : [device('FWCF',
      name('_HID', 'QEMU0002'), name('_STA', PRESENT), name('_CRS', resources(io(firmwareConfig, FIRMWARE_CONFIG_PORTS))))]),
  ].flat();
}

function isa(of: string, id: string, ...descriptors: readonly Descriptor[]): Aml {
  return device(of, name('_HID', eisaId(id)), name('_CRS', resources(...descriptors)));
}
