import type { Area } from './areas.ts';
import { FaultOutcome } from './fault.ts';
import type { FramePool } from './frames.ts';
import { PAGE } from './layout.ts';
import type { PageTables } from './page-tables.ts';

/** Where frames come from and where pages go. */
export interface PageSource {
  readonly frames: FramePool;
  readonly tables: PageTables;
}

/** Bytes of a file that are brought in by one fault: one call to the host instead of sixteen. */
const AROUND = 16 * PAGE;

/** Makes the page at `page` in `area`; with a file, also its neighbours that have no frame yet. */
export function makePage(source: PageSource, area: Area, page: number): FaultOutcome {
  const { backing } = area;
  if (backing === undefined) return place(source, area, page, undefined);
  const offset = (at: number): number => backing.at + at - area.start;
  const { size, beyond } = backing.from;
  if (offset(page) >= size) return beyond === 'nothing' ? FaultOutcome.bus : place(source, area, page, undefined);
  const start = Math.max(area.start, page - (page % AROUND));
  const end = Math.min(area.end, page - (page % AROUND) + AROUND, area.start + Math.ceil((size - backing.at) / PAGE) * PAGE);
  const bytes = new Uint8Array(end - start);
  const got = readFully(backing.from.read.bind(backing.from), offset(start), bytes.subarray(0, Math.min(bytes.length, size - offset(start))));
  if (got < 0) return FaultOutcome.bus;
  let outcome: FaultOutcome = FaultOutcome.ok;
  for (let at = start; at < end; at += PAGE) {
    if (at !== page && source.tables.frame(at) >= 0) continue;
    const made = place(source, area, at, bytes.subarray(at - start, at - start + PAGE));
    if (at === page) outcome = made;
  }
  return outcome;
}

function place({ frames, tables }: PageSource, area: Area, page: number, content: Uint8Array | undefined): FaultOutcome {
  const gfn = frames.allocate(content);
  if (gfn < 0) return FaultOutcome.noMemory;
  if (tables.map(page, gfn, area.prot)) return FaultOutcome.ok;
  frames.release(gfn);
  return FaultOutcome.noMemory;
}

/** Reads until `into` is full or the file ends; how many bytes, or a negated error number. */
export function readFully(read: (offset: number, into: Uint8Array) => number, offset: number, into: Uint8Array): number {
  let done = 0;
  while (done < into.length) {
    const got = read(offset + done, into.subarray(done));
    if (got < 0) return got;
    if (got === 0) break;
    done += got;
  }
  return done;
}
