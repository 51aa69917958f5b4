import type { DeviceMemory, Region } from '@polyvisor/core';
import { Dac } from './dac.ts';
import { DispiRegisters } from './dispi.ts';
import { Planes } from './planes.ts';
import {
  ATTR_COUNT, Attr, CHAIN_4, CRTC_COUNT, Crtc, Dispi, DispiEnable, GFX_MASKS, GRAPHICS_MODE, Gfx, GfxMode, MISC_COLOUR, OVERFLOW_COMPARE,
  PALETTE_SOURCE, PROTECT, Port, SENSE, SEQ_MASKS, Seq, Status1,
} from './registers.ts';
import type { VgaState } from './state.ts';

/** Bits of the attribute registers behind the palette. */
const ATTR_MASKS: Readonly<Record<number, number>> = {
  [Attr.MODE]: 0xef, [Attr.OVERSCAN]: 0xff, [Attr.PLANES]: 0x3f, [Attr.PANNING]: 0x0f, [Attr.COLOUR_SELECT]: 0x0f,
};
const MASKS = Uint8Array.from({ length: ATTR_COUNT }, (_, i) => ATTR_MASKS[i] ?? 0x3f);

/** A VGA's registers, with memory behind them. */
export class VgaChip {
  readonly sequencer = new Uint8Array(SEQ_MASKS.length);
  readonly graphics = new Uint8Array(GFX_MASKS.length);
  readonly crtc = new Uint8Array(CRTC_COUNT);
  readonly attribute = new Uint8Array(ATTR_COUNT);
  readonly dac = new Dac();
  readonly dispi: DispiRegisters;
  readonly planes: Planes;
  readonly memory: DeviceMemory;
  /** Something that the display shows changed, other than memory. */
  changed = true;
  /** Called after a register was written that may change the size of the picture. */
  onGeometry: (() => void) | undefined;
  /** Ports from 3B0H on. */
  readonly mono: Region = {
    read: (offset) => (this.#colour() ? 0xff : this.#readCrtc(offset + 0x10)),
    write: (offset, _size, value) => {
      if (!this.#colour()) this.#writeCrtc(offset + 0x10, value & 0xff);
    },
  };
  /** Ports from 3C0H on. */
  readonly ports: Region = {
    read: (offset) => this.readPort(offset),
    write: (offset, _size, value) => { this.writePort(offset, value & 0xff); },
  };
  /** The index is a word at the first port, data a word at the second. */
  readonly dispiPorts: Region = {
    read: (offset, size) => {
      if (size !== 2) return -1;
      return offset === 0 ? this.dispi.index : this.dispi.read(this.dispi.index);
    },
    write: (offset, size, value) => {
      if (size !== 2) return;
      if (offset === 0) this.dispi.index = value & 0xffff;
      else this.writeDispi(this.dispi.index, value & 0xffff);
    },
  };
  #misc = 0;
  #feature = 0;
  #status = 0;
  #sequencerIndex = 0;
  #graphicsIndex = 0;
  #crtcIndex = 0;
  #attributeIndex = 0;
  #attributeData = false;

  constructor(memory: DeviceMemory, saved: VgaState | undefined) {
    this.memory = memory;
    this.dispi = new DispiRegisters(memory.bytes.length);
    this.planes = new Planes(memory.bytes, this.sequencer, this.graphics, this.dispi);
    if (saved) this.#restore(saved);
  }

  /** The palette is the display's: without it the screen is black. */
  get shown(): boolean {
    return this.dispi.enabled || (this.#attributeIndex & PALETTE_SOURCE) !== 0;
  }

  /** @hot A port, by its offset from 3C0H. */
  readPort(port: number): number {
    switch (port) {
      case Port.ATTRIBUTE:
        return this.#attributeData ? 0 : this.#attributeIndex;
      case Port.ATTRIBUTE_DATA: {
        const index = this.#attributeIndex & 0x1f;
        return index < ATTR_COUNT ? this.attribute[index]! : 0;
      }
      case Port.MISC_WRITE:
        return SENSE;
      case Port.SEQUENCER:
        return this.#sequencerIndex;
      case Port.SEQUENCER_DATA:
        return this.#sequencerIndex < SEQ_MASKS.length ? this.sequencer[this.#sequencerIndex]! : 0;
      case Port.PEL_MASK:
        return this.dac.mask;
      case Port.DAC_READ:
        return this.dac.state;
      case Port.DAC_WRITE:
        return this.dac.writeAddress;
      case Port.DAC_DATA:
        return this.dac.readData();
      case Port.FEATURE_READ:
        return this.#feature;
      case Port.MISC_READ:
        return this.#misc;
      case Port.GRAPHICS:
        return this.#graphicsIndex;
      case Port.GRAPHICS_DATA:
        return this.#graphicsIndex < GFX_MASKS.length ? this.graphics[this.#graphicsIndex]! : 0;
      default:
        return this.#colour() ? this.#readCrtc(port) : 0xff;
    }
  }

  /** @hot */
  writePort(port: number, value: number): void {
    switch (port) {
      case Port.ATTRIBUTE:
        this.#writeAttribute(value);
        break;
      case Port.MISC_WRITE:
        this.#misc = value;
        break;
      case Port.SEQUENCER:
        this.#sequencerIndex = value;
        break;
      case Port.SEQUENCER_DATA:
        this.#writeSequencer(value);
        break;
      case Port.PEL_MASK:
        this.dac.mask = value;
        this.changed = true;
        break;
      case Port.DAC_READ:
        this.dac.setReadAddress(value);
        break;
      case Port.DAC_WRITE:
        this.dac.setWriteAddress(value);
        break;
      case Port.DAC_DATA:
        if (this.dac.writeData(value)) this.changed = true;
        break;
      case Port.GRAPHICS:
        this.#graphicsIndex = value;
        break;
      case Port.GRAPHICS_DATA:
        this.#writeGraphics(value);
        break;
      default:
        if (this.#colour()) this.#writeCrtc(port, value);
        break;
    }
  }

  /** @hot */
  writeDispi(index: number, value: number): void {
    const switched = this.dispi.write(index, value);
    if (switched && this.dispi.enabled) this.#enterDispi((value & DispiEnable.KEEP) === 0);
    if (switched) this.planes.dirty = true;
    this.#geometryChanged();
  }

  reset(): void {
    for (const registers of [this.sequencer, this.graphics, this.crtc, this.attribute, this.memory.bytes]) registers.fill(0);
    this.dac.reset();
    this.dispi.reset();
    this.planes.latch = 0;
    this.planes.dirty = true;
    this.#misc = this.#feature = this.#status = 0;
    this.#sequencerIndex = this.#graphicsIndex = this.#crtcIndex = this.#attributeIndex = 0;
    this.#attributeData = false;
    this.#geometryChanged();
  }

  save(): Omit<VgaState, 'config'> {
    return {
      misc: this.#misc, feature: this.#feature, status: this.#status,
      sequencerIndex: this.#sequencerIndex, sequencer: Uint8Array.from(this.sequencer),
      graphicsIndex: this.#graphicsIndex, graphics: Uint8Array.from(this.graphics),
      crtcIndex: this.#crtcIndex, crtc: Uint8Array.from(this.crtc),
      attributeIndex: this.#attributeIndex, attribute: Uint8Array.from(this.attribute), attributeData: this.#attributeData,
      ...this.dac.save(), latch: this.planes.latch, dispiIndex: this.dispi.index, dispi: [...this.dispi.values],
    };
  }

  #restore(saved: VgaState): void {
    this.#misc = saved.misc;
    this.#feature = saved.feature;
    this.#status = saved.status;
    this.#sequencerIndex = saved.sequencerIndex;
    this.sequencer.set(saved.sequencer.map((value, i) => value & SEQ_MASKS[i]!));
    this.#graphicsIndex = saved.graphicsIndex;
    this.graphics.set(saved.graphics.map((value, i) => value & GFX_MASKS[i]!));
    this.#crtcIndex = saved.crtcIndex;
    this.crtc.set(saved.crtc);
    this.#attributeIndex = saved.attributeIndex;
    this.attribute.set(saved.attribute);
    this.#attributeData = saved.attributeData;
    this.dac.restore(saved);
    this.planes.latch = saved.latch;
    this.dispi.restore(saved.dispiIndex, saved.dispi);
  }

  /** @hot */
  #colour(): boolean {
    return (this.#misc & MISC_COLOUR) !== 0;
  }

  /** @hot */
  #geometryChanged(): void {
    this.changed = true;
    this.onGeometry?.();
  }

  /** @hot */
  #readCrtc(port: number): number {
    switch (port) {
      case Port.CRTC:
        return this.#crtcIndex;
      case Port.CRTC_DATA:
        return this.#crtcIndex < CRTC_COUNT ? this.crtc[this.#crtcIndex]! : 0;
      case Port.STATUS:
        // No beam is drawn: retrace comes and goes with each look, so that nobody waits for it long.
        this.#status ^= Status1.DISPLAY_OFF | Status1.RETRACE;
        this.#attributeData = false;
        return this.#status;
      default:
        return 0xff;
    }
  }

  /** @hot */
  #writeCrtc(port: number, value: number): void {
    if (port === Port.CRTC) this.#crtcIndex = value;
    else if (port === Port.STATUS) this.#feature = value & 0x10;
    else if (port === Port.CRTC_DATA) this.#writeCrtcData(this.#crtcIndex, value);
  }

  /** @hot */
  #writeCrtcData(index: number, value: number): void {
    if (index >= CRTC_COUNT) return;
    const { crtc } = this;
    if (index <= Crtc.OVERFLOW && (crtc[Crtc.RETRACE_END]! & PROTECT) !== 0) {
      if (index === Crtc.OVERFLOW) crtc[index] = (crtc[index]! & ~OVERFLOW_COMPARE) | (value & OVERFLOW_COMPARE);
    } else crtc[index] = value;
    this.#geometryChanged();
  }

  /** @hot */
  #writeSequencer(value: number): void {
    if (this.#sequencerIndex >= SEQ_MASKS.length) return;
    this.sequencer[this.#sequencerIndex] = value & SEQ_MASKS[this.#sequencerIndex]!;
    this.#geometryChanged();
  }

  /** @hot */
  #writeGraphics(value: number): void {
    const index = this.#graphicsIndex;
    if (index >= GFX_MASKS.length) return;
    this.graphics[index] = value & GFX_MASKS[index]!;
    if (index === Gfx.MODE || index === Gfx.MISC) this.#geometryChanged();
  }

  /** @hot */
  #writeAttribute(value: number): void {
    if (this.#attributeData) {
      const index = this.#attributeIndex & 0x1f;
      if (index < ATTR_COUNT) this.attribute[index] = value & MASKS[index]!;
    } else this.#attributeIndex = value & 0x3f;
    this.#attributeData = !this.#attributeData;
    this.changed = true;
  }

  /** Dispi's modes leave the VGA's registers such that memory can be written through the window. */
  #enterDispi(clear: boolean): void {
    const { graphics, sequencer, dispi } = this;
    graphics[Gfx.MISC] = (graphics[Gfx.MISC]! & ~0x0c) | 0x04 | GRAPHICS_MODE;
    graphics[Gfx.MODE] = graphics[Gfx.MODE]! & ~GfxMode.SHIFT;
    sequencer[Seq.MEMORY_MODE] = sequencer[Seq.MEMORY_MODE]! & ~CHAIN_4;
    if (dispi.linear) {
      graphics[Gfx.MODE]! |= GfxMode.SHIFT_256;
      sequencer[Seq.MEMORY_MODE]! |= CHAIN_4;
      sequencer[Seq.MAP_MASK] = 0x0f;
    }
    if (clear) this.memory.bytes.fill(0, 0, Math.min(dispi.values[Dispi.YRES]! * dispi.lineBytes, this.memory.bytes.length));
  }
}
