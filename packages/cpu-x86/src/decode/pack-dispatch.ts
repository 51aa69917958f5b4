/** Decision tables of a set of features, and as text. */
import type { Feature } from '../tables/features.ts';
import { rows } from '../tables/rows.ts';
import { compileDispatch, type Dispatch } from './dispatch.ts';

/** Which rows a set of features leaves, as text. */
export const dispatchKey = (features: ReadonlySet<Feature> | undefined): string => (features === undefined ? 'all' : [...features].sort().join(' '));

export function compileFor(features: ReadonlySet<Feature> | undefined): Dispatch {
  return compileDispatch(features === undefined ? rows : rows.filter((row) => row.features.every((f) => features.has(f))));
}

export const packDispatch = ({ roots, nodes }: Dispatch): string => JSON.stringify([[...roots], [...nodes]]);
