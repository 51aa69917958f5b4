import type { Region } from '@polyvisor/core';
import type { VgaChip } from './chip.ts';
import { Dispi, Extended, Mmio, PORTS } from './registers.ts';

/** Registers in memory: EDID, the VGA's ports, dispi, and QEMU's own. What is not there reads as zeros. */
export class MmioRegisters implements Region {
  readonly #chip: VgaChip;
  readonly #edid: Uint8Array;

  constructor(chip: VgaChip, edid: Uint8Array) {
    this.#chip = chip;
    this.#edid = edid;
  }

  /** @hot */
  read(offset: number, size: 1 | 2 | 4): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.#readByte(offset + i) << (8 * i);
    return value;
  }

  /** @hot Dispi's registers are written as words. */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    const ports = offset - Mmio.PORTS;
    if (ports >= 0 && ports + size <= PORTS.size) {
      for (let i = 0; i < size; i++) this.#chip.writePort(ports + i, (value >> (8 * i)) & 0xff);
      return;
    }
    const dispi = offset - Mmio.DISPI;
    if (size === 1 || dispi < 0 || (dispi & 1) !== 0) return;
    for (let i = 0; i < size; i += 2) {
      if (dispi + i < 2 * Dispi.COUNT) this.#chip.writeDispi((dispi + i) >> 1, (value >> (8 * i)) & 0xffff);
    }
  }

  /** @hot */
  #readByte(at: number): number {
    if (at < Mmio.EDID_END) return at < this.#edid.length ? this.#edid[at]! : 0;
    if (at >= Mmio.PORTS && at < Mmio.PORTS + PORTS.size) return this.#chip.readPort(at - Mmio.PORTS);
    if (at >= Mmio.DISPI && at < Mmio.DISPI_END) return (this.#chip.dispi.read((at - Mmio.DISPI) >> 1) >> (8 * (at & 1))) & 0xff;
    if (at < Mmio.EXTENDED || at >= Mmio.EXTENDED_END) return 0;
    const extended = at - Mmio.EXTENDED;
    if (extended >= Extended.ORDER) return (Extended.LITTLE >> (8 * (extended & 3))) & 0xff;
    return extended === 0 ? Mmio.EXTENDED_END - Mmio.EXTENDED : 0;
  }
}
