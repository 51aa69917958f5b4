import type { Backing } from './backing.ts';

/** A range of the program's addresses with the same rights and the same origin (a `vm_area_struct`). */
export interface Area {
  readonly start: number;
  /** First address behind it. */
  readonly end: number;
  readonly prot: number;
  /** What its pages are made from; zeros without. `at` is the offset in the file of `start`, in bytes. */
  readonly backing: { readonly from: Backing; readonly at: number } | undefined;
  /** Grows downwards when the program touches what lies below it. */
  readonly stack: boolean;
  /** What `/proc/self/maps` calls it. */
  readonly name: string;
}

/** As vm.max_map_count. */
export const MOST_AREAS = 65530;

/** A program's areas, sorted and without overlaps. */
export class Areas {
  #list: Area[] = [];

  get all(): readonly Area[] {
    return this.#list;
  }

  find(address: number): Area | undefined {
    const area = this.#list[this.#firstEndingAfter(address)];
    return area !== undefined && area.start <= address ? area : undefined;
  }

  /** The lowest area that ends above `address`. */
  after(address: number): Area | undefined {
    return this.#list[this.#firstEndingAfter(address)];
  }

  before(area: Area): Area | undefined {
    return this.#list[this.#firstEndingAfter(area.start) - 1];
  }

  /** Those that have a part in `start … end − 1`. */
  within(start: number, end: number): readonly Area[] {
    const first = this.#firstEndingAfter(start);
    let last = first;
    while ((this.#list[last]?.start ?? Infinity) < end) last++;
    return this.#list.slice(first, last);
  }

  /** Whether each byte of the range belongs to an area. */
  covers(start: number, end: number): boolean {
    let at = start;
    for (const area of this.within(start, end)) {
      if (area.start > at) return false;
      at = area.end;
    }
    return at >= end;
  }

  /** Adds an area where there is none, joined to its neighbours when they are alike. */
  add(area: Area): void {
    const index = this.#firstEndingAfter(area.start);
    this.#list.splice(index, 0, area);
    this.#join(index);
    this.#join(index - 1);
  }

  /** Takes the range out; areas that reach beyond it are cut. */
  remove(start: number, end: number): void {
    this.#replace(start, end, () => undefined);
  }

  /** Gives the range other rights. */
  protect(start: number, end: number, prot: number): void {
    this.#replace(start, end, (area) => ({ ...area, prot }));
  }

  replace(old: Area, area: Area): void {
    this.#list[this.#list.indexOf(old)] = area;
  }

  /** Start of the highest free range of `length` bytes between `bottom` and `top`; −1 when there is none. */
  findGap(length: number, bottom: number, top: number): number {
    let end = top;
    for (let i = this.#firstEndingAfter(top); i >= 0; i--) {
      const area = this.#list[i];
      if (area === undefined || area.start >= end) continue;
      if (end - area.end >= length) break;
      end = Math.min(end, area.start);
    }
    return end - length >= bottom ? end - length : -1;
  }

  #replace(start: number, end: number, change: (part: Area) => Area | undefined): void {
    const touched = this.within(start, end);
    if (touched.length === 0) return;
    const parts = touched.flatMap((area) => {
      const middle = change(cut(area, Math.max(start, area.start), Math.min(end, area.end)));
      return [
        ...(area.start < start ? [cut(area, area.start, start)] : []),
        ...(middle === undefined ? [] : [middle]),
        ...(area.end > end ? [cut(area, end, area.end)] : []),
      ];
    });
    const first = this.#list.indexOf(touched[0]!);
    this.#list.splice(first, touched.length, ...parts);
    for (let i = first + parts.length; i >= first - 1; i--) this.#join(i);
  }

  /** Joins the areas at `index` and behind it when one continues the other. */
  #join(index: number): void {
    const [a, b] = [this.#list[index], this.#list[index + 1]];
    if (a !== undefined && b !== undefined && continues(a, b)) this.#list.splice(index, 2, { ...a, end: b.end });
  }

  #firstEndingAfter(address: number): number {
    let low = 0;
    let high = this.#list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#list[middle]!.end <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The part of an area that lies in `start … end − 1`. */
function cut(area: Area, start: number, end: number): Area {
  const { backing } = area;
  const moved = backing && { from: backing.from, at: backing.at + start - area.start };
  return { ...area, start, end, backing: moved };
}

function continues(a: Area, b: Area): boolean {
  if (a.end !== b.start || a.prot !== b.prot || a.stack !== b.stack || a.name !== b.name) return false;
  if (a.backing === undefined || b.backing === undefined) return a.backing === b.backing;
  return a.backing.from === b.backing.from && a.backing.at + (a.end - a.start) === b.backing.at;
}
