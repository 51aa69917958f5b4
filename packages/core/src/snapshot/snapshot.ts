import { decode, encode } from 'cborg';
import { z } from 'zod';
import { coreErrors } from '../errors/core-errors.ts';
import { PolyvisorError } from '../errors/problem.ts';
import type { Section } from './state.ts';

/** One format serves suspend, clone, test fixtures and migration. */
export interface Snapshot {
  readonly format: 'polyvisor';
  readonly version: 1;
  /** The machine description it was made from. */
  readonly description: unknown;
  readonly sections: readonly Section[];
}

const snapshotSchema: z.ZodType<Snapshot> = z.strictObject({
  format: z.literal('polyvisor'),
  version: z.literal(1),
  description: z.unknown(),
  sections: z.array(
    z.strictObject({ id: z.string(), kind: z.string(), version: z.int().nonnegative(), state: z.unknown() }),
  ),
});

/** CBOR (RFC 8949), deterministic: equal snapshots have equal bytes. */
export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  return encode(snapshot, { ignoreUndefinedProperties: true });
}

/** Throws `core/snapshot-malformed` for anything but a whole snapshot, and for two sections of one part. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  let value: unknown;
  try {
    value = decode(bytes, { rejectDuplicateMapKeys: true, allowIndefinite: false });
  } catch (cause) {
    throw malformed(cause instanceof Error ? cause.message : String(cause));
  }
  const parsed = snapshotSchema.safeParse(value);
  if (!parsed.success) throw malformed(parsed.error.message);
  const seen = new Set<string>();
  for (const { id } of parsed.data.sections) {
    if (seen.has(id)) throw malformed(`two sections are called "${id}"`);
    seen.add(id);
  }
  return parsed.data;
}

function malformed(why: string): PolyvisorError {
  return new PolyvisorError([coreErrors['snapshot-malformed']('', { why })]);
}
