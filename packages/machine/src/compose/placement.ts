import { FRAME_SIZE, type MmioWish, type PortWish, type Problem, type RamRange } from '@polyvisor/core';
import { machineErrors } from '../errors.ts';

export interface Placed {
  readonly name: string;
  readonly base: number;
  readonly size: number;
  readonly width: 1 | 2 | 4;
}

export type Space = 'pio' | 'mmio';
export const LIMIT: Readonly<Record<Space, number>> = { pio: 65536, mmio: 2 ** 48 };
const LARGEST: Readonly<Record<Space, number>> = { pio: 65536, mmio: 2 ** 40 };

interface Taken {
  readonly base: number;
  readonly end: number;
  readonly owner: string;
}

/** One space (ports or memory) while it is being filled; collects what does not fit. */
export class Placement {
  readonly #space: Space;
  readonly #taken: Taken[];
  readonly #problems: Problem[];

  constructor(space: Space, ram: readonly RamRange[], problems: Problem[]) {
    this.#space = space;
    this.#problems = problems;
    this.#taken = ram.map(({ gfn, count }) => ({ base: gfn * FRAME_SIZE, end: (gfn + count) * FRAME_SIZE, owner: 'guest RAM' }));
  }

  /** Places all regions of a device; a region with a problem is reported and left out. */
  device(place: string, wishes: Readonly<Record<string, PortWish | MmioWish>>, bases: Readonly<Record<string, number>>): Placed[] {
    const known = Object.keys(wishes);
    for (const name of Object.keys(bases)) {
      if (known.includes(name)) continue;
      const params = { name, space: this.#space, known };
      this.#problems.push(machineErrors['unknown-placement'](`${place}.${this.#space}.${name}`, params));
    }
    return known.flatMap((name) => {
      const wish = wishes[name];
      if (wish?.movable) {
        this.#movable(`${place}.${this.#space}.${name}`, name, wish, bases[name]);
        return [];
      }
      const placed = wish && this.#region(`${place}.${this.#space}.${name}`, name, wish, bases[name]);
      if (placed && 'base' in placed) return [placed];
      if (placed) this.#problems.push(placed);
      return [];
    });
  }

  #region(place: string, name: string, wish: PortWish | MmioWish, given: number | undefined): Placed | Problem {
    const why = this.#wrongWish(wish);
    if (why !== undefined) return machineErrors['bad-wish'](place, { region: name, why });
    const base = given ?? wish.prefer;
    if (base === undefined) return machineErrors['no-placement'](place, { region: name, space: this.#space });
    const { size } = wish;
    const limit = LIMIT[this.#space];
    if (base + size > limit) {
      return machineErrors.outside(place, { region: name, base, size, space: this.#space, limit });
    }
    const align = ('align' in wish ? wish.align : undefined) ?? 1;
    if (base % align !== 0) return machineErrors.misaligned(place, { region: name, base, align });
    const other = this.#taken.find((t) => base < t.end && t.base < base + size);
    if (other) {
      const params = { region: name, from: Math.max(base, other.base), to: Math.min(base + size, other.end) - 1, other: other.owner };
      return machineErrors.overlap(place, params);
    }
    this.#taken.push({ base, end: base + size, owner: place });
    return { name, base, size, width: wish.width ?? 4 };
  }

  #movable(place: string, region: string, wish: PortWish | MmioWish, given: number | undefined): void {
    const why = this.#wrongWish(wish);
    if (why !== undefined) this.#problems.push(machineErrors['bad-wish'](place, { region, why }));
    if (given !== undefined || wish.prefer !== undefined) this.#problems.push(machineErrors['movable-placed'](place, { region }));
  }

  #wrongWish(wish: PortWish | MmioWish): string | undefined {
    const largest = LARGEST[this.#space];
    if (!Number.isInteger(wish.size) || wish.size < 1 || wish.size > largest) return `size ${wish.size} is not from 1 to ${largest}`;
    if (wish.width !== undefined && ![1, 2, 4].includes(wish.width)) return 'width is not 1, 2 or 4';
    const { prefer } = wish;
    if (prefer !== undefined && (!Number.isInteger(prefer) || prefer < 0)) return `base ${prefer} is no address`;
    const align = ('align' in wish ? wish.align : undefined) ?? 1;
    if (!Number.isInteger(align) || align < 1 || !Number.isInteger(Math.log2(align))) return `align ${align} is no power of two`;
    return undefined;
  }
}
