import { FRAME_SIZE, type DeviceMemory, type RegionPlacement } from '@polyvisor/core';
import { hex, Trace } from '../trace/trace.ts';

/** Where a device placed one of its movable regions. */
export class RecordingPlacement implements RegionPlacement {
  readonly name: string;
  base: number | undefined = undefined;
  readonly #trace: Trace;

  constructor(name: string, trace: Trace = new Trace()) {
    this.name = name;
    this.#trace = trace;
  }

  move(base: number | undefined): void {
    this.#trace.tick();
    if (base === this.base) return;
    this.base = base;
    if (this.#trace.on) this.#trace.add(`place ${this.name} ${base === undefined ? 'nowhere' : hex(base)}`);
  }
}

/** Memory of a device, without a guest: tests say by `guestWrites` what it wrote. */
export class FakeDeviceMemory extends RecordingPlacement implements DeviceMemory {
  readonly bytes: Uint8Array;
  readonly #written = new Set<number>();

  constructor(name: string, size: number, trace: Trace = new Trace()) {
    super(name, trace);
    this.bytes = new Uint8Array(size);
  }

  guestWrites(offset: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, offset);
    for (let page = Math.floor(offset / FRAME_SIZE); page * FRAME_SIZE < offset + bytes.length; page++) this.#written.add(page);
  }

  harvestWritten(bitmap: Int32Array): number {
    bitmap.fill(0);
    for (const page of this.#written) bitmap[page >> 5]! |= 1 << (page & 31);
    const { size } = this.#written;
    this.#written.clear();
    return size;
  }
}
