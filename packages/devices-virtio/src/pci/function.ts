import { PciRegisters, type PciConfigSpace, type PciFunction } from '@polyvisor/devices-platform';
import type { ModernRegion } from './modern.ts';
import { Area, Bar, CfgType, NOTIFY_MULTIPLIER } from './registers.ts';

/** Offsets in a capability (§4.1.4): struct virtio_pci_cap. */
const Cap = { BAR: 4, OFFSET: 8, LENGTH: 12, DATA: 16 } as const;

/** The function as the bus sees it: configuration space, with the window of VIRTIO_PCI_CAP_PCI_CFG into BAR 4 (§4.1.4.9). */
export class VirtioPciFunction implements PciFunction {
  readonly #space: PciConfigSpace;
  readonly #modern: ModernRegion;
  readonly #window: number;

  constructor(space: PciConfigSpace, modern: ModernRegion) {
    this.#space = space;
    this.#modern = modern;
    add(space, CfgType.COMMON, Area.COMMON, Area.SIZE);
    add(space, CfgType.ISR, Area.ISR, Area.SIZE);
    add(space, CfgType.DEVICE, Area.DEVICE, Area.SIZE);
    add(space, CfgType.NOTIFY, Area.NOTIFY, Area.SIZE, NOTIFY_MULTIPLIER);
    this.#window = addWindow(space);
  }

  get interruptPin(): number {
    return this.#space.interruptPin;
  }
  get onInterrupt(): ((asserted: boolean) => void) | undefined {
    return this.#space.onInterrupt;
  }
  set onInterrupt(drive: ((asserted: boolean) => void) | undefined) {
    this.#space.onInterrupt = drive;
  }

  /** @hot */
  read(offset: number, size: 1 | 2 | 4): number {
    if (offset < this.#window + Cap.DATA || offset >= this.#window + Cap.DATA + 4) return this.#space.read(offset, size);
    const at = this.#target(size);
    return at < 0 ? 0 : this.#modern.read(at, size);
  }

  /** @hot */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#space.write(offset, size, value);
    if (offset !== this.#window + Cap.DATA) return;
    const at = this.#target(size);
    if (at >= 0) this.#modern.write(at, size, value);
  }

  /** @hot Where in BAR 4 the window lies; −1 when the driver set it up wrongly. */
  #target(size: number): number {
    const { bytes } = this.#space;
    const at = this.#space.read(this.#window + Cap.OFFSET, 4) >>> 0;
    const length = this.#space.read(this.#window + Cap.LENGTH, 4);
    const fits = bytes[this.#window + Cap.BAR] === Bar.MODERN && length === size && at + size <= Area.ALL && at % size === 0;
    return fits ? at : -1;
  }
}

function body(type: number, offset: number, length: number, extra?: number): Uint8Array {
  const bytes = new Uint8Array(extra === undefined ? 14 : 18);
  const view = new DataView(bytes.buffer);
  // cap_len counts the identifier and the link as well.
  view.setUint8(0, bytes.length + 2);
  view.setUint8(1, type);
  view.setUint8(2, Bar.MODERN);
  view.setUint32(6, offset, true);
  view.setUint32(10, length, true);
  if (extra !== undefined) view.setUint32(14, extra, true);
  return bytes;
}

function add(space: PciConfigSpace, type: number, offset: number, length: number, extra?: number): void {
  const bytes = body(type, offset, length, extra);
  space.addCapability(PciRegisters.Capability.VENDOR, bytes, new Uint8Array(bytes.length));
}

/** The driver writes bar, offset, length and data. */
function addWindow(space: PciConfigSpace): number {
  const bytes = body(CfgType.PCI, 0, 0, 0);
  const writable = new Uint8Array(bytes.length);
  writable.fill(0xff, Cap.BAR - 2, Cap.BAR - 1);
  writable.fill(0xff, Cap.OFFSET - 2);
  return space.addCapability(PciRegisters.Capability.VENDOR, bytes, writable);
}
