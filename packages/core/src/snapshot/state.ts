import type { z } from 'zod';
import { coreErrors } from '../errors/core-errors.ts';
import { PolyvisorError } from '../errors/problem.ts';

/**
 * How a part is saved. Every part says it; there is no default.
 * - `stateless`: nothing outlives a call.
 * - `refuses`: saving a machine with this part fails, with the reason.
 * - `versioned`: a plain value (numbers, strings, booleans, arrays, objects, `Uint8Array`) under a strict schema.
 */
export type StateSpec<S> =
  | { readonly kind: 'stateless' }
  | { readonly kind: 'refuses'; readonly reason: string }
  | {
      readonly kind: 'versioned';
      readonly version: number;
      readonly schema: z.ZodType<S>;
      /** Turns the state of an older version into the next one's. */
      readonly upgrade?: { readonly [version: number]: (state: unknown) => unknown };
    };

export const stateless: StateSpec<undefined> = Object.freeze({ kind: 'stateless' });

export function refusesSnapshot(reason: string): StateSpec<undefined> {
  return Object.freeze({ kind: 'refuses', reason });
}

export function versioned<S>(
  version: number,
  schema: z.ZodType<S>,
  upgrade: { readonly [version: number]: (state: unknown) => unknown } = {},
): StateSpec<S> {
  return Object.freeze({ kind: 'versioned', version, schema, upgrade });
}

/** One part's state in a snapshot. `id` is its path in the machine, for example `devices.com1`. */
export interface Section {
  readonly id: string;
  /** The plugin's kind. */
  readonly kind: string;
  readonly version: number;
  readonly state: unknown;
}

/** Saves a part: checks the value against its own schema, so that a forgotten field is found when saving. */
export function saveSection(id: string, kind: string, spec: StateSpec<unknown>, save: () => unknown): Section | undefined {
  if (spec.kind === 'stateless') return undefined;
  if (spec.kind === 'refuses') {
    throw new PolyvisorError([coreErrors['snapshot-refused'](id, { section: id, reason: spec.reason })]);
  }
  const parsed = spec.schema.safeParse(save());
  if (!parsed.success) throw malformed(id, parsed.error.message);
  return { id, kind, version: spec.version, state: parsed.data };
}

/** The state to construct from; `undefined` for a stateless part. Old versions are upgraded, unknown ones refused. */
export function openSection<S>(id: string, spec: StateSpec<S>, section: Section | undefined): S | undefined {
  if (spec.kind !== 'versioned') {
    if (section) throw new PolyvisorError([coreErrors['snapshot-stateless'](id, { section: id })]);
    return undefined;
  }
  if (!section) throw malformed(id, 'the snapshot has no section for it');
  let { version, state } = section;
  while (version < spec.version) {
    const upgrade = spec.upgrade?.[version];
    if (!upgrade) break;
    state = upgrade(state);
    version += 1;
  }
  if (version !== spec.version) {
    const params = { section: id, found: section.version, known: spec.version };
    throw new PolyvisorError([coreErrors['snapshot-version'](id, params)]);
  }
  const parsed = spec.schema.safeParse(state);
  if (!parsed.success) throw malformed(id, parsed.error.message);
  return parsed.data;
}

function malformed(section: string, why: string): PolyvisorError {
  return new PolyvisorError([coreErrors['snapshot-state'](section, { section, why })]);
}
