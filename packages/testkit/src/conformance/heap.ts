/** Measures allocation. Only Node gives a program its garbage collector and an exact heap counter. */
export interface Heap {
  readonly collect: () => void;
  /** Bytes in use. */
  used(): number;
}

interface NodeProcess {
  readonly getBuiltinModule?: (name: string) => unknown;
  readonly memoryUsage?: () => { readonly heapUsed: number };
}

/** The heap of this process, or why there is no measuring it. */
export function openHeap(): Heap | { readonly skipped: string } {
  const { process } = globalThis as unknown as { process?: NodeProcess };
  if (!process?.getBuiltinModule || !process.memoryUsage) {
    return { skipped: 'allocation can be measured in Node only (20.16 or newer)' };
  }
  const { memoryUsage } = process;
  // An import would keep the module from loading in browsers.
  const v8 = process.getBuiltinModule('node:v8') as { setFlagsFromString(flag: string): void };
  const vm = process.getBuiltinModule('node:vm') as { runInNewContext(code: string): (() => void) | undefined };
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('globalThis.gc');
  if (!collect) return { skipped: 'this Node does not give access to its garbage collector' };
  const heap: Heap = { collect, used: () => memoryUsage().heapUsed };
  return trustworthy(heap) ? heap : { skipped: 'the heap counter of this Node does not show small allocations' };
}

/** Calls for one reading of the counter: enough that reading it weighs little, few enough that no collection runs. */
export const BATCH = 2000;
const WARM_UP = 6;
const MOST_ROUNDS = 24;
/** Bytes of a boxed number on a 64-bit machine: its map and the value. */
const BOX = 16;

/**
 * Bytes that one call of each of `calls` allocates: the least of several batches, because compiling and collecting
 * disturb single ones. It goes on while one is above `limit`, since code that is not yet optimised allocates more.
 */
export function allocationOf(
  heap: Heap,
  calls: readonly ((i: number) => unknown)[],
  limit: number,
  /** Numbers beyond 32 bits passed on so far; each of them costs a box that is not counted. */
  boxes: () => number = () => 0,
): number[] {
  const least = calls.map(() => Infinity);
  // A list with mixed contents holds references, so a number that does not fit a small integer has to be boxed here.
  const results: unknown[] = [0, 'reference', undefined, null];
  for (const call of calls) for (let i = 0; i < WARM_UP; i += 1) batch(call, results);
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    if (round >= 3 && least.every((bytes) => bytes < limit)) break;
    heap.collect();
    for (const [n, call] of calls.entries()) {
      if (round >= 3 && least[n]! < limit) continue;
      const boxed = boxes();
      const before = heap.used();
      batch(call, results);
      const spent = heap.used() - before;
      const excused = (boxes() - boxed) * BOX;
      // A collection in between gives a negative number, which says nothing.
      if (spent >= 0) least[n] = Math.min(least[n]!, Math.max(0, spent - excused) / BATCH);
    }
  }
  return least;
}

function batch(call: (i: number) => unknown, results: unknown[]): void {
  for (let i = 0; i < BATCH; i += 1) results[i & 3] = call(i);
}

/** Sees an object that is made for each call, and sees nothing where nothing is made. */
function trustworthy(heap: Heap): boolean {
  const kept: { n: number }[] = [{ n: 0 }, { n: 0 }];
  const makes = (i: number): unknown => {
    kept[i & 1] = { n: i };
    return 0;
  };
  const [object, none] = allocationOf(heap, [makes, (i) => i & 3], 4);
  return object! >= 4 && none! < 4;
}
