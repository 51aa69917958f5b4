/** Decision tables: those of the CPU models were compiled when the package was built, others are compiled when asked for. */
import type { Feature } from '../tables/features.ts';
import type { Dispatch } from './dispatch.ts';
import { packedDispatches } from './dispatch.generated.ts';
import { compileFor, dispatchKey } from './pack-dispatch.ts';

const ready = JSON.parse(packedDispatches) as Readonly<Record<string, string>>;
const known = new Map<string, Dispatch>();

function unpack(text: string): Dispatch {
  const [roots, nodes] = JSON.parse(text) as [number[], number[]];
  return { roots: Int32Array.from(roots), nodes: Int32Array.from(nodes) };
}

/** The tables of a set of features; all of them when there is none. */
export function dispatchFor(features: ReadonlySet<Feature> | undefined): Dispatch {
  const key = dispatchKey(features), packed = ready[key];
  const dispatch = known.get(key) ?? (packed === undefined ? compileFor(features) : unpack(packed));
  known.set(key, dispatch);
  return dispatch;
}
