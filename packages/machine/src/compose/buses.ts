import { FRAME_SIZE, type AddressSpace, type AnyDevice, type Host, type MachineEvents, type Region } from '@polyvisor/core';
import { DeviceMemories } from '../device-memory/device-memories.ts';
import type { MappedMemory } from '../device-memory/device-memory.ts';
import { MmioBus } from '../dispatch/mmio-bus.ts';
import { MovableRegions, Wanted } from '../dispatch/movable.ts';
import { PortBus } from '../dispatch/port-bus.ts';
import { Slot } from '../dispatch/slot.ts';
import { LIMIT } from './placement.ts';
import type { DevicePlan } from './plan.ts';

const DEFAULT_WIDTH = 4;
const DEFAULT_ALIGN = 4096;

/** Ports, device memory and memory of devices, while a machine is made of its devices. */
export class Buses {
  readonly ports: PortBus;
  readonly mmio: MmioBus;
  readonly memories: DeviceMemories;
  readonly #movablePorts: MovableRegions;
  readonly #movableMmio: MovableRegions;
  readonly #space: AddressSpace;
  readonly #placements = new Map<string, ReadonlyMap<string, Wanted>>();
  readonly #connect: (() => void)[] = [];

  constructor(events: MachineEvents, host: Host, space: AddressSpace) {
    this.ports = new PortBus(events);
    this.mmio = new MmioBus(events);
    this.#movablePorts = new MovableRegions(this.ports);
    this.#movableMmio = new MovableRegions(this.mmio);
    this.memories = new DeviceMemories(host, space);
    this.#space = space;
  }

  /** By which a device places its movable regions. */
  placements({ id, resources: { pio = {}, mmio = {} } }: DevicePlan): ReadonlyMap<string, Wanted> {
    const entries = [
      ...Object.entries(pio).flatMap(([name, wish]) => (wish.movable ? [[name, new Wanted(wish.size, LIMIT.pio, 1)] as const] : [])),
      ...Object.entries(mmio).flatMap(([name, wish]) =>
        wish.movable ? [[name, new Wanted(wish.size, LIMIT.mmio, wish.align ?? DEFAULT_ALIGN)] as const] : [],
      ),
    ];
    const placements = new Map(entries);
    this.#placements.set(id, placements);
    return placements;
  }

  memory({ id, resources }: DevicePlan): ReadonlyMap<string, MappedMemory> {
    const wishes = Object.entries(resources.memory ?? {});
    return new Map(wishes.map(([name, { size }]) => [name, this.memories.make(id, name, size)]));
  }

  /** Fixed regions now; movable ones when all fixed ones have their places. */
  place(plan: DevicePlan, device: AnyDevice): void {
    const { id, resources } = plan;
    const slot = (name: string, base: number, size: number, width: number): Slot =>
      new Slot(base, size, width, id, device.regions?.[name] as Region);
    for (const { name, base, size, width } of plan.pio) this.ports.place(slot(name, base, size, width));
    for (const { name, base, size, width } of plan.mmio) {
      this.mmio.place(slot(name, base, size, width));
      mapMmio(this.#space, base, size);
      this.memories.keepFree({ base, size });
    }
    this.#connect.push(() => {
      for (const [name, wanted] of this.#placements.get(id) ?? []) {
        const port = resources.pio?.[name];
        const wish = port ?? resources.mmio?.[name];
        if (wish) (port ? this.#movablePorts : this.#movableMmio).add(slot(name, 0, wish.size, wish.width ?? DEFAULT_WIDTH), wanted);
      }
    });
  }

  /** All devices are there: where they placed their movable regions counts. */
  connect(): void {
    for (const step of this.#connect.splice(0)) step();
    this.memories.connect();
  }
}

/** Regions smaller than a page share it; the page is device memory once. */
function mapMmio(space: AddressSpace, base: number, size: number): void {
  const end = Math.ceil((base + size) / FRAME_SIZE);
  let gfn = Math.floor(base / FRAME_SIZE);
  if (space.lookup(gfn).kind === 'mmio') gfn++;
  const last = end - 1 > gfn && space.lookup(end - 1).kind === 'mmio' ? end - 1 : end;
  if (last > gfn) space.mapMmio(gfn, last - gfn);
}
