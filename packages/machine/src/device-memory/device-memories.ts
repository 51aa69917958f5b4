import { FRAME_SIZE, PolyvisorError, RUN_FRAMES, type AddressSpace, type Host } from '@polyvisor/core';
import { machineErrors } from '../errors.ts';
import { MappedMemory, runsOf } from './device-memory.ts';

/** A device's memory and its names. */
export interface NamedMemory {
  readonly device: string;
  readonly name: string;
  readonly memory: MappedMemory;
}

interface Fixed {
  readonly base: number;
  readonly size: number;
}

/** The memories of all devices of a machine; those that were made earlier are in front. */
export class DeviceMemories {
  readonly #host: Host;
  readonly #space: AddressSpace;
  readonly #all: NamedMemory[] = [];
  #connected = false;
  readonly #fixed: Fixed[] = [];

  constructor(host: Host, space: AddressSpace) {
    this.#host = host;
    this.#space = space;
  }

  /** A region with a fixed place, which no memory hides. */
  keepFree(region: Fixed): void {
    this.#fixed.push(region);
  }

  get all(): readonly NamedMemory[] {
    return this.#all;
  }

  /** Throws `machine/no-device-memory` when the Host has no room. */
  make(device: string, name: string, size: number): MappedMemory {
    const frames = size / FRAME_SIZE;
    const first = this.#allocate(`devices.${device}.memory.${name}`, runsOf(size), size);
    for (let i = frames; i < runsOf(size) * RUN_FRAMES; i++) this.#host.frames.release(first + i);
    const memory = new MappedMemory(this.#host, this.#space, first, frames);
    memory.onMove = () => {
      if (this.#connected) this.#arrange();
    };
    this.#all.push({ device, name, memory });
    return memory;
  }

  /** From now on moves take effect; before, other devices had no place yet. */
  connect(): void {
    this.#connected = true;
    this.#arrange();
  }

  /** Guest frames where device memory is, ascending; they are not the machine's RAM. */
  shown(): readonly { readonly gfn: number; readonly count: number }[] {
    return this.#all.flatMap(({ memory }) => memory.shown).sort((a, b) => a.gfn - b.gfn);
  }

  release(): void {
    for (const { memory } of this.#all.splice(0)) memory.release();
  }

  #arrange(): void {
    for (const { memory } of this.#all) memory.hide();
    for (const { memory } of this.#all) memory.show((gfn) => this.#free(gfn));
  }

  #free(gfn: number): boolean {
    const at = gfn * FRAME_SIZE;
    return this.#space.lookup(gfn).kind !== 'ram' && !this.#fixed.some(({ base, size }) => base < at + FRAME_SIZE && at < base + size);
  }

  #allocate(place: string, runs: number, size: number): number {
    const first = this.#host.frames.allocateRun(runs);
    if (first < 0) throw new PolyvisorError([machineErrors['no-device-memory'](place, { size })]);
    return first;
  }
}
